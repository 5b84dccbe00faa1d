"""What values mean in LiquidJS.

Source: LiquidJS 10.27, its documentation and behaviour (read 2026-11-23).  Undefined is MISSING.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from capi_actions.mapping.js_values import WHITESPACE, json_pieces
from capi_actions.mapping.js_values import text as js_text
from capi_actions.mapping.liquid.budget import Work
from capi_actions.model import MISSING
from capi_actions.text import number_text

Number = int | float

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)")
_RADIX = {"0x": 16, "0o": 8, "0b": 2}
_EXACT = 2**53


class Special:
    """``empty`` or ``blank``: equal to values without content, and printed as nothing."""

    def __init__(self, blank: bool) -> None:
        self._blank = blank

    def equals(self, value: Any) -> bool:
        """Say whether a value is empty, or blank."""
        if self._blank and (value is False or value is None or value is MISSING):
            return True
        if self._blank and isinstance(value, str):
            return not value.strip(WHITESPACE)
        return isinstance(value, str | list | dict) and not value


EMPTY: Final = Special(blank=False)
BLANK: Final = Special(blank=True)


def is_nothing(value: Any) -> bool:
    """Say whether a value is null or undefined."""
    return value is None or value is MISSING


def is_true(value: Any) -> bool:
    """Say whether a condition holds: everything but false, null and undefined."""
    return value is not False and not is_nothing(value)


def size(value: Any) -> int:
    """Give what going through a value costs."""
    return len(value) if isinstance(value, str | list | dict) else 1


def text(work: Work, value: Any) -> str:
    """Write a value; lists are joined without anything between."""
    if isinstance(value, str):
        work.spend(len(value))
        return value
    if not isinstance(value, list):
        return "" if isinstance(value, Special) else js_text(value)
    pieces = []
    pending = [iter(value)]
    while pending:
        for each in pending[-1]:
            if isinstance(each, list):
                work.spend(1)
                pending.append(iter(each))
                break
            piece = each if isinstance(each, str) else js_text(each)
            work.spend(1 + len(piece))
            pieces.append(piece)
        else:
            pending.pop()
    return "".join(pieces)


def with_commas(work: Work, value: Any) -> str:
    """Write a value as JavaScript itself does: lists with commas between, at any depth."""
    if isinstance(value, Special):
        return ""
    pending = [iter([value])]
    while pending:  # pay for the way first: the same list may be in it many times over
        for each in pending[-1]:
            work.spend(3 if isinstance(each, list) else 3 + size(each))
            if isinstance(each, list):
                pending.append(iter(each))
                break
        else:
            pending.pop()
    return js_text(value)


def json_text(work: Work, value: Any, indent: str = "") -> Any:
    """Write a value as JSON; undefined stays undefined."""
    if value is MISSING or isinstance(value, Special):
        return MISSING
    pieces = []
    for piece in json_pieces(value, indent):
        work.spend(8 + len(piece))
        pieces.append(piece)
    return "".join(pieces)


def to_number(work: Work, value: Any) -> Number:
    """Convert as JavaScript's ``Number()`` does."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else _float(value)
    if isinstance(value, float):
        return value
    if value is None or isinstance(value, Special):
        return 0
    if isinstance(value, list):
        value = with_commas(work, value)
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


def number(work: Work, value: Any) -> Number:
    """Convert for arithmetic: what is no number counts as 0."""
    converted = to_number(work, value)
    return 0 if converted != converted else converted


def equals(work: Work, left: Any, right: Any) -> bool:
    """Compare with ``==``: never across types; lists item by item, objects by identity."""
    pending = [(left, right)]
    while pending:
        work.spend(5)
        one, other = pending.pop()
        if isinstance(one, Special) or isinstance(other, Special):
            special, value = (one, other) if isinstance(one, Special) else (other, one)
            if isinstance(value, Special) or not special.equals(value):
                return False
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            work.spend(len(one))
            pending.extend(zip(one, other, strict=True))
        elif not _same(one, other):
            return False
    return True


def _same(one: Any, other: Any) -> bool:
    if is_nothing(one) or is_nothing(other):
        return one is other
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return one is other
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def ordered(work: Work, left: Any, right: Any, holds: Callable[[Any, Any], bool]) -> bool:
    """Compare with ``<`` and the like: texts as texts, all else as numbers."""
    if isinstance(left, Special) or isinstance(right, Special):
        return False
    left, right = (
        with_commas(work, each) if isinstance(each, list | dict) else each for each in (left, right)
    )
    if isinstance(left, str) and isinstance(right, str):
        return holds(left, right)
    return holds(to_number(work, left), to_number(work, right))  # NaN makes it false


def contains(work: Work, whole: Any, part: Any) -> bool:
    """Search a list or a text."""
    if isinstance(whole, list):
        return any(equals(work, each, part) for each in whole)
    if isinstance(whole, str) and part is not MISSING:
        work.spend(len(whole))
        return ("null" if part is None else text(work, part)) in whole
    return False


def member(value: Any, key: Any) -> Any:
    """Give a member of an object or list, or ``size``, ``first`` and ``last``.

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
