"""Faults to inject: what a request gets in place of its regular response."""

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

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "lost": {"shape": "reset", "store": True},
    "dead_token": {"code": 190, "subcode": 463, "times": None},
    "throttled": {"code": 4, "usage": 100, "regain": 1},
}
"""Short names of common faults."""

_FLAGS = ("read", "store")
_KNOWN_WORDS = f"{', '.join((*SHAPES, *PRESETS, *_FLAGS))}, or code=17 and other settings"
_SHAPE_AND_STATUS = re.compile(r"(html|empty|redirect)([2-5][0-9]{2})", re.ASCII)
_FAILURE_PARTS = ("status", "message", "type", "title", "msg", "is_transient")


@frozen(kw_only=True)
class Fault:
    """What some requests get.  :func:`parse_fault` makes one and validates it.

    :ivar shape: ``error``: a refusal, see ``code``.  ``html``: a page as a proxy writes it, status 502.  ``empty``: no
        body, status 200.  ``redirect``: status 302.  ``reset``: the connection is cut before the request's body is
        read.  ``half``: a success that breaks off in its body.  ``pass``: the regular response; for a delay, for
        headers, or to let some requests through before the next fault.
    :ivar code: Meta's error code; with ``subcode`` it chooses one of the known refusals.
    :ivar variant: which one, where several are known for a code and subcode, counted from 0.
    :ivar status: HTTP status instead of the usual one.  In the same way ``message``, ``type``, ``title``, ``msg`` and
        ``is_transient`` replace a refusal's parts.
    :ivar times: how many requests get it; None: all.  1, unless there is a rate.
    :ivar rate: probability that a request gets it, from 0 to 1.
    :ivar pixel: only requests to this pixel get it; None: all.
    :ivar delay: seconds before anything happens, at most 600.
    :ivar read: with ``reset``: read the request before cutting.
    :ivar store: handle the request first; good events are kept, only the response about them is lost.
    :ivar usage: percent of the limits that are used up, for all three usage headers.
    :ivar regain: minutes until access comes back, in the usage headers.
    :ivar retry_after: seconds, in the header ``Retry-After``.
    :ivar headers: further headers of the response.
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
        settings = ",".join(f"{name}={json.dumps(value)}" for name, value in self.changes().items())
        return settings or 'shape="pass"'

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults."""
        values = {name: getattr(self, name) for name in fields_dict(Fault)}
        return {
            name: values[name]
            for name, attribute in fields_dict(Fault).items()
            if values[name] != attribute.default
        }

    def failure(self) -> Failure:
        """Return the refusal to respond with."""
        code = self.code or 0
        known = variants(code, self.subcode)
        usual = (
            known[self.variant]
            if known
            else Failure(code=code, subcode=self.subcode, message=f"(#{code}) An error occurred.")
        )
        parts = {name: getattr(self, name) for name in _FAILURE_PARTS}
        return evolve(usual, **{name: value for name, value in parts.items() if value is not None})


@define
class _QueuedFault:
    fault: Fault
    left: int | None


