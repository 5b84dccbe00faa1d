"""When an event happened."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_sandbox import SandboxOptions, check_events
from capi_actions_sandbox.checks.times import unix_time

NOW = 1_795_000_000.0
DAY = 86_400
Subcode = Callable[..., int | None]


@pytest.mark.parametrize(("source", "days"), [("website", 7), ("email", 7), ("physical_store", 62)])
def test_an_event_is_too_old_after_its_days(subcode: Subcode, source: str, days: int) -> None:
    """Seven days; 62 in a shop."""
    assert subcode(action_source=source, event_time=int(NOW) - days * DAY) is None
    assert subcode(action_source=source, event_time=int(NOW) - days * DAY - 1) == 2804003


def test_an_event_may_be_a_little_ahead(subcode: Subcode) -> None:
    """How far isn't documented, so it is a switch."""
    assert subcode(event_time=int(NOW) + 60) is None
    assert subcode(event_time=int(NOW) + 61) == 2804004
    assert subcode(SandboxOptions(future_tolerance=3600), event_time=int(NOW) + 3600) is None
    assert (
        subcode(
            SandboxOptions.strict(strict_user_agent=False, strict_source_url=False), event_time=int(NOW) + 1
        )
        == 2804004
    )


def test_milliseconds_lie_in_the_future(subcode: Subcode) -> None:
    """The commonest mistake with times, and what Meta makes of it."""
    assert subcode(event_time=int(NOW) * 1000) == 2804004


@given(
    st.datetimes(datetime(2026, 11, 15), datetime(2026, 11, 17)),
    st.integers(-12, 14),
)
def test_iso_times_of_any_zone_are_read(moment: datetime, hours: int) -> None:
    """Meta converts ISO 8601 itself; without a zone it is UTC."""
    zoned = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert unix_time(zoned.isoformat()) == zoned.timestamp()
    assert unix_time(moment.isoformat()) == moment.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1795000000, 1795000000),
        (1795000000.5, 1795000000.5),
        ("1795000000", 1795000000),
        ("2026-11-18T10:26:40Z", 1794997600),
        ("2026-11-18T10:26:40.250Z", 1794997600.25),
        ("2026-11-18", 1794960000),
        (True, None),
        ("yesterday", None),
        ("nan", None),
        ("1e999", None),
        (float("nan"), None),
        (10**400, None),
        ([1], None),
        ({}, None),
        ("9999-12-31T23:59:59-14:00", 253402351199.0),
        ("0001-01-01T00:00:00+14:00", -62135647200.0),
    ],
)
def test_a_time_is_a_number_or_iso(value: Any, seconds: float | None) -> None:
    """And nothing else, however odd."""
    assert unix_time(value) == seconds


@pytest.mark.parametrize("value", ["soon", True, "nan", 10**400])
def test_what_is_no_time_is_refused(make_event: Callable[..., dict[str, Any]], value: Any) -> None:
    """With the place of the parameter; the wording is ours."""
    failure = check_events([make_event(event_time=value)], NOW, SandboxOptions())
    assert failure is not None
    assert failure.msg == "The parameter $['data'][0]['event_time'] must be a Unix timestamp"
