"""Correct the time of an event by the clock of the device that sent it.

The device's clock may be wrong, but the time between its event and its request is right:
``timestamp = receivedAt - (sentAt - originalTimestamp)``.  Source: https://segment.com/docs/connections/spec/common/,
"Timestamps" (read 2026-11-30).
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_MAX_AGE = 10 * 365 * 86_400.0  # seconds between event and request: more is no clock's fault


def parse_zoned_time(value: Any) -> datetime | None:
    """Return an ISO 8601 text with a zone as a time; None for anything else."""
    if type(value) is not str or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def format_time(seconds: float) -> str:
    """Return Unix seconds as ISO 8601 text in UTC, with milliseconds."""
    return _format_milliseconds(round(seconds * 1e6) // 1_000)


@lru_cache(maxsize=16)  # a busy server has several requests in a millisecond: 1 µs less for each
def _format_milliseconds(time: int) -> str:
    second, milliseconds = divmod(time, 1_000)
    return f"{datetime.fromtimestamp(second, UTC).isoformat()[:-6]}.{milliseconds:03}Z"


def corrected_time(original: Any, sent_at: datetime, received: float) -> str | None:
    """Return an event's time by the server's clock; None if it can't be told.

    An event that the device sent before it happened happened when it was received.

    :param original: when it happened by the device's clock, as the event says.
    :param sent_at: when it was sent by the same clock.
    :param received: when it was received, Unix seconds.
    """
    happened = parse_zoned_time(original)
    if happened is None:
        return None
    age = (sent_at - happened).total_seconds()
    return format_time(received - max(age, 0.0)) if age < _MAX_AGE else None
