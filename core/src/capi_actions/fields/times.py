"""What counts as a point in time."""

import re
from datetime import datetime

LAST_MILLISECOND = 253_402_300_799_999
"""The end of the year 9999: later numbers are microseconds, or nonsense."""

_UNIX = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_LONGEST = 64  # characters; the longest sensible ISO text has 35


def is_time(value: str | int | float) -> bool:
    """Say whether a value is ISO 8601 text or a Unix time in seconds or milliseconds.

    >>> [is_time(each) for each in ("2024-05-01T12:34:56.789Z", "2024-05-01", 1714566896, "1714566896789")]
    [True, True, True, True]
    >>> [is_time(each) for each in ("2024-02-30", "May 5", "01/02/2024", True, float("nan"))]
    [False, False, False, False, False]
    """
    if isinstance(value, str):
        return is_iso(value) or _is_written_otherwise(value)
    return not isinstance(value, bool) and -LAST_MILLISECOND <= value <= LAST_MILLISECOND


def is_iso(text: str) -> bool:
    """Say whether a text is a date, or a date and a time, in ISO 8601 as Python reads it."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_written_otherwise(text: str) -> bool:
    """Look again at what has spaces around it, small letters, or only digits."""
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    if _UNIX.fullmatch(text):
        return is_time(float(text))
    return is_iso(text.upper())
