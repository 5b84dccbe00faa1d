"""Meta's rate limits: how long to wait, by the usage headers of its responses.

Source: "rate limits" in ``docs/reference/sources.md``.  Percentages are of the quota; regain times are in
minutes.
"""

import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

SLOW_DOWN_AT = 80.0  # percent
NEARLY_FULL = 95.0  # from here on the quota counts as used up
_SHORT_PAUSE, _LONG_PAUSE = 2.0, 30.0
_LONGEST_WAIT = 24 * 3600.0
_LARGEST_NUMBER = 1e9  # more than any percentage, minutes or seconds that mean something


def wait_after_refusal(headers: Mapping[str, str], *, throttled: bool) -> float | None:
    """Return the seconds to wait after a refused request, or None when no header names a time.

    :param throttled: True when Meta refused it for too many requests, False for a temporary fault.
    """
    records = _business_records(headers)
    regain_minutes = (_number(record.get("estimated_time_to_regain_access")) for record in records)
    waits = [60 * minutes for minutes in regain_minutes if minutes > 0]
    retry_after = _retry_after(headers.get("retry-after", ""))
    if retry_after is not None:
        waits.append(retry_after)
    account = _object(headers, "x-ad-account-usage")
    used, reset = _number(account.get("acc_id_util_pct")), _number(account.get("reset_time_duration"))
    # Every response names the seconds until the account's usage is reset.  They are a time to wait only
    # when the usage is the reason; a fault of minutes at 10 percent mustn't stop us for an hour.
    if reset > 0 and (throttled or used >= NEARLY_FULL):
        waits.append(reset)
    return min(max(waits), _LONGEST_WAIT) if waits else None


def wait_after_success(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait before the next request when the quota is nearly used up, else None."""
    used = max(_percentages(headers), default=0.0)
    if used >= NEARLY_FULL:
        return _LONG_PAUSE
    return _SHORT_PAUSE if used >= SLOW_DOWN_AT else None


def _percentages(headers: Mapping[str, str]) -> Iterator[float]:
    for record in (_object(headers, "x-app-usage"), *_business_records(headers)):
        for key in ("call_count", "total_cputime", "total_time"):
            yield _number(record.get(key))
    yield _number(_object(headers, "x-ad-account-usage").get("acc_id_util_pct"))


def _business_records(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    by_id = _object(headers, "x-business-use-case-usage")
    lists = [records for records in by_id.values() if isinstance(records, list)]
    return [record for records in lists for record in records if isinstance(record, dict)]


def _object(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(headers.get(name, "{}"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    """Return a number from 0 to a billion, 0 for anything else.  An integer may be too long for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0.0
    return float(min(max(value, 0), _LARGEST_NUMBER))


def _retry_after(text: str) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError, IndexError, OverflowError):  # the last by a time zone of many digits
        return None
