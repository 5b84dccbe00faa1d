"""Checks of an event's time: neither too old nor in the future ("server event" in ``docs/reference/sources.md``)."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from capi_actions_sandbox.checks.shape import wrong_value
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

DAY = 86_400
MAX_AGE = 7 * DAY
MAX_AGE_IN_STORE = 62 * DAY


def unix_time(value: object) -> float | None:
    """Return an event time as Unix seconds, or None when it can't be read.

    It is read as Unix seconds (a number or digits) or as ISO 8601, UTC when it names no zone.  Numbers are seconds
    whatever their size, so that milliseconds lie in the future, as with Meta.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    except ValueError:
        return _iso(str(value))
    return seconds if math.isfinite(seconds) else None


def _iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def check_time(event: Mapping[str, Any], index: int, now: float, options: SandboxOptions) -> Failure | None:
    """Refuse what is too old (2804003) or in the future (2804004)."""
    time = unix_time(event["event_time"])
    if time is None:
        return wrong_value("a Unix timestamp", index, "event_time")
    age = now - time
    if age > (MAX_AGE_IN_STORE if event["action_source"] == "physical_store" else MAX_AGE):
        return refuse_event(2804003, index)
    if age < -options.future_tolerance:
        return refuse_event(2804004, index)
    return None
