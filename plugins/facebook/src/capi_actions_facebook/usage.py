"""Meta's usage headers: slow down before the wall, wait out the time after it.

Source: ``graph-api.md`` §5.4 (https://developers.facebook.com/docs/graph-api/overview/rate-limiting,
read 2026-11-23).  Percentages are of the quota; regain times come in minutes.
"""

import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, TypeGuard

SLOW_DOWN_AT = 80.0  # percent
NEARLY_FULL = 95.0  # from here on the quota counts as used up
_SHORT_PAUSE, _LONG_PAUSE = 2.0, 30.0
_LONGEST = 24 * 3600.0


def wait_after_refusal(headers: Mapping[str, str], *, throttled: bool) -> float | None:
    """Give the seconds to wait after a request that was not taken, when a header says so.

    :param throttled: Meta said that there were too many requests; False for a passing fault.
    """
    waits = [minutes * 60 for minutes in _regain_minutes(headers)]
    retry_after = _retry_after(headers.get("retry-after", ""))
    if retry_after is not None:
        waits.append(retry_after)
    account = _object(headers, "x-ad-account-usage")
    share, reset = account.get("acc_id_util_pct"), account.get("reset_time_duration")
    # Every answer tells when the account's usage starts from nought again.  That is a time to wait for
    # only when the usage is the obstacle; a minutes-long fault at 10 percent mustn't stop us for an hour.
    is_full = throttled or (_is_number(share) and share >= NEARLY_FULL)
    if is_full and _is_number(reset) and reset > 0:
        waits.append(float(reset))
    return min(max(waits), _LONGEST) if waits else None


def wait_after_success(headers: Mapping[str, str]) -> float | None:
    """Give the seconds to wait before the next request, when the quota is nearly used up."""
    used = max(_percentages(headers), default=0.0)
    if used >= NEARLY_FULL:
        return _LONG_PAUSE
    return _SHORT_PAUSE if used >= SLOW_DOWN_AT else None


def _percentages(headers: Mapping[str, str]) -> Iterator[float]:
    records = [_object(headers, "x-app-usage"), *_business_records(headers)]
    for record in records:
        for key in ("call_count", "total_cputime", "total_time"):
            if _is_number(record.get(key)):
                yield float(record[key])
    share = _object(headers, "x-ad-account-usage").get("acc_id_util_pct")
    if _is_number(share):
        yield float(share)


def _regain_minutes(headers: Mapping[str, str]) -> Iterator[float]:
    for record in _business_records(headers):
        minutes = record.get("estimated_time_to_regain_access")
        if _is_number(minutes) and minutes > 0:
            yield float(minutes)


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


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _retry_after(text: str) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError, IndexError):
        return None
