"""Bad weather to order: what a request gets instead of an honest answer."""

import json
import math
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, fields_dict, frozen

from capi_actions import ConfigError, Problem
from capi_actions_sandbox.refusals import Failure, variants

SHAPES = ("pass", "error", "html", "empty", "redirect", "reset", "half")
LONGEST_DELAY = 600  # seconds

# Short names for what is rehearsed most.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "lost": {"shape": "reset", "store": True},
    "dead_token": {"code": 190, "subcode": 463, "times": None},
    "throttled": {"code": 4, "usage": 100, "regain": 1},
}
_FLAGS = ("read", "store")
_ALL_WORDS = f"{', '.join((*SHAPES, *PRESETS, *_FLAGS))}, or code=17 and other settings"
_SHAPE_AND_STATUS = re.compile(r"(html|empty|redirect)([2-5][0-9]{2})", re.ASCII)


@frozen(kw_only=True)
class Fault:
    """What some requests get.  Make one with :func:`read_fault`, which checks it.

    :ivar shape: ``error``: a refusal, see ``code``.  ``html``: a page as a proxy writes it, status 502.  ``empty``: no
        body, status 200.  ``redirect``: status 302.  ``reset``: the connection is cut before the request's body is
        read.  ``half``: a success that breaks off in its body.  ``pass``: the true answer; for a delay, for
        headers, or to let some requests through before the next fault.
    :ivar code: Meta's error code; with ``subcode`` it chooses one of the known refusals.
    :ivar variant: which one, where several are known for a code and subcode, counted from 0.
    :ivar status: HTTP status instead of the usual one.  So do ``message``, ``type``, ``title``, ``msg`` and
        ``is_transient`` with a refusal's parts.
    :ivar times: how many requests get it; None: all.  1, unless there is a rate.
    :ivar rate: how likely a request gets it, from 0 to 1.
    :ivar pixel: only requests to this pixel get it; None: all.
    :ivar delay: seconds before anything happens, at most 600.
    :ivar read: with ``reset``: read the request before cutting.
    :ivar store: handle the request first; good events are kept, only the answer about them is lost.
    :ivar usage: percent of the limits that are used up, for all three usage headers.
    :ivar regain: minutes until access comes back, in the usage headers.
    :ivar retry_after: seconds, in the header ``Retry-After``.
    :ivar headers: further headers of the answer.
    :ivar location: where a redirect points.
    """

    shape: str = "pass"
    code: int | None = None
    subcode: int | None = None
    variant: int = 0
    status: int | None = None
    message: str | None = None
    type: str | None = None
    title: str | None = None
    msg: str | None = None
    is_transient: bool | None = None
    times: int | None = 1
    rate: float = 1.0
    pixel: str | None = None
    delay: float = 0.0
    read: bool = False
    store: bool = False
    usage: int | None = None
    regain: int = 0
    retry_after: int | None = None
    headers: Mapping[str, str] = {}
    location: str = "/elsewhere"

    def __str__(self) -> str:
        named = ",".join(
            f"{name}={json.dumps(getattr(self, name))}"
            for name, attribute in fields_dict(Fault).items()
            if getattr(self, name) != attribute.default
        )
        return named or 'shape="pass"'

    def failure(self) -> Failure:
        """Give the refusal to answer with."""
        code = self.code or 0
        known = variants(code, self.subcode)
        usual = (
            known[self.variant]
            if known
            else Failure(code=code, subcode=self.subcode, message=f"(#{code}) An error occurred.")
        )
        return evolve(usual, **{name: value for name in _PARTS if (value := getattr(self, name)) is not None})


_PARTS = ("status", "message", "type", "title", "msg", "is_transient")


def _is_count(value: object, most: int = 2**31) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_number(value: object, most: float) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= most
    )


_HEADER_NAME = re.compile(r"(?!content-length$|transfer-encoding$)[a-z0-9-]+", re.ASCII | re.IGNORECASE)


def _is_header_value(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and value == value.strip()


def _are_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and _HEADER_NAME.fullmatch(name) and _is_header_value(each)
        for name, each in value.items()
    )


