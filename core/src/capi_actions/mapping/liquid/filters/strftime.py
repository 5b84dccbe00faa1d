"""Write dates by a pattern, as LiquidJS does: never by the machine's locale."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date as day
from datetime import datetime, timedelta
from re import Match
from typing import Any

from capi_actions.mapping.liquid.work import Work

_CODE = re.compile(r"%([-_0^#:]+)?([0-9]+)?[EO]?(.)", re.DOTALL)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WIDTHS = {**dict.fromkeys("deHIklmMSUW", 2), "j": 3, "L": 3}
_PADDED_WITH_SPACES = frozenset("aAbBceklpP")


def ordinal(number: int) -> str:
    """Give the ending of 1st, 2nd, 3rd, 4th."""
    if number in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _weekday(date: datetime) -> int:
    return date.isoweekday() % 7


def _week(date: datetime, first_day: int) -> int:
    this_week = date.timetuple().tm_yday + first_day - _weekday(date)
    new_year = day(date.year, 1, 1).isoweekday() % 7
    return (this_week - (7 - new_year + first_day)) // 7 + 1


def _offset(date: datetime, colon: str = "") -> str:
    minutes = int((date.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


def _time(date: datetime) -> str:
    return f"{date.hour % 12 or 12}:{date:%M:%S} {'AM' if date.hour < 12 else 'PM'}"


_CODES: Mapping[str, Callable[[datetime], Any]] = {
    "a": lambda date: _DAYS[_weekday(date)][:3],
    "A": lambda date: _DAYS[_weekday(date)],
    "b": lambda date: _MONTHS[date.month - 1][:3],
    "B": lambda date: _MONTHS[date.month - 1],
    "c": lambda date: f"{date.month}/{date.day}/{date.year}, {_time(date)}",
    "C": lambda date: int(str(date.year)[:2]),
    "d": lambda date: date.day,
    "e": lambda date: date.day,
    "h": lambda date: _MONTHS[date.month - 1][:3],
    "H": lambda date: date.hour,
    "I": lambda date: date.hour % 12 or 12,
    "j": lambda date: date.timetuple().tm_yday,
    "k": lambda date: date.hour,
    "l": lambda date: date.hour % 12 or 12,
    "L": lambda date: date.microsecond // 1000,
    "m": lambda date: date.month,
    "M": lambda date: date.minute,
    "n": lambda date: "\n",
    "N": lambda date: f"{date.microsecond * 1000:09}",
    "p": lambda date: "AM" if date.hour < 12 else "PM",
    "P": lambda date: "am" if date.hour < 12 else "pm",
    "q": lambda date: ordinal(date.day),
    "s": lambda date: math.floor(date.timestamp() + 0.5),
    "S": lambda date: date.second,
    "t": lambda date: "\t",
    "u": lambda date: _weekday(date) or 7,
    "U": lambda date: _week(date, 0),
    "w": _weekday,
    "W": lambda date: _week(date, 1),
    "x": lambda date: f"{date.month}/{date.day}/{date.year}",
    "X": _time,
    "y": lambda date: str(date.year)[2:4],
    "Y": lambda date: date.year,
    "z": _offset,
    "Z": lambda date: date.tzname() or _offset(date),
    "%": lambda date: "%",
}


def strftime(work: Work, date: datetime, pattern: str) -> str:
    """Replace codes like ``%Y``, with flags ``-_0^#:`` and a width; unknown ones stay."""

    def write(found: Match[str]) -> str:
        flags, width, code = found[1] or "", found[2] or "", found[3]
        if code not in _CODES:
            return found[0]
        work.spend(10)
        written = _offset(date, ":") if code == "z" and ":" in flags else str(_CODES[code](date))
        least = min(int(width[:9]), work.left + 1) if width else _WIDTHS.get(code, 0)
        if code == "N":
            written = written[: least or 9].ljust(least, "0")
        if "^" in flags:
            written = written.upper()
        elif "#" in flags:
            written = written.upper() if any("a" <= letter <= "z" for letter in written) else written.lower()
        padding = " " if "_" in flags or (code in _PADDED_WITH_SPACES and "0" not in flags) else "0"
        least = 0 if "-" in flags else least
        work.spend(least)
        return written.rjust(least, padding)

    return _CODE.sub(write, pattern)
