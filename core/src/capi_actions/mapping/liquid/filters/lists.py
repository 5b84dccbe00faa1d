"""Lists, and what works on lists and texts alike."""

from collections.abc import Callable
from typing import Any

from capi_actions.mapping.liquid.budget import Work
from capi_actions.mapping.liquid.values import (
    Number,
    Special,
    equals,
    is_nothing,
    is_true,
    member,
    number,
    text,
    to_number,
    with_commas,
)
from capi_actions.model import MISSING


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if is_nothing(value) else [value]


def join(work: Work, value: Any, separator: Any = MISSING) -> str:
    """Join items with a separator, a space unless given."""
    between = " " if is_nothing(separator) else text(work, separator)
    items = _list(value)
    work.spend(len(items) * (1 + len(between)))
    return between.join([with_commas(work, each) for each in items])


def first(work: Work, value: Any) -> Any:
    """Take the first item, or character; what has none gives nothing."""
    if not isinstance(value, list):
        return value[:1] if isinstance(value, str) else ""
    return value[0] if value else MISSING


def last(work: Work, value: Any) -> Any:
    """Take the last item, or character; what has none gives nothing."""
    if not isinstance(value, list):
        return value[-1:] if isinstance(value, str) else ""
    return value[-1] if value else MISSING


def size_(work: Work, value: Any) -> int:
    """Count items or characters."""
    return len(value) if isinstance(value, list | str) else 0


def sum_(work: Work, value: Any, key: Any = MISSING) -> Number:
    """Add up numbers, or the members of that name; what is no number doesn't count."""
    total: Number = 0
    items = _list(value)
    work.spend(10 * len(items))
    for each in items:
        found = to_number(work, each if is_nothing(key) else member(each, text(work, key)))
        total += 0 if found != found else found
    return float(total) if abs(total) > 2**53 else total


def compact(work: Work, value: Any) -> list[Any]:
    """Drop nulls."""
    return [each for each in _list(value) if not is_nothing(each)]


def push(work: Work, value: Any, item: Any = MISSING) -> list[Any]:
    """Add an item at the end."""
    return [*_list(value), item]


def unshift(work: Work, value: Any, item: Any = MISSING) -> list[Any]:
    """Add an item at the beginning."""
    return [item, *_list(value)]


def pop(work: Work, value: Any) -> list[Any]:
    """Drop the last item."""
    return _list(value)[:-1]


def shift(work: Work, value: Any) -> list[Any]:
    """Drop the first item."""
    return _list(value)[1:]


def slice_(work: Work, value: Any, begin: Any = MISSING, length: Any = 1) -> Any:
    """Take some items or characters, counted from the end when ``begin`` is negative."""
    if is_nothing(value):
        return []
    whole = value if isinstance(value, list) else text(work, value)
    start, count = (_index(number(work, each)) for each in (begin, length))
    start += len(whole) if start < 0 else 0
    return whole[start : start + max(0, count)] if start >= 0 else whole[:0]


def _index(value: Number) -> int:
    return int(max(-(2**53), min(2**53, value)))


def where(work: Work, value: Any, path: Any = MISSING, expected: Any = MISSING) -> list[Any]:
    """Keep items whose member has the expected value, or any that counts as true."""
    items = _list(value)
    keys = text(work, path).split(".")
    kept = []
    for each in items:
        work.spend(5 + 5 * len(keys))
        found = each
        for key in keys:
            found = member(found, key)
        if is_true(found) if expected is MISSING else equals(work, found, expected):
            kept.append(each)
    return kept


def sample(work: Work, value: Any, count: Any = 1) -> Any:
    """Take the first item, or so many: by chance, one event would give another result every time."""
    if is_nothing(value):
        return []
    whole = value if isinstance(value, list) else list(text(work, value))
    wanted = _index(number(work, count))
    return first(work, whole) if wanted == 1 else whole[: max(0, wanted)]


def default(work: Work, value: Any, other: Any = MISSING, option: Any = MISSING) -> Any:
    """Replace what is empty, false or missing."""
    if isinstance(value, list | str):
        return value or other
    if isinstance(value, Special):
        return other
    if value is False and isinstance(option, tuple) and option[0] == "allow_false" and is_true(option[1]):
        return False
    return value if is_true(value) else other


LISTS: dict[str, Callable[..., Any]] = {
    "compact": compact,
    "default": default,
    "first": first,
    "join": join,
    "last": last,
    "pop": pop,
    "push": push,
    "sample": sample,
    "shift": shift,
    "size": size_,
    "slice": slice_,
    "sum": sum_,
    "unshift": unshift,
    "where": where,
}