_Test = tuple[Callable[[Any], bool], str]
_A_COUNT: _Test = (_is_count, "a whole number from 0 on")
_A_TEXT: _Test = (lambda value: isinstance(value, str), "a text")
_A_FLAG: _Test = (lambda value: isinstance(value, bool), "true or false")
_TESTS: Mapping[str, _Test] = {
    "shape": (lambda value: value in SHAPES, f"one of {', '.join(SHAPES)}"),
    "code": _A_COUNT,
    "subcode": _A_COUNT,
    "variant": _A_COUNT,
    "status": (lambda value: _is_count(value, 599) and value >= 200, "an HTTP status from 200 to 599"),
    "message": _A_TEXT,
    "type": _A_TEXT,
    "title": _A_TEXT,
    "msg": _A_TEXT,
    "is_transient": _A_FLAG,
    "times": (lambda value: _is_count(value) and value > 0, "a whole number from 1 on, or null: always"),
    "rate": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "pixel": _A_TEXT,
    "delay": (lambda value: _is_number(value, LONGEST_DELAY), f"seconds from 0 to {LONGEST_DELAY}"),
    "read": _A_FLAG,
    "store": _A_FLAG,
    "usage": _A_COUNT,
    "regain": _A_COUNT,
    "retry_after": _A_COUNT,
    "headers": (_are_headers, "an object of header names and values in ASCII, but Content-Length"),
    "location": (_is_header_value, "an address in ASCII"),
}


def read_fault(order: object) -> Fault:
    """Read a fault from text (``code=17,times=3``, ``html502,rate=0.1``, ``reset,store``) or from a JSON object.

    In text, a word alone is a shape (``html502``: with its status), a preset (``lost``, ``dead_token``,
    ``throttled``) or a switch (``read``, ``store``); ``times=null`` means always.

    :raises ConfigError: naming everything that is wrong with it.
    """
    given = _split(order) if isinstance(order, str) else order
    if not isinstance(given, Mapping):
        raise ConfigError.of("a fault is an object, or a text such as code=17,times=3")
    problems = list(_problems(given))
    if problems:
        raise ConfigError(problems)
    fields = {name: value for name, value in given.items() if value is not None or name == "times"}
    if "code" in fields:
        fields.setdefault("shape", "error")
    if "rate" in fields:
        fields.setdefault("times", None)
    fault = Fault(**fields)
    if fault.shape == "error" and fault.code is None:
        raise ConfigError.of("an error needs a code, such as 17", "$.code")
    if fault.variant and fault.variant >= len(variants(fault.code or 0, fault.subcode)):
        raise ConfigError.of(
            f"there are only {len(variants(fault.code or 0, fault.subcode))} for this code and subcode",
            "$.variant",
        )
    return fault


def _problems(given: Mapping[str, Any]) -> list[Problem]:
    found = []
    for name, value in given.items():
        if name not in _TESTS:
            found.append(Problem(f"faults have no {str(name)[:50]!r}; there are: {', '.join(_TESTS)}"))
        elif value is not None and not _TESTS[name][0](value):
            found.append(Problem(f"should be {_TESTS[name][1]}", f"$.{name}"))
    return found


def _split(text: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in text.split(","):
        word, equals, value = part.strip().partition("=")
        if equals:
            fields[word] = _value(value)
        elif word in PRESETS:
            fields |= PRESETS[word]
        elif word in _FLAGS:
            fields[word] = True
        elif found := _SHAPE_AND_STATUS.fullmatch(word):
            fields |= {"shape": found[1], "status": int(found[2])}
        elif word in SHAPES:
            fields["shape"] = word
        else:
            raise ConfigError.of(f"there is no fault {word[:50]!r}; there are: {_ALL_WORDS}", "$.shape")
    return fields


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@define
class _Waiting:
    fault: Fault
    left: int | None


class FaultQueue:
    """Faults in the order in which they were queued.  Usable from several threads.

    A request gets the first fault that is for its pixel and whose dice fall so; the others wait.

    :param seed: for the dice.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._dice = random.Random(seed)  # noqa: S311 - a rehearsal must be repeatable, not secret

    def add(self, *faults: Fault) -> None:
        """Queue faults."""
        with self._lock:
            self._waiting.extend(_Waiting(fault, fault.times) for fault in faults)

    def take(self, pixel: str) -> Fault | None:
        """Give the fault that the next request to a pixel gets."""
        with self._lock:
            for waiting in self._waiting:
                fault = waiting.fault
                if fault.pixel in (None, pixel) and (fault.rate == 1 or self._dice.random() < fault.rate):
                    if waiting.left is not None:
                        waiting.left -= 1
                        if not waiting.left:
                            self._waiting.remove(waiting)
                    return fault
            return None

    def waiting(self) -> list[tuple[Fault, int | None]]:
        """Give the faults to come, and for how many requests each still is; None: for all."""
        with self._lock:
            return [(each.fault, each.left) for each in self._waiting]

    def clear(self) -> int:
        """Forget them all.

        :returns: how many there were.
        """
        with self._lock:
            count = len(self._waiting)
            self._waiting.clear()
            return count
