"""The options of a sandbox: how strict it is, and how much it stores."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Self

from attrs import evolve, field, frozen, validators

from capi_actions_sandbox.refusals import DATA

# Last day of each version of the Graph API: "versions" in docs/reference/sources.md.
LAST_DAYS: Mapping[int, date] = {
    16: date(2025, 5, 14),
    17: date(2025, 9, 12),
    18: date(2026, 1, 26),
    19: date(2026, 5, 21),
    20: date(2026, 9, 24),
    21: date(2027, 1, 21),
    22: date(2027, 5, 20),
    23: date(2027, 10, 8),
    24: date(2028, 2, 18),
    25: date(2028, 7, 29),
}

# Released on 2026-11-04 (read 2026-11-30); its end isn't announced, nor that of 26.
NEWEST_VERSION = 27

# Seconds.  Meta's isn't documented; RudderStack's transformer allows this much (read 2026-11-23).
FUTURE_TOLERANCE = 60.0


@cache
def _currencies() -> Mapping[str, frozenset[str]]:
    lists: dict[str, list[str]] = json.loads(DATA.joinpath("currencies.json").read_text(encoding="utf-8"))
    return {name: frozenset(codes) for name, codes in lists.items()}


def known_currencies() -> frozenset[str]:
    """Return the currencies in any list of Meta's; none is published for the Conversions API."""
    return _currencies()["known"]


def refused_currencies() -> frozenset[str]:
    """Return the currencies that were refused in a real call."""
    return _currencies()["refused"]


def _strings(value: Any) -> frozenset[str]:
    return frozenset((value,) if isinstance(value, str) else value)


@frozen(kw_only=True)
class SandboxOptions:
    """The behaviour of one sandbox.

    What is known of Meta's API is always checked.  What isn't known is an option here, lenient by default;
    :meth:`strict` sets those for which a strict value is known.

    :ivar pixels: the pixel or dataset ids that exist; empty: all that consist of digits.
    :ivar tokens: the access tokens that are valid; empty: all.
    :ivar app_secret: the secret that every request has to prove with ``appsecret_proof``; None: none has to.
    :ivar now: the clock, Unix seconds.
    :ivar checks: False accepts any list of objects unchecked, for benchmarks.
    :ivar keep: how many events stay in memory; the oldest requests' go first, the newest request's stay.  0 keeps none.
    :ivar keep_bytes: how much memory, in bytes, their JSON may take.
    :ivar max_events: how many events one request may hold (Meta: 1,000).
    :ivar max_body: longest body, in bytes, before and after decompression.  Meta's limit isn't known.
    :ivar last_days: last day of each API version, by its number; versions that aren't listed haven't ended.
    :ivar oldest_version: lower numbers ended before the table begins.
    :ivar latest_version: named in the response to a version that has ended.
    :ivar future_tolerance: how many seconds ahead of the clock an event may be.
    :ivar currencies: accepted for a Purchase; None: any three letters but those that were refused in a real call.
    :ivar strict_user_agent: refuse website events without ``client_user_agent``, as the documentation has it; a real
        call with v26.0 was accepted without.
    :ivar strict_source_url: refuse website events without ``event_source_url``.
    :ivar strict_hashes: refuse MD5, which official tools take for hashed, where SHA-256 is documented.
    :ivar strict_contents: refuse unknown keys in the items of ``contents``.
    :ivar max_string: longest string in an event, in characters, keys of ``custom_data`` included; None: any.
    :ivar gzip: accept bodies with ``Content-Encoding: gzip``.  No evidence was found that Meta does.
    :ivar messages: what ``messages`` of a success holds; no public example of anything was found.
    :ivar seed: of the random draws for faults with a rate.
    """

    pixels: frozenset[str] = field(default=frozenset(), converter=_strings)
    tokens: frozenset[str] = field(default=frozenset(), converter=_strings, repr=False)
    app_secret: str | None = field(default=None, repr=False)
    now: Callable[[], float] = time.time
    checks: bool = True
    keep: int = field(default=100_000, validator=validators.ge(0))
    keep_bytes: int = field(default=256 * 2**20, validator=validators.ge(0))
    max_events: int = field(default=1000, validator=validators.ge(1))
    max_body: int = field(default=32 * 2**20, validator=validators.ge(1))
    last_days: Mapping[int, date] = field(default=LAST_DAYS, repr=False)
    oldest_version: int = min(LAST_DAYS)
    latest_version: int = NEWEST_VERSION
    future_tolerance: float = FUTURE_TOLERANCE
    currencies: frozenset[str] | None = None
    strict_user_agent: bool = False
    strict_source_url: bool = False
    strict_hashes: bool = False
    strict_contents: bool = False
    max_string: int | None = None
    gzip: bool = False
    messages: tuple[str, ...] = ()
    seed: int = 0

    @classmethod
    def strict(cls, **changes: Any) -> Self:
        """Return options with strict values.

        :param changes: further options.
        """
        strict = cls(
            future_tolerance=0.0,
            currencies=known_currencies(),
            strict_user_agent=True,
            strict_source_url=True,
            strict_hashes=True,
            strict_contents=True,
        )
        return evolve(strict, **changes)
