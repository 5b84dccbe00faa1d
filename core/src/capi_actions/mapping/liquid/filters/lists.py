"""Filters for lists, and for lists and texts alike."""

from collections.abc import Callable
from typing import Any

from capi_actions.mapping.liquid.budget import Budget
from capi_actions.mapping.liquid.values import (
    EmptyLiteral,
    Number,
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


def join(budget: Budget, value: Any, separator: Any = MISSING) -> str:
    """Join items with a separator, by default a space."""
    between = " " if is_nothing(separator) else text(budget, separator)
    items = _list(value)
    budget.spend(len(items) * (1 + len(between)))
    return between.join([with_commas(budget, item) for item in items])


def first(budget: Budget, value: Any) -> Any:
    """Return the first item or character, if there is one."""
    if not isinstance(value, list):
        return value[:1] if isinstance(value, str) else ""
    return value[0] if value else MISSING


def last(budget: Budget, value: Any) -> Any:
    """Return the last item or character, if there is one."""
    if not isinstance(value, list):
        return value[-1:] if isinstance(value, str) else ""
    return value[-1] if value else MISSING


def size_(budget: Budget, value: Any) -> int:
    """Return the number of items or characters."""
    return len(value) if isinstance(value, list | str) else 0


def sum_(budget: Budget, value: Any, key: Any = MISSING) -> Number:
    """Add up the items, or their members of a name; what is no number counts as 0."""
    total: Number = 0
    items = _list(value)
    budget.spend(10 * len(items))
    for item in items:
        value = to_number(budget, item if is_nothing(key) else member(item, text(budget, key)))
        total += 0 if value != value else value
    return float(total) if abs(total) > 2**53 else total


def compact(budget: Budget, value: Any) -> list[Any]:
    """Return the list without nulls."""
    return [item for item in _list(value) if not is_nothing(item)]


def push(budget: Budget, value: Any, item: Any = MISSING) -> list[Any]:
    """Return the list with an item added at the end."""
    return [*_list(value), item]


def unshift(budget: Budget, value: Any, item: Any = MISSING) -> list[Any]:
    """Return the list with an item added at the beginning."""
    return [item, *_list(value)]


def pop(budget: Budget, value: Any) -> list[Any]:
    """Return the list without its last item."""
    return _list(value)[:-1]


def shift(budget: Budget, value: Any) -> list[Any]:
    """Return the list without its first item."""
    return _list(value)[1:]


def slice_(budget: Budget, value: Any, begin: Any = MISSING, length: Any = 1) -> Any:
    """Return some items or characters, counted from the end if ``begin`` is negative."""
    if is_nothing(value):
        return []
    sequence = value if isinstance(value, list) else text(budget, value)
    start, count = (_index(number(budget, argument)) for argument in (begin, length))
    start += len(sequence) if start < 0 else 0
    return sequence[start : start + max(0, count)] if start >= 0 else sequence[:0]


def _index(value: Number) -> int:
    return int(max(-(2**53), min(2**53, value)))


def where(budget: Budget, value: Any, path: Any = MISSING, expected: Any = MISSING) -> list[Any]:
    """Return the items whose member has the expected value, by default any that counts as true."""
    items = _list(value)
    keys = text(budget, path).split(".")
    kept = []
    for item in items:
        budget.spend(5 + 5 * len(keys))
        actual = item
        for key in keys:
            actual = member(actual, key)
        if is_true(actual) if expected is MISSING else equals(budget, actual, expected):
            kept.append(item)
    return kept


def sample(budget: Budget, value: Any, count: Any = 1) -> Any:
    """Return the first item, or a number of them: random ones would give a repeated event another result."""
    if is_nothing(value):
        return []
    items = value if isinstance(value, list) else list(text(budget, value))
    length = _index(number(budget, count))
    return first(budget, items) if length == 1 else items[: max(0, length)]


def default(budget: Budget, value: Any, other: Any = MISSING, option: Any = MISSING) -> Any:
    """Return another value if this one is empty, false or missing."""
    if isinstance(value, list | str):
        return value or other
    if isinstance(value, EmptyLiteral):
        return other
    if value is False and isinstance(option, tuple) and option[0] == "allow_false" and is_true(option[1]):
        return False
    return value if is_true(value) else other


LIST_FILTERS: dict[str, Callable[..., Any]] = {
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
