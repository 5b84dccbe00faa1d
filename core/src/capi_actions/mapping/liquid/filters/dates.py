"""Dates, in UTC whatever the machine's time zone is."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from capi_actions.mapping.javascript import WHITESPACE
from capi_actions.mapping.liquid.filters.strftime import ordinal, strftime
from capi_actions.mapping.liquid.values import is_nothing, text
from capi_actions.mapping.liquid.work import Work
from capi_actions.model import MISSING

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
