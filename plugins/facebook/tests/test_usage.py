"""Usage headers: slowing down before the wall, waiting after it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.testing import json_values
from capi_actions_facebook.usage import wait_after_refusal, wait_after_success


def _business(**record: Any) -> dict[str, str]:
    return {"x-business-use-case-usage": json.dumps({"1234": [record]})}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        (_business(estimated_time_to_regain_access=5), 300.0),
        (_business(estimated_time_to_regain_access=0), None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "soon"}, None),
        ({"x-ad-account-usage": '{"acc_id_util_pct":100,"reset_time_duration":42}'}, 42.0),
        ({**_business(estimated_time_to_regain_access=1), "retry-after": "90"}, 90.0),
        (_business(estimated_time_to_regain_access=10**9), 86_400.0),
    ],
)
def test_after_a_refusal_the_longest_wait_counts(headers: dict[str, str], seconds: float | None) -> None:
    """Regain times come in minutes; no header can stop a destination for longer than a day."""
    assert seconds == wait_after_refusal(headers)


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({}, False),
        ({"x-app-usage": '{"call_count":79,"total_time":10,"total_cputime":1}'}, False),
        ({"x-app-usage": '{"call_count":10,"total_time":85,"total_cputime":1}'}, True),
        ({"x-ad-account-usage": '{"acc_id_util_pct":97.5}'}, True),
        (_business(call_count=99), True),
    ],
)
def test_near_the_limit_the_next_request_waits(headers: dict[str, str], waits: bool) -> None:
    """Throttling that never happens costs nothing."""
    assert waits is (wait_after_success(headers) is not None)


def test_a_date_as_retry_after_counts_from_now() -> None:
    """HTTP allows both forms; a date in the past means no wait."""
    assert wait_after_refusal({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


@given(
    json_values(),
    st.sampled_from(["x-app-usage", "x-ad-account-usage", "x-business-use-case-usage", "retry-after"]),
)
def test_odd_headers_do_no_harm(value: Any, name: str) -> None:
    """Nobody promises their form."""
    for text in (json.dumps(value), json.dumps({"1": [value]}), json.dumps({"reset_time_duration": value})):
        wait = wait_after_refusal({name: text})
        assert wait is None or 0 <= wait <= 86_400
        wait_after_success({name: text})
