"""Filters for dates: parsed, and written by ``strftime``; in UTC whatever the machine's time zone is."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from datetime import date as day
from email.utils import parsedate_to_datetime
from re import Match
from typing import Any
from zoneinfo import ZoneInfo

from capi_actions.mapping.js_values import WHITESPACE
from capi_actions.mapping.liquid.budget import Budget
from capi_actions.mapping.liquid.values import is_nothing, text
from capi_actions.model import MISSING

_DEFAULT_FORMAT = "%A, %B %-e, %Y at %-l:%M %P %z"


def date(budget: Budget, value: Any, pattern: Any = MISSING, zone: Any = MISSING) -> Any:
    """Write a date by a pattern; what is no date stays as it is."""
    moment = parse_date(budget, value)
    if moment is None:
        return value
    pattern = _DEFAULT_FORMAT if is_nothing(pattern) else text(budget, pattern)
    return strftime(budget, _in_zone(moment, zone), pattern)


def _with_pattern(pattern: str) -> Callable[[Budget, Any], Any]:
    return lambda budget, value: date(budget, value, pattern)


def _day_and_month(month: str) -> Callable[..., Any]:
    def apply(budget: Budget, value: Any, kind: Any = MISSING, style: Any = MISSING) -> Any:
        moment = parse_date(budget, value)
        if moment is None or kind != "ordinal":
            return date(budget, value, f"%d {month} %Y")
        day = f"{moment.day}{_ordinal_suffix(moment.day)}"
        return date(budget, value, f"{month} {day}, %Y" if style == "US" else f"{day} {month} %Y")

    return apply


DATE_FILTERS: dict[str, Callable[..., Any]] = {
    "date": date,
    "date_to_long_string": _day_and_month("%B"),
    "date_to_rfc822": _with_pattern("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _day_and_month("%b"),
    "date_to_xmlschema": _with_pattern("%Y-%m-%dT%H:%M:%S%:z"),
}


def _in_zone(date: datetime, zone: Any) -> datetime:
    """Return a date in another zone: its name, or minutes as JavaScript counts them (west is positive)."""
    try:
        if isinstance(zone, str):
            return date.astimezone(ZoneInfo(zone))
        if isinstance(zone, int | float) and not isinstance(zone, bool):
            return date.astimezone(timezone(timedelta(minutes=-zone)))
    except (ValueError, OverflowError, LookupError, OSError):
        return date
    return date


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_LENGTH = 64  # no date is written longer

_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?)? ?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_RFC_2822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UTC?|[+-]\d{4})", re.ASCII
)
_PATTERNS = ("%Y/%m/%d", "%m/%d/%Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y")
_TIMES = ("", " %H:%M:%S", " %H:%M")


def parse_date(budget: Budget, value: Any) -> datetime | None:
    """Return the date that a value stands for, or None.

    :param value: seconds since 1970, ``now``, ``today``, ISO 8601, RFC 2822 or a common way to write a date.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        written = text(budget, value).strip(WHITESPACE)
        if written in ("now", "today"):
            return datetime.now(UTC)
        if len(written) > _MAX_LENGTH:
            return None
        if not (written.isascii() and written.isdigit()):
            return _parse_written(written)
        value = int(written)
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        return None


def _parse_written(value: str) -> datetime | None:
    iso = _ISO.fullmatch(value)
    try:
        if iso:
            return _iso_date(*iso.groups())
        if _RFC_2822.fullmatch(value):
            date = parsedate_to_datetime(value)
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    for pattern in _PATTERNS:
        for time in _TIMES:
            try:
                return datetime.strptime(value, pattern + time).replace(tzinfo=UTC)
            except ValueError:
                continue
    return None


def _iso_date(*groups: str | None) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = groups
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    tomorrow = hours == 24 and not (minutes or seconds or micro)
    date = datetime(
        int(year or 0), int(month or 1), int(day or 1), 0 if tomorrow else hours, minutes, seconds, micro, UTC
    )
    if zone and zone not in "zZ":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        date += -offset if zone[0] == "+" else offset
    return date + timedelta(days=tomorrow)


_CODE = re.compile(r"%([-_0^#:]+)?([0-9]+)?[EO]?(.)", re.DOTALL)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WIDTHS = {**dict.fromkeys("deHIklmMSUW", 2), "j": 3, "L": 3}
_PADDED_WITH_SPACES = frozenset("aAbBceklpP")


def strftime(budget: Budget, date: datetime, pattern: str) -> str:
    """Return a pattern with codes like ``%Y`` replaced; unknown ones stay.

    Between the sign and the letter may be flags (``-_0^#:``) and a width.
    """
    return _CODE.sub(lambda code: _format_code(budget, date, code), pattern)


def _format_code(budget: Budget, date: datetime, match: Match[str]) -> str:
    flags, width, code = match[1] or "", match[2] or "", match[3]
    if code not in _CODES:
        return match[0]
    budget.spend(10)
    value = _offset(date, ":") if code == "z" and ":" in flags else str(_CODES[code](date))
    length = min(int(width[:9]), budget.left + 1) if width else _WIDTHS.get(code, 0)
    if code == "N":
        value = value[: length or 9].ljust(length, "0")
    if "-" in flags:
        length = 0
    budget.spend(length)
    return _with_case(value, flags).rjust(length, _padding(code, flags))


def _with_case(value: str, flags: str) -> str:
    """Return a value in upper case for the flag ``^``, with its case swapped for ``#``."""
    if "^" in flags:
        return value.upper()
    if "#" in flags:
        return value.upper() if any("a" <= letter <= "z" for letter in value) else value.lower()
    return value


def _padding(code: str, flags: str) -> str:
    return " " if "_" in flags or (code in _PADDED_WITH_SPACES and "0" not in flags) else "0"


def _ordinal_suffix(number: int) -> str:
    """Return the ending of 1st, 2nd, 3rd, 4th."""
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
    "q": lambda date: _ordinal_suffix(date.day),
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
