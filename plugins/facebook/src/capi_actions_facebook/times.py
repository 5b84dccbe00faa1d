"""Event times: whatever libraries send, as whole Unix seconds."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from capi_actions import EventError

# Beyond these, a number of seconds would lie after the year 5138, so it counts smaller units.
_MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 10**11, 10**14, 10**17


def unix_seconds(text: str) -> int:
    """Read an event time.

    Takes ISO 8601 (without a zone: UTC), Unix seconds, milliseconds, microseconds or nanoseconds,
    and RFC 2822 dates.  Fractions are cut off.

    :raises EventError: when it is none of these.
    """
    try:
        moment = datetime.fromisoformat(text) if not text.isdecimal() else None
    except ValueError:
        moment = None
    return _seconds(moment) if moment else _from_number(text)


def _seconds(moment: datetime) -> int:
    try:
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (OverflowError, ValueError):
        raise _wrong() from None


def _from_number(text: str) -> int:
    try:
        number = float(text)
        seconds = int(text) if text.isdecimal() else int(number)
    except (ValueError, OverflowError):
        return _from_mail_date(text)
    for limit, unit in ((_NANOSECONDS, 10**9), (_MICROSECONDS, 10**6), (_MILLISECONDS, 10**3)):
        if abs(seconds) >= limit:
            return seconds // unit
    return seconds


def _from_mail_date(text: str) -> int:
    try:
        return _seconds(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        raise _wrong() from None


def _wrong() -> EventError:
    return EventError.of(
        "Event Time must be an ISO 8601 time or a Unix timestamp but it was something else.", "$.event_time"
    )
