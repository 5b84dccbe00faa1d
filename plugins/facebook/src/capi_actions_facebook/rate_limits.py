"""Meta's usage headers: slow down before the wall, wait out the time after it.

Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting (read 2026-11-23).
Percentages are of the quota; regain times come in minutes.
"""

import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

SLOW_DOWN_AT = 80.0  # percent
NEARLY_FULL = 95.0  # from here on the quota counts as used up
_SHORT_PAUSE, _LONG_PAUSE = 2.0, 30.0
_LONGEST = 24 * 3600.0
_MOST = 1e9  # more than any percentage, minutes or seconds that mean something


def wait_after_refusal(headers: Mapping[str, str], *, throttled: bool) -> float | None:
    """Give the seconds to wait after a request that was not taken, when a header says so.

    :param throttled: Meta said that there were too many requests; False for a passing fault.
    """
    minutes = (_number(each.get("estimated_time_to_regain_access")) for each in _business_records(headers))
    waits = [60 * each for each in minutes if each > 0]
    retry_after = _retry_after(headers.get("retry-after", ""))
    if retry_after is not None:
        waits.append(retry_after)
    account = _object(headers, "x-ad-account-usage")
    share, reset = _number(account.get("acc_id_util_pct")), _number(account.get("reset_time_duration"))
    # Every answer tells when the account's usage starts from nought again.  That is a time to wait for
    # only when the usage is the obstacle; a minutes-long fault at 10 percent mustn't stop us for an hour.
    if reset > 0 and (throttled or share >= NEARLY_FULL):
        waits.append(reset)
    return min(max(waits), _LONGEST) if waits else None


def wait_after_success(headers: Mapping[str, str]) -> float | None:
    """Give the seconds to wait before the next request, when the quota is nearly used up."""
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
    lists = [each for each in by_id.values() if isinstance(each, list)]
    return [record for records in lists for record in records if isinstance(record, dict)]


def _object(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        found = json.loads(headers.get(name, "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    """Read a number from 0 to a billion; 0 for whatever isn't one.  An integer may be too long for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0.0
    return float(min(max(value, 0), _MOST))


def _retry_after(text: str) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError, IndexError, OverflowError):  # the last by a time zone of many digits
        return None
