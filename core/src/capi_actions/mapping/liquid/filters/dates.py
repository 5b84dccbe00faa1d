"""Dates, in UTC whatever the machine's time zone is."""

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
from capi_actions.mapping.liquid.budget import Work
from capi_actions.mapping.liquid.values import is_nothing, text
from capi_actions.model import MISSING

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


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT = "%A, %B %-e, %Y at %-l:%M %P %z"
_LONGEST = 64  # no date is written longer

_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?)? ?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_RFC_2822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UTC?|[+-]\d{4})", re.ASCII
)
_FORMS = ("%Y/%m/%d", "%m/%d/%Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y")
_TIMES = ("", " %H:%M:%S", " %H:%M")


def read_date(work: Work, value: Any) -> datetime | None:
    """Read a date: seconds since 1970, ``now``, ``today``, ISO 8601, RFC 2822 or a common way to write it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        found = text(work, value).strip(WHITESPACE)
        if found in ("now", "today"):
            return datetime.now(UTC)
        if len(found) > _LONGEST:
            return None
        if not (found.isascii() and found.isdigit()):
            return _read_written(found)
        value = int(found)
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        return None


def _read_written(value: str) -> datetime | None:
    iso = _ISO.fullmatch(value)
    try:
        if iso:
            return _iso(*iso.groups())
        if _RFC_2822.fullmatch(value):
            date = parsedate_to_datetime(value)
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    for form in _FORMS:
        for time in _TIMES:
            try:
                return datetime.strptime(value, form + time).replace(tzinfo=UTC)
            except ValueError:
                continue
    return None


def _iso(*groups: str | None) -> datetime:
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


def _in_zone(date: datetime, zone: Any) -> datetime:
    """Show a date in another zone: its name, or minutes as JavaScript counts them (west is positive)."""
    try:
        if isinstance(zone, str):
            return date.astimezone(ZoneInfo(zone))
        if isinstance(zone, int | float) and not isinstance(zone, bool):
            return date.astimezone(timezone(timedelta(minutes=-zone)))
    except (ValueError, OverflowError, LookupError, OSError):
        return date
    return date


def date(work: Work, value: Any, form: Any = MISSING, zone: Any = MISSING) -> Any:
    """Write a date; what is none stays as it is."""
    found = read_date(work, value)
    if found is None:
        return value
    return strftime(work, _in_zone(found, zone), _DEFAULT if is_nothing(form) else text(work, form))


def _fixed(form: str) -> Callable[[Work, Any], Any]:
    return lambda work, value: date(work, value, form)


def _written(month: str) -> Callable[..., Any]:
    def apply(work: Work, value: Any, kind: Any = MISSING, style: Any = MISSING) -> Any:
        found = read_date(work, value)
        if found is None or kind != "ordinal":
            return date(work, value, f"%d {month} %Y")
        day = f"{found.day}{ordinal(found.day)}"
        return date(work, value, f"{month} {day}, %Y" if style == "US" else f"{day} {month} %Y")

    return apply


DATES: dict[str, Callable[..., Any]] = {
    "date": date,
    "date_to_long_string": _written("%B"),
    "date_to_rfc822": _fixed("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _written("%b"),
    "date_to_xmlschema": _fixed("%Y-%m-%dT%H:%M:%S%:z"),
}
