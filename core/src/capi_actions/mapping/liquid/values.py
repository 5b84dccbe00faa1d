"""What values mean in LiquidJS.

Source: LiquidJS 10.27, its documentation and behaviour (read 2026-11-23).  Undefined is MISSING.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from capi_actions.mapping.js_values import WHITESPACE, json_pieces
from capi_actions.mapping.js_values import text as js_text
from capi_actions.mapping.liquid.budget import Budget
from capi_actions.model import MISSING
from capi_actions.text import number_text

Number = int | float

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)")
_RADIX = {"0x": 16, "0o": 8, "0b": 2}
_EXACT = 2**53


class EmptyLiteral:
    """``empty`` or ``blank``: equals values without content, and is written as nothing."""

    def __init__(self, blank: bool) -> None:
        self._blank = blank

    def equals(self, value: Any) -> bool:
        """Return whether a value is empty, or blank."""
        if self._blank and (value is False or value is None or value is MISSING):
            return True
        if self._blank and isinstance(value, str):
            return not value.strip(WHITESPACE)
        return isinstance(value, str | list | dict) and not value


EMPTY: Final = EmptyLiteral(blank=False)
BLANK: Final = EmptyLiteral(blank=True)


def is_nothing(value: Any) -> bool:
    """Return whether a value is null or undefined."""
    return value is None or value is MISSING


def is_true(value: Any) -> bool:
    """Return whether a value counts as true: everything but false, null and undefined does."""
    return value is not False and not is_nothing(value)


def cost(value: Any) -> int:
    """Return what going through a value costs."""
    return len(value) if isinstance(value, str | list | dict) else 1


def text(budget: Budget, value: Any) -> str:
    """Return a value as text; lists are joined without anything between."""
    if isinstance(value, str):
        budget.spend(len(value))
        return value
    if not isinstance(value, list):
        return "" if isinstance(value, EmptyLiteral) else js_text(value)
    pieces = []
    pending = [iter(value)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                budget.spend(1)
                pending.append(iter(item))
                break
            piece = item if isinstance(item, str) else js_text(item)
            budget.spend(1 + len(piece))
            pieces.append(piece)
        else:
            pending.pop()
    return "".join(pieces)


def with_commas(budget: Budget, value: Any) -> str:
    """Return a value as text as JavaScript itself writes it: lists with commas between, at any depth."""
    if isinstance(value, EmptyLiteral):
        return ""
    pending = [iter([value])]
    while pending:  # charged before anything is written: the same list may be in it many times over
        for item in pending[-1]:
            budget.spend(3 if isinstance(item, list) else 3 + cost(item))
            if isinstance(item, list):
                pending.append(iter(item))
                break
        else:
            pending.pop()
    return js_text(value)


def json_text(budget: Budget, value: Any, indent: str = "") -> Any:
    """Return a value as JSON; undefined stays undefined."""
    if value is MISSING or isinstance(value, EmptyLiteral):
        return MISSING
    pieces = []
    for piece in json_pieces(value, indent):
        budget.spend(8 + len(piece))
        pieces.append(piece)
    return "".join(pieces)


def to_number(budget: Budget, value: Any) -> Number:
    """Return a value as a number, as JavaScript's ``Number()`` does."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else _float(value)
    if isinstance(value, float):
        return value
    if value is None or isinstance(value, EmptyLiteral):
        return 0
    if isinstance(value, list):
        value = with_commas(budget, value)
    return _parse(value) if isinstance(value, str) else math.nan


def _parse(value: str) -> Number:
    value = value.strip(WHITESPACE)
    if value == "":
        return 0
    if _NUMBER.fullmatch(value):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) <= _EXACT else number
    if value in ("Infinity", "+Infinity", "-Infinity"):
        return float(value)
    radix = _RADIX.get(value[:2].lower())
    if radix and value[2:].isascii() and value[2:].isalnum() and len(value) < 400:
        try:
            return _float(int(value[2:], radix))
        except ValueError:
            pass
    return math.nan


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def number(budget: Budget, value: Any) -> Number:
    """Return a value as a number for arithmetic: what is none counts as 0."""
    converted = to_number(budget, value)
    return 0 if converted != converted else converted


def equals(budget: Budget, left: Any, right: Any) -> bool:
    """Return whether ``left == right``: never across types; lists item by item, objects by identity."""
    pending = [(left, right)]
    while pending:
        budget.spend(5)
        left, right = pending.pop()
        if isinstance(left, EmptyLiteral) or isinstance(right, EmptyLiteral):
            literal, value = (left, right) if isinstance(left, EmptyLiteral) else (right, left)
            if isinstance(value, EmptyLiteral) or not literal.equals(value):
                return False
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            budget.spend(len(left))
            pending.extend(zip(left, right, strict=True))
        elif not _equal_scalars(left, right):
            return False
    return True


def _equal_scalars(left: Any, right: Any) -> bool:
    if is_nothing(left) or is_nothing(right):
        return left is right
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return left is right
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def compare_order(budget: Budget, left: Any, right: Any, holds: Callable[[Any, Any], bool]) -> bool:
    """Return whether ``<`` or the like holds: texts are compared as texts, all else as numbers."""
    if isinstance(left, EmptyLiteral) or isinstance(right, EmptyLiteral):
        return False
    left, right = (
        with_commas(budget, side) if isinstance(side, list | dict) else side for side in (left, right)
    )
    if isinstance(left, str) and isinstance(right, str):
        return holds(left, right)
    return holds(to_number(budget, left), to_number(budget, right))  # NaN makes it false


def contains(budget: Budget, value: Any, part: Any) -> bool:
    """Return whether a list has an item, or a text a part."""
    if isinstance(value, list):
        return any(equals(budget, item, part) for item in value)
    if isinstance(value, str) and part is not MISSING:
        budget.spend(len(value))
        return ("null" if part is None else text(budget, part)) in value
    return False


def member(value: Any, key: Any) -> Any:
    """Return a member of an object or list, or its ``size``, ``first`` or ``last``.

    Only what JSON put there can be reached: no attributes of Python objects, no characters of texts.
    """
    if is_nothing(value):
        return value
    if isinstance(key, int | float) and not isinstance(key, bool):
        key = number_text(key)
    if not isinstance(key, str):
        return MISSING
    if isinstance(value, dict) and key in value:
        return value[key]
    if key == "size":
        return len(value) if isinstance(value, str | list | dict) else MISSING
    if isinstance(value, list):
        return _item(value, key)
    return MISSING


def _item(value: list[Any], key: str) -> Any:
    if key in ("first", "last"):
        return (value[0] if key == "first" else value[-1]) if value else MISSING
    digits = key.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        return MISSING
    index = int(key)
    return value[index] if -len(value) <= index < len(value) else MISSING
