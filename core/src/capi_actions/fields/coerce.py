"""Coerce scalars to the type of their field, where nobody could mean anything else.

Each function returns None if it can't.  Points in time are recognized, not converted.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unicodedata import category

from capi_actions.model import FieldType
from capi_actions.text import number_text

LARGEST = 1.7976931348623157e308
"""The largest finite double."""

_INT64, _UINT64 = -(2**63), 2**64 - 1  # what JSON encoders write exactly
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBERS = (int, float)
_SCALARS = (str, int, float)
_BOOLEANS = {"true": True, "false": False, 1: True, 0: False}


def to_string(value: Any) -> str | None:
    """Return a string as it is, a finite number or boolean as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if _is_finite(value) else None


def to_number(value: Any) -> int | float | None:
    """Return the number for a finite number, a boolean (1 or 0) or decimal text with or without spaces around it.

    Whole numbers of up to 64 bits stay exact; beyond that text is read as a double.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        value = _parse_number(value.strip())
    return value if _is_finite(value) else None


def to_integer(value: Any) -> int | float | None:
    """Return the number for what :func:`to_number` accepts, if it has no fraction.

    A double beyond 64 bits stays one: its last digits mean nothing, and encoders refuse such integers.  Text with an
    exponent is none if the number has more digits than the text: a spreadsheet has rounded it.
    """
    number = to_number(value)
    if number is not None and isinstance(value, str) and _has_lost_digits(value, number):
        return None
    if isinstance(number, float):
        if not number.is_integer():
            return None
        return int(number) if _INT64 <= number <= _UINT64 else number
    return number


NUMBER_ADVICE: dict[FieldType, str] = {
    "number": "write 12.50: digits with a point for decimals, no thousands separators or currency sign",
    "integer": "write 12: digits only",
}
"""How a number is written as text, by the type of the field."""

_MAX_LOOK = 1000  # characters that decide what kind of text it is


def number_text_phrase(text: str) -> str:
    """Return what a text is that should be a number, in words for a message, never the text itself.

    >>> [number_text_phrase(text) for text in ("12,50", "€ 5", "1 000", "1_000")]
    ['a text with a comma', 'a text with a currency sign', 'a text with spaces', 'a text with an underscore']
    """
    text = text.strip()[:_MAX_LOOK]
    if _NUMBER.fullmatch(text):  # one that the field can't hold
        if (number := to_number(text)) is not None and _has_lost_digits(text, number):
            return "a text with an exponent and lost digits"
        return "a text with a fraction" if to_number(text) is not None else "a text with too great a number"
    return next((phrase for phrase, is_it in _NUMBER_TEXTS if is_it(text)), "a text that is no number")


_NUMBER_TEXTS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("a blank text", lambda text: not text),
    ("a text with a comma", lambda text: any(comma in text for comma in ",\u066b\u066c\uff0c")),
    ("a text with a currency sign", lambda text: any(category(character) == "Sc" for character in text)),
    ("a text with letters", lambda text: any(map(str.isalpha, text))),
    (
        "a text with other digits than 0 to 9",
        lambda text: any(digit.isdigit() and not digit.isascii() for digit in text),
    ),
    ("a text with spaces", lambda text: any(map(str.isspace, text))),
    ("a text with an underscore", lambda text: "_" in text),
    ("a text with an apostrophe", lambda text: "'" in text or "\u2019" in text),
    ("a text with several points", lambda text: text.count(".") > 1),
)


def _has_lost_digits(text: str, number: float) -> bool:
    """Return whether a text is a long id that a spreadsheet has rounded: 1.23456789012346E+15."""
    return abs(number) >= _SHORTEST_LONG_ID and "e" in text.lower()


_SHORTEST_LONG_ID = 10**11  # spreadsheets write numbers from 12 digits on with an exponent


def to_boolean(value: Any) -> bool | None:
    """Return the boolean for a boolean, the words ``true`` and ``false``, and the numbers 1 and 0."""
    return _BOOLEANS.get(value) if isinstance(value, _SCALARS) else None


def to_time(value: Any) -> str | int | float | None:
    """Return a point in time as it is."""
    return value if isinstance(value, _SCALARS) and is_time(value) else None


COERCE: dict[FieldType, Callable[[Any], Any]] = {
    "string": to_string,
    "text": to_string,
    "password": to_string,
    "number": to_number,
    "integer": to_integer,
    "boolean": to_boolean,
    "datetime": to_time,
}

EXPECTED: dict[FieldType, str] = {
    "string": "a string",
    "text": "a string",
    "password": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "a boolean",
    "datetime": "a date and time in ISO 8601 or a Unix time",
    "object": "an object",
}


def _is_finite(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and -LARGEST <= value <= LARGEST


def _parse_number(text: str) -> int | float | None:
    if _DIGITS.fullmatch(text) and _INT64 <= (integer := int(text)) <= _UINT64:
        return integer
    return float(text) if _NUMBER.fullmatch(text) else None


LAST_MILLISECOND = 253_402_300_799_999
"""The end of the year 9999: later numbers are microseconds, or nonsense."""

_UNIX = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_MAX_LENGTH = 64  # characters; the longest sensible ISO text has 35


def is_time(value: str | int | float) -> bool:
    """Return whether a value is ISO 8601 text or a Unix time in seconds or milliseconds.

    >>> [is_time(value) for value in ("2024-05-01T12:34:56.789Z", "2024-05-01", 1714566896, "1714566896789")]
    [True, True, True, True]
    >>> [is_time(value) for value in ("2024-02-30", "May 5", "01/02/2024", True, float("nan"))]
    [False, False, False, False, False]
    """
    if isinstance(value, str):
        return is_iso(value) or _is_unusual_time(value)
    return not isinstance(value, bool) and -LAST_MILLISECOND <= value <= LAST_MILLISECOND


def is_iso(text: str) -> bool:
    """Return whether a text is a date, or a date and a time, in ISO 8601 as Python reads it."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_unusual_time(text: str) -> bool:
    """Return whether a text is a time with spaces around it, in lower case, or a Unix time."""
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        return False
    if _UNIX.fullmatch(text):
        return is_time(float(text))
    return is_iso(text.upper())
