"""Meta's refusals: every known form, and the body of a response.

The table ``data/errors.json`` has every form that was found in public (collected 2026-11-23).  Where only a
translation or no text at all is known, an English sentence of our own comes first, marked ``ours``: Meta's texts
are in the language of the token's owner, so nobody may depend on them.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import evolve, frozen

DATA = files("capi_actions_sandbox").joinpath("data")


@frozen(kw_only=True)
class Failure:
    """One refusal.

    :ivar code: Meta's error code.
    :ivar subcode: the code that names the cause more closely; not every refusal has one.
    :ivar message: a short text, mostly the same for all subcodes.
    :ivar type: such as ``OAuthException``.
    :ivar is_transient: whether Meta calls it temporary; None: the response doesn't say.
    :ivar title: headline for people; None: the response has none.
    :ivar msg: explanation for people; None: the response has none.
    :ivar status: HTTP status.
    :ivar index: position in ``data`` of the event at fault.  Meta's response names it only in texts.
    """

    code: int
    message: str
    type: str = "OAuthException"
    subcode: int | None = None
    is_transient: bool | None = None
    title: str | None = None
    msg: str | None = None
    status: int = 400
    index: int | None = None

    def __str__(self) -> str:
        where = "" if self.index is None else f" (event {self.index})"
        number = f"{self.code}" if self.subcode is None else f"{self.code}/{self.subcode}"
        return f"{number} {self.title or self.message}{where}: {self.msg or self.message}"

    def body(self, trace_id: str) -> bytes:
        """Return the response's body; what isn't known is left out.

        :param trace_id: goes into ``fbtrace_id``, inside ``error``.
        """
        error = {
            "message": self.message,
            "type": self.type,
            "code": self.code,
            "error_subcode": self.subcode,
            "is_transient": self.is_transient,
            "error_user_title": self.title,
            "error_user_msg": self.msg,
            "fbtrace_id": trace_id,
        }
        return encode({"error": {key: value for key, value in error.items() if value is not None}})


class RefusedError(Exception):
    """Raised to end the handling of a request with a failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def encode(value: object) -> bytes:
    r"""Return JSON as Meta writes it: without spaces, in ASCII, slashes escaped (``\/``, ``\u00f8``)."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


@cache
def known_failures() -> tuple[Failure, ...]:
    """Return every known form, in the table's order."""
    rows = json.loads(DATA.joinpath("errors.json").read_text(encoding="utf-8"))
    return tuple(_read(row) for row in rows)


def _read(row: dict[str, Any]) -> Failure:
    fields = {key: value for key, value in row.items() if key not in ("locale", "ours")}
    fields.setdefault("message", f"(#{row['code']}) An error occurred.")
    return Failure(**fields)


@cache
def variants(code: int, subcode: int | None) -> tuple[Failure, ...]:
    """Return the forms known for a code and subcode; the most likely one comes first."""
    return tuple(
        failure for failure in known_failures() if (failure.code, failure.subcode) == (code, subcode)
    )


@cache
def event_failure(subcode: int) -> Failure:
    """Return the refusal of an event for one of the subcodes of code 100."""
    return variants(100, subcode)[0]


def refuse_event(subcode: int, index: int, msg: str | None = None) -> Failure:
    """Return the refusal of the event at a position of ``data``.

    :param subcode: one of those of code 100.
    :param msg: explanation, instead of the known one.
    """
    failure = event_failure(subcode)
    return evolve(failure, index=index, msg=msg or failure.msg)
