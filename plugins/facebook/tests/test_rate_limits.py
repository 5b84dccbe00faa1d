"""Usage headers: slowing down before the wall, waiting after it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.testing import json_values
from capi_actions_facebook.rate_limits import wait_after_refusal, wait_after_success


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
    assert seconds == wait_after_refusal(headers, throttled=True)


@pytest.mark.parametrize(
    ("share", "throttled", "seconds"),
    [
        (9.67, False, None),
        (94.9, False, None),
        (95, False, 3600.0),
        (100, False, 3600.0),
        (9.67, True, 3600.0),
    ],
)
def test_the_accounts_reset_counts_only_when_its_usage_is_the_obstacle(
    share: float, throttled: bool, seconds: float | None
) -> None:
    """Each answer names it: after a passing fault it says nothing of when that is over."""
    usage = {"acc_id_util_pct": share, "reset_time_duration": 3600}

    assert seconds == wait_after_refusal({"x-ad-account-usage": json.dumps(usage)}, throttled=throttled)


def test_a_reset_without_a_share_counts_only_when_throttled() -> None:
    """Nothing then says that the account's usage is the obstacle, but the verdict."""
    headers = {"x-ad-account-usage": '{"reset_time_duration":60}'}

    assert wait_after_refusal(headers, throttled=False) is None
    assert wait_after_refusal(headers, throttled=True) == 60


@pytest.mark.parametrize("headers", [{"retry-after": "120"}, _business(estimated_time_to_regain_access=2)])
def test_what_meta_asks_for_counts_after_a_passing_fault_too(headers: dict[str, str]) -> None:
    """Both say how long, and are sent only when there is something to wait for."""
    assert wait_after_refusal(headers, throttled=False) == 120


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
    assert wait_after_refusal({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, throttled=True) == 0.0


LONG = 10**400  # as a float it would overflow
APP, ACCOUNT, BUSINESS = "x-app-usage", "x-ad-account-usage", "x-business-use-case-usage"


@pytest.mark.parametrize("number", [LONG, float("inf"), 1e308])
def test_a_number_beyond_measure_counts_as_much_and_does_no_harm(number: float) -> None:
    """An error here would look like a fault of the plugin, and pause the destination."""
    for headers in (
        {APP: json.dumps({"call_count": number})},
        {ACCOUNT: json.dumps({"acc_id_util_pct": number})},
        _business(total_time=number),
    ):
        assert wait_after_success(headers) == wait_after_success({APP: '{"call_count":100}'})
    for headers in (
        {ACCOUNT: json.dumps({"reset_time_duration": number})},
        _business(estimated_time_to_regain_access=number),
        {"retry-after": str(LONG)},
    ):
        assert wait_after_refusal(headers, throttled=True) == 86_400.0


@pytest.mark.parametrize(
    "number", [-LONG, -1, 0, float("nan"), float("-inf"), True, "97", None, [97], {"a": 97}]
)
def test_what_is_no_quantity_counts_as_nothing(number: Any) -> None:
    """Neither as a percentage nor as a time."""
    for headers in (
        {APP: json.dumps({"call_count": number})},
        {ACCOUNT: json.dumps({"acc_id_util_pct": number, "reset_time_duration": number})},
        _business(total_time=number, estimated_time_to_regain_access=number),
    ):
        assert wait_after_success(headers) is None
        assert wait_after_refusal(headers, throttled=True) is None


def test_a_number_that_is_none_hides_no_other() -> None:
    """NaN is neither more nor less than anything, and comes first here."""
    assert wait_after_success({APP: '{"call_count":NaN,"total_cputime":99}'}) == 30.0


KEYS = [
    *("call_count", "total_cputime", "total_time"),
    *("acc_id_util_pct", "reset_time_duration", "estimated_time_to_regain_access"),
]
ODD_NUMBERS = st.floats() | st.integers() | st.integers(-9, 9).map(lambda number: LONG * number)
ODD_VALUES = ODD_NUMBERS | st.lists(ODD_NUMBERS, max_size=2) | json_values(3)
ODD_RECORDS = ODD_VALUES | st.dictionaries(st.sampled_from(KEYS), ODD_VALUES, max_size=4)
ODD_TEXTS = st.sampled_from(
    [
        "Wed, 21 Oct 2015 07:28:00 +99999999999999999999",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        '{"call_count":1' + "0" * 5_000 + "}",  # more digits than Python reads
        "[" * 100_000,
    ]
)


@given(
    st.sampled_from([APP, ACCOUNT, BUSINESS, "retry-after"]),
    ODD_RECORDS.map(json.dumps)
    | ODD_RECORDS.map(lambda record: json.dumps({"1": [record]}))
    | ODD_NUMBERS.map(str)
    | ODD_TEXTS,
    st.booleans(),
)
def test_odd_headers_do_no_harm(name: str, text: str, throttled: bool) -> None:
    """Nobody promises their form: long integers, NaN, wrong types at any depth."""
    wait = wait_after_refusal({name: text}, throttled=throttled)

    assert wait is None or 0 <= wait <= 86_400
    assert wait_after_success({name: text}) in (None, 2.0, 30.0)