class FaultQueue:
    """Faults in the order in which they were added.  Usable from several threads.

    A request gets the first fault that is for its pixel and whose random draw succeeds; the others wait.

    :param seed: of the random draws.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._queue: deque[_QueuedFault] = deque()
        self._random = random.Random(seed)  # noqa: S311 - a rehearsal must be repeatable, not secret

    def add(self, *faults: Fault) -> None:
        """Add faults at the end."""
        with self._lock:
            self._queue.extend(_QueuedFault(fault, fault.times) for fault in faults)

    def take(self, pixel: str) -> Fault | None:
        """Return the fault that the next request to a pixel gets, and count it; None for no fault."""
        with self._lock:
            for queued in self._queue:
                fault = queued.fault
                if fault.pixel in (None, pixel) and (fault.rate == 1 or self._random.random() < fault.rate):
                    if queued.left is not None:
                        queued.left -= 1
                        if not queued.left:
                            self._queue.remove(queued)
                    return fault
            return None

    def pending(self) -> list[tuple[Fault, int | None]]:
        """Return the faults to come, each with the number of requests that still get it; None: all."""
        with self._lock:
            return [(queued.fault, queued.left) for queued in self._queue]

    def clear(self) -> int:
        """Remove all faults.

        :returns: how many there were.
        """
        with self._lock:
            count = len(self._queue)
            self._queue.clear()
            return count


def parse_fault(spec: object) -> Fault:
    """Return the fault that a text (``code=17,times=3``, ``html502,rate=0.1``, ``reset,store``) or JSON object names.

    In text, a word alone is a shape (``html502``: with its status), a preset (``lost``, ``dead_token``,
    ``throttled``) or a flag (``read``, ``store``); ``times=null`` means always.

    :raises ConfigError: with everything that is wrong with it.
    """
    settings = _split(spec) if isinstance(spec, str) else spec
    if not isinstance(settings, Mapping):
        raise ConfigError.of("a fault is an object, or a text such as code=17,times=3")
    problems = _problems(settings)
    if problems:
        raise ConfigError(problems)
    fields = {name: value for name, value in settings.items() if value is not None or name == "times"}
    if "code" in fields:
        fields.setdefault("shape", "error")
    if "rate" in fields:
        fields.setdefault("times", None)
    fault = Fault(**fields)
    if fault.shape == "error" and fault.code is None:
        raise ConfigError.of("an error needs a code, such as 17", "$.code")
    known = len(variants(fault.code or 0, fault.subcode))
    if fault.variant and fault.variant >= known:
        raise ConfigError.of(f"there are only {known} for this code and subcode", "$.variant")
    return fault


def _split(text: str) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for part in text.split(","):
        word, equals, value = part.strip().partition("=")
        if equals:
            settings[word] = _value(value)
        elif word in PRESETS:
            settings |= PRESETS[word]
        elif word in _FLAGS:
            settings[word] = True
        elif match := _SHAPE_AND_STATUS.fullmatch(word):
            settings |= {"shape": match[1], "status": int(match[2])}
        elif word in SHAPES:
            settings["shape"] = word
        else:
            raise ConfigError.of(f"there is no fault {word[:50]!r}; there are: {_KNOWN_WORDS}", "$.shape")
    return settings


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _problems(settings: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, value in settings.items():
        if name not in _CHECKS:
            known = ", ".join(_CHECKS)
            problems.append(Problem(f"faults have no {str(name)[:50]!r}; there are: {known}"))
        elif value is not None and not _CHECKS[name][0](value):
            problems.append(Problem(f"should be {_CHECKS[name][1]}", f"$.{name}"))
    return problems


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


def _are_headers(headers: object) -> bool:
    return isinstance(headers, dict) and all(
        isinstance(name, str) and _HEADER_NAME.fullmatch(name) and _is_header_value(value)
        for name, value in headers.items()
    )


_Check = tuple[Callable[[Any], bool], str]
_COUNT: _Check = (_is_count, "a whole number from 0 on")
_TEXT: _Check = (lambda value: isinstance(value, str), "a text")
_FLAG: _Check = (lambda value: isinstance(value, bool), "true or false")
_CHECKS: Mapping[str, _Check] = {
    "shape": (lambda value: value in SHAPES, f"one of {', '.join(SHAPES)}"),
    "code": _COUNT,
    "subcode": _COUNT,
    "variant": _COUNT,
    "status": (lambda value: _is_count(value, 599) and value >= 200, "an HTTP status from 200 to 599"),
    "message": _TEXT,
    "type": _TEXT,
    "title": _TEXT,
    "msg": _TEXT,
    "is_transient": _FLAG,
    "times": (lambda value: _is_count(value) and value > 0, "a whole number from 1 on, or null: always"),
    "rate": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "pixel": _TEXT,
    "delay": (lambda value: _is_number(value, LONGEST_DELAY), f"seconds from 0 to {LONGEST_DELAY}"),
    "read": _FLAG,
    "store": _FLAG,
    "usage": _COUNT,
    "regain": _COUNT,
    "retry_after": _COUNT,
    "headers": (_are_headers, "an object of header names and values in ASCII, but Content-Length"),
    "location": (_is_header_value, "an address in ASCII"),
}
