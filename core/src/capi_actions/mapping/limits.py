"""Limits that protect the process from mappings and events that are too big.

No real mapping comes near: the largest preset of the reference's 276 destinations has 272
values and is 8 levels deep.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from capi_actions.errors import EventError

MAX_DEPTH: Final = 100
"""Objects and lists nested in a mapping; resolving takes at most two calls a level."""

MAX_VALUES: Final = 10_000
"""Values of all kinds in a mapping, objects and lists counted too."""

MAX_CHARACTERS: Final = 1_000_000
"""Characters of all texts and keys of a mapping together."""

MAX_TEXT: Final = 1_000_000
"""Characters of a text that a directive makes."""

MAX_ITEMS: Final = 100_000
"""Values in an object or list that a directive makes."""

MAX_STEPS: Final = 100
"""Keys and indices in a path of a mapping."""

MAX_PATH: Final = 10_000
"""Characters of a path that comes out of the event."""


MAX_WORK: Final = 4_000_000
"""Units of work that all mappings together may do on one event: one for each character that a directive
reads or writes, and for each value that it makes or goes through.

Ordinary mappings stay below 10,000.  Measured with 200 ``@json`` of one text of 1 MB: stopped after 0.8 s
and 50 MB, instead of 37 s and 3.3 GB.
"""

MAX_UNMETERED_WIDTH: Final = 32
"""Values in the shapes of all ``@arrayPath`` of a mapping that isn't metered: with the values that an
event may hold, they bound what it makes."""

MAX_UNMETERED_WEIGHT: Final = 64
"""Weight of the directives of a mapping that isn't metered: each literal ``@template`` weighs 1, each
other one that makes text or goes through values 16.  Each by itself makes at most :data:`MAX_TEXT` characters."""

MAX_UNMETERED_EVENT: Final = 256
"""Weight of all mappings of a configuration that isn't metered as a whole."""

MAX_UNMETERED_COPIES: Final = 32
"""Times that a mapping which isn't metered may read one value of the event."""


def spend(units: int, path: str) -> None:
    """Charge units of work to the event that this thread is mapping; outside of :func:`with_budget` it does nothing.

    :param path: where the directive stands.
    :raises EventError: when the event has cost more than :data:`MAX_WORK`.
    """
    if not _meter.active:
        return
    _meter.left -= units
    if _meter.left < 0:
        raise EventError.of(f"the mapping does more than {MAX_WORK:,} steps of work on this event", path)


def with_budget(
    function: "Callable[[Unpack[_Arguments]], _Result]",
) -> "Callable[[Unpack[_Arguments]], _Result]":
    """Return a function that maps one event, and whose work is bounded: all that it calls shares one budget."""

    def run(*arguments: *_Arguments) -> _Result:
        meter = _meter
        if meter.active:
            return function(*arguments)
        meter.active, meter.left = True, MAX_WORK
        try:
            return function(*arguments)
        finally:
            meter.active = False

    return run


def spend_for_result(value: Any) -> Any:
    """Charge the characters and values of what a mapping made, and return it.

    :raises EventError: when the event has cost more than :data:`MAX_WORK`.
    """
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            spend(len(part) + sum(map(len, part)), "$")
            pending.extend(part.values())
        elif isinstance(part, list):
            spend(len(part), "$")
            pending.extend(part)
        elif isinstance(part, str):
            spend(len(part), "$")
    return value


_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class _Meter(threading.local):
    """The budget of the event that a thread is mapping."""

    active: bool = False
    left: int = MAX_WORK


_meter = _Meter()


def count_values(mapping: Any) -> int:
    """Return how many values a part of a mapping has, itself included."""
    pending, count = [mapping], 0
    while pending:
        value = pending.pop()
        count += 1
        if isinstance(value, dict | list):
            pending.extend(value.values() if isinstance(value, dict) else value)
    return count


def text_too_long(path: str, what: str = "result") -> EventError:
    """Return the error for a directive's text of more than :data:`MAX_TEXT` characters."""
    return EventError.of(f"the {what} is longer than {MAX_TEXT:,} characters", path)


def too_many_values(path: str) -> EventError:
    """Return the error for a directive's object or list of more than :data:`MAX_ITEMS` values."""
    return EventError.of(f"the result has more than {MAX_ITEMS:,} values", path)


@contextmanager
def counted_items(count: int, path: str) -> Iterator[None]:
    """Limit the number of items that lists inside lists multiply to, such as ten in ten in ten.

    :param count: items that the body is going to resolve.
    :raises EventError: when the outermost body and those inside it resolve more than :data:`MAX_ITEMS`.
    """
    if _counter.depth == 0:
        _counter.items = 0
    _counter.items += count
    if _counter.items > MAX_ITEMS:
        raise too_many_values(path)
    _counter.depth += 1
    try:
        yield
    finally:
        _counter.depth -= 1


class _Counter(threading.local):
    depth: int = 0
    items: int = 0


_counter = _Counter()
