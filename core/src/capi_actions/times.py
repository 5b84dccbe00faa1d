"""Event times: from the ways in which programs write them to whole Unix seconds.

A time is read only when its text can mean one moment alone; everything else is refused.  An hour too many puts
an event into the future, which platforms refuse, and some hours put a sale into another day's report.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from capi_actions.errors import EventError

# Beyond these, a number of seconds would lie after the year 5138, so it counts smaller units.
_MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 10**11, 10**14, 10**17
# Ten digits are seconds from 2001 to 2286, three more the same in a smaller unit: 11, 14, 17 or 20 are a slip.
_LAST_SECOND = 10**10
_LONGEST = 120  # characters; JavaScript's own form takes 65, with a localized name of the zone some more
_FIRST_YEAR = 1000  # a year of two digits is none
_MAX_OFFSET = 14 * 60  # minutes; no place is further from UTC

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE]\+?[0-9]{1,2})?")
_LONGEST_INTEGER = 20  # digits

_TWO = "[0-9]{2}"
_TIME = f"(?P<hour>{_TWO}):(?P<minute>{_TWO})(?::(?P<second>{_TWO})(?:[.,][0-9]+)?)?"
# A name, an offset, or both, as in "GMT+0100 (CET)" or "+0100 CET m=+0.01".  Only after GMT may an offset be one digit.
_ZONE = r"""(?:
    (?P<name>[A-Za-z]{1,5})
    | (?:GMT|UTC|UT)? (?P<sign>[+-]) (?P<hours>[0-9]{2}) (?: :? (?P<minutes>[0-9]{2}) (?: :? 00 )? )?
        (?: \ (?P<repeated>[A-Z]{2,5}|[+-][0-9]{2}(?:[0-9]{2})?) )?
    | (?:GMT|UTC|UT) (?P<short_sign>[+-]) (?P<short_hours>[0-9]) (?: : (?P<short_minutes>[0-9]{2}) )?
)
(?: \ ?\([^()]*\) | \[[A-Za-z0-9_+/-]+\] )?
(?: \ m=[+-][0-9.]+ )?"""
_WEEKDAY = "(?P<weekday>[A-Za-z]{3,9})"
_MONTH = "(?P<month>[A-Za-z]{3,9})"
_DAY = "(?P<day>[0-9]{1,2})"
_YEAR = "(?P<year>[0-9]{4})"
_LAYOUTS: Final = tuple(
    re.compile(layout, re.VERBOSE | re.ASCII)
    for layout in (
        rf"{_YEAR}-(?P<month>{_TWO})-(?P<day>{_TWO})",
        # ISO 8601 with what datetime.fromisoformat() doesn't take: Ruby's, Go's and Java's zones, slashes.
        rf"{_YEAR}(?P<dash>[-/])(?P<month>{_TWO})(?P=dash)(?P<day>{_TWO})[Tt\ ]{_TIME}(?:\ ?{_ZONE})?",
        rf"{_YEAR}(?P<month>{_TWO})(?P<day>{_TWO})[Tt](?P<hour>{_TWO})(?P<minute>{_TWO})"
        rf"(?:(?P<second>{_TWO})(?:[.,][0-9]+)?)?(?:{_ZONE})?",
        # RFC 2822 and 850: JavaScript's toUTCString(), PHP's "r", cookies.
        rf"(?:{_WEEKDAY},?\ )?{_DAY}[\ -]{_MONTH}[\ -](?P<year>[0-9]{{4}}|[0-9]{{2}}),?\ {_TIME}(?:\ ?{_ZONE})?",
        # JavaScript's String(new Date()), and English prose.
        rf"(?:{_WEEKDAY},?\ )?{_MONTH}\ {_DAY},?\ {_YEAR},?\ (?:at\ )?{_TIME}(?:\ ?{_ZONE})?",
        # Java's Date.toString(), C's ctime(), Unix's date.
        rf"{_WEEKDAY}\ {_MONTH}\ {_DAY}\ {_TIME}(?:\ {_ZONE})?\ {_YEAR}",
    )
)
# Eight or 14 digits: as numbers they would be seconds of 1970, or milliseconds of the years from 2600 on.
_DIGITS_OF_A_DATE: Final = re.compile(
    r"(?:19|2[0-2])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9])?"
)
_TWELVE_HOURS: Final = re.compile(r"[0-9]\s*[ap]\.?\s?m\b", re.IGNORECASE)

_MONTHS = "January February March April May June July August September October November December".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_NUMBERS: Final[Mapping[str, int]] = {
    name: number
    for names, first in ((_MONTHS, 1), (_WEEKDAYS, 0))
    for number, full in enumerate(names, first)
    for name in (full.lower(), full[:3].lower())
} | {"sept": 9}

# The names that RFC 2822 (section 4.3) gives a meaning, in hours.
_ZONE_NAMES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("UT", "UTC", "GMT", "Z"), 0),
    "EDT": -4,
    "EST": -5,
    "CDT": -5,
    "CST": -6,
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
}
# Cuba and the Philippines write these as well, for other hours (time zone database 2026a).
_UNCERTAIN: Final = frozenset({"CDT", "PST"})
# Chicago and Shanghai, 14 hours apart; Java writes it for both.
_TWO_MEANINGS: Final = frozenset({"CST"})
_AMBIGUOUS: Final = _UNCERTAIN | _TWO_MEANINGS

_EPOCH: Final = datetime(1970, 1, 1)
_UTC_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_OF_DAY: Final = 86_400


class LocalTime(int):
    """Unix seconds of a time whose zone isn't certain: UTC if it names none, else the name's in RFC 2822.

    :ivar zone_name: such as ``CST``, or "" when there is none.
    """

    zone_name: str = ""

    def in_zone(self, zone: tzinfo | None, path: str = "$") -> int:
        """Return Unix seconds.

        A time that the clocks show twice is the first of the two; one that they skip counts from before the change.

        :param zone: the zone of times without one, and of those whose zone's name it has too; None for none.
        :param path: of the event's field, for the error.
        :raises EventError: when the zone's name has two meanings, and isn't one of this zone's.
        """
        hours = _ZONE_NAMES.get(self.zone_name, 0)
        try:
            local = (_EPOCH + timedelta(seconds=int(self) + hours * 3600)).replace(tzinfo=zone)
            if zone is not None and self.zone_name in ("", local.tzname()):
                return int(local.timestamp())
        except OverflowError:  # within a day of the years 1 and 9999
            pass
        if self.zone_name in _TWO_MEANINGS:
            reason = f"{self.zone_name} is the name of several zones; set time_zone, or write the offset"
            raise _event_error(_UnreadableError(reason), path)
        return int(self)


def time_zone(name: str) -> tzinfo:
    """Return a zone of the IANA database.

    :raises ValueError: when this machine knows none of that name.
    """
    if name == "UTC":  # needs no database
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # a folder of the database, a path, an unknown name
        raise ValueError(
            "should be a time zone that this machine knows, such as Europe/Berlin, America/New_York or UTC"
            " (a machine without any needs the package tzdata)"
        ) from None


def unix_seconds(text: str, zone: tzinfo | None = None, path: str = "$") -> int:
    """Return an event time as whole Unix seconds: what an action sends, and ``Destination.prepare`` needs.

    Fractions are cut off.  Reads Unix seconds, milliseconds, microseconds and nanoseconds; ISO 8601; and what the
    usual functions of JavaScript, Java, Python, Ruby, PHP, Go and C print.  It never reads the clock: an empty text
    or ``now`` is refused.

    :param zone: of times that name none; None for UTC.
    :param path: of the event's field, for the error.
    :raises EventError: when it is none of these, or doesn't name one moment.

    >>> unix_seconds("2026-11-29T15:00:00+09:00"), unix_seconds("1795932000000")
    (1795932000, 1795932000)
    """
    seconds = parse_time(text, path)
    return seconds.in_zone(zone, path) if isinstance(seconds, LocalTime) else seconds


def parse_time(text: str, path: str = "$") -> int:
    """Return what :func:`unix_seconds` does, but as a :class:`LocalTime` if the time's zone isn't certain.

    For a destination that knows the zone of such times: actions don't know its settings.

    :param path: of the event's field, for the error.
    :raises EventError: when the text doesn't name one moment.
    """
    is_usual = len(text) == _USUAL_LENGTH
    if is_usual:
        try:
            return _HOURS[text[:14]] + _SECONDS[text[14:19]] + _FRACTIONS[text[19:]]
        except KeyError:
            pass
    try:
        seconds = _parse(text)
    except _UnreadableError as error:
        raise _event_error(error, path) from None
    if is_usual:
        _remember(text, seconds)
    return seconds


# The parts of times that have been read, each with its seconds: "2026-11-29T15:", "04:05" and ".678Z", which adds none.
# Together they make all times of the hours that came before: 0.3 µs instead of 0.5.
_HOURS: Final[dict[str, int]] = {}
_SECONDS: Final[dict[str, int]] = {}
_FRACTIONS: Final[dict[str, int]] = {}
_MAX_HOURS = 4_096  # half a year; of the others there are 3,600 and 1,000

# As JavaScript and Segment's libraries write times.
_USUAL: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
)
_USUAL_LENGTH = 24


def _remember(text: str, seconds: int) -> None:
    """Remember the parts of a time that has been read, if it is of the usual form and after 1970 began."""
    if seconds > 0 and _USUAL.fullmatch(text):
        if len(_HOURS) >= _MAX_HOURS:
            _HOURS.clear()
        in_hour = seconds % 3600
        _HOURS[text[:14]], _SECONDS[text[14:19]], _FRACTIONS[text[19:]] = seconds - in_hour, in_hour, 0


def _parse(text: str) -> int:
    # Between date and time, fromisoformat() takes any character, also the sign of an offset: 2026-11-29-05:00.
    if text[10:11] in _BETWEEN and text[11:13].isdecimal():
        try:
            moment = datetime.fromisoformat(text)
            zone = moment.tzinfo
            if zone is UTC or (zone and _is_offset(zone.utcoffset(None))):
                elapsed = moment - _UTC_EPOCH
                if elapsed.days >= 0:  # 0.2 µs less than timestamp(), which divides and rounds
                    return elapsed.days * _SECONDS_OF_DAY + elapsed.seconds
                return int(moment.timestamp())
            if zone is None:
                return LocalTime(moment.replace(tzinfo=UTC).timestamp())
        except (ValueError, OverflowError):
            pass
    text = " ".join(text.split()) if len(text) <= _LONGEST else ""
    if _NUMBER.fullmatch(text):
        return _from_number(text)
    for layout in _LAYOUTS:
        if match := layout.fullmatch(text):
            return _from_parts(match.groupdict())
    raise _UnreadableError(_TWELVE if _TWELVE_HOURS.search(text) else "")


_BETWEEN: Final = frozenset("T ")


def _is_offset(offset: timedelta | None) -> bool:
    """Return whether some place may be so far from UTC; fromisoformat() reads "+05.5" as 5 hours and half a second."""
    if offset is None or offset.microseconds or offset.seconds % 60:
        return False
    return -_FURTHEST <= offset <= _FURTHEST


_FURTHEST: Final = timedelta(minutes=_MAX_OFFSET)


def _from_number(text: str) -> int:
    integer_part = text.partition(".")[0]
    if "e" in text or "E" in text:
        seconds = int(float(text))
    elif len(integer_part) > _LONGEST_INTEGER:
        raise _UnreadableError()
    elif _DIGITS_OF_A_DATE.fullmatch(text):
        raise _UnreadableError(_WITHOUT_SEPARATORS)
    else:
        seconds = int(integer_part)
    for limit, unit in ((_NANOSECONDS, 10**9), (_MICROSECONDS, 10**6), (_MILLISECONDS, 10**3)):
        if abs(seconds) >= limit:
            seconds //= unit
            break
    if abs(seconds) >= _LAST_SECOND:
        raise _UnreadableError(_NO_UNIT if abs(seconds) < _MILLISECONDS else "")
    return seconds


def _from_parts(parts: Mapping[str, str | None]) -> int:
    """Return the moment of a layout's parts.

    :raises _UnreadableError: when there is no such day or time, the day of the week is another, or the zone is unknown.
    """
    month, weekday = parts["month"] or "", parts.get("weekday")
    hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
    year = int(parts["year"] or 0)
    if year < 100 and weekday:  # without the day of the week, day and year could be swapped
        year += 2000
    try:
        number = int(month) if month.isdigit() else _NUMBERS[month.lower()]
        moment = datetime(year, number, int(parts["day"] or 0), hour, minute, second, tzinfo=UTC)
        is_right_day = weekday is None or _NUMBERS[weekday.lower()] == moment.weekday()
    except (ValueError, KeyError):
        raise _UnreadableError() from None
    if year < _FIRST_YEAR or not is_right_day:
        raise _UnreadableError()
    seconds = int(moment.timestamp())
    return _in_named_zone(seconds, parts)


def _in_named_zone(seconds: int, parts: Mapping[str, str | None]) -> int:
    sign = parts.get("sign") or parts.get("short_sign")
    if sign:
        hours = int(parts["hours"] or parts["short_hours"] or 0)
        minutes = int(parts["minutes"] or parts["short_minutes"] or 0)
        offset = hours * 60 + minutes
        if minutes > 59 or offset > _MAX_OFFSET:
            raise _UnreadableError()
        offset = -offset if sign == "-" else offset
        repeated = parts["repeated"] or ""
        if repeated in _ZONE_NAMES and repeated not in _AMBIGUOUS and _ZONE_NAMES[repeated] * 60 != offset:
            raise _UnreadableError("it has two zones that contradict each other")
        return seconds - offset * 60
    name = (parts.get("name") or "").upper()
    if name in _ZONE_NAMES and name not in _AMBIGUOUS:
        return seconds - _ZONE_NAMES[name] * 3600
    if not name or name in _AMBIGUOUS:
        moment = LocalTime(seconds - _ZONE_NAMES.get(name, 0) * 3600)
        moment.zone_name = name
        return moment
    raise _UnreadableError(_TWELVE if name in ("AM", "PM") else _UNKNOWN_ZONE)


_WRITE: Final = "write 2026-11-29T15:00:00Z, or Unix seconds"
_TWELVE: Final = f"times with AM or PM aren't read; {_WRITE}"
_WITHOUT_SEPARATORS: Final = f"a date and time of digits alone aren't read; {_WRITE}"
_NO_UNIT: Final = (
    "its number of digits is that of no unit; until the year 2286, seconds have 10 digits, milliseconds 13,"
    " microseconds 16, and nanoseconds 19"
)
_UNKNOWN_ZONE: Final = (
    "the name of its zone has no fixed meaning; write the offset, as in 2026-11-29T15:00:00+09:00"
)


class _UnreadableError(ValueError):
    """A text names no one moment.  Its only argument is the reason; none if the text is no time at all."""


def _event_error(unreadable: _UnreadableError, path: str) -> EventError:
    reason = unreadable.args[0] if any(unreadable.args) else _WRITE
    return EventError.of(f"Event Time must be an ISO 8601 time or a Unix timestamp: {reason}.", path)
