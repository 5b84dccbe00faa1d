"""Dates of birth, whose parts people write in different orders."""

import re
from time import localtime
from typing import Final

_NUMBER: Final = re.compile("[0-9]+")

_NO_YEAR: Final = 10_000


def numbers(value: str) -> list[str]:
    """Return the runs of ASCII digits in a text."""
    return _NUMBER.findall(value)


def arrange_date(first: str, second: str, third: str) -> tuple[int, int, int]:
    """Return year, month and day of three numbers, as the pixel guesses which is which.

    The year is the first or second when that is over 31, else the third.  The others are month
    and day in this order (day and month, when the year stands between them), swapped when the
    month would be over 12.
    """
    a, b, c = _value(first), _value(second), _value(third)
    if a > 31:
        year, month, day = a, b, c
    elif b > 31:
        year, month, day = b, c, a
    else:
        year, month, day = c, a, b
    return (year, day, month) if month > 12 else (year, month, day)


def is_plausible(year: int, month: int, day: int) -> bool:
    """Return whether the pixel accepts it as a date: years 1800 to next year; 31 February passes."""
    return (
        1 <= month <= 12 and 1 <= day <= 31 and year >= 1800 and (year <= _SAFE_YEAR or year <= _next_year())
    )


def yyyymmdd(year: int, month: int, day: int) -> str:
    """Return a date as ``YYYYMMDD``.

    :param year: of four digits.
    """
    return str(year * 10_000 + month * 100 + day)


def _value(digits: str) -> int:
    # Python refuses to read numbers of thousands of digits; over four they are no year anyway.
    if len(digits) > 4:
        digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= 4 else _NO_YEAR


def _next_year() -> int:
    return localtime().tm_year + 1


# The next year when this module was imported; years up to it need no call of the clock (0.3 µs each).
_SAFE_YEAR: Final = _next_year()
