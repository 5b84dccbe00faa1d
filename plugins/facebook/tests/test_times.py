"""Event times: what libraries send, as whole Unix seconds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError
from capi_actions_facebook.values import unix_seconds

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_all_spellings_of_a_moment_are_one_second(moment: datetime) -> None:
    """ISO 8601 and Unix time in any unit name the same moment; fractions are cut off."""
    seconds = int(moment.timestamp())
    spellings = [
        moment.isoformat(),
        moment.isoformat().replace("+00:00", "Z"),
        moment.isoformat().replace("+00:00", ""),
        str(seconds),
        f"{seconds}.25",
    ]

    assert {seconds} == {unix_seconds(text) for text in spellings}


@given(st.integers(10**9, 4 * 10**9))
def test_smaller_units_count(seconds: int) -> None:
    """A number too large for seconds counts milliseconds, microseconds or nanoseconds."""
    assert {seconds} == {unix_seconds(str(seconds * unit)) for unit in (10**3, 10**6, 10**9)}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T17:24:12.560+00:00", 1795454652),
        ("2026-11-23T19:24:12+02:00", 1795454652),
        ("2026-11-23 17:24:12", 1795454652),
        ("20261123T172412Z", 1795454652),
        ("Mon, 23 Nov 2026 17:24:12 GMT", 1795454652),
        ("1631210000", 1631210000),
        ("-1", -1),
    ],
)
def test_known_answers(text: str, seconds: int) -> None:
    """Computed with `date -d`."""
    assert seconds == unix_seconds(text)


@given(
    st.text()
    | st.sampled_from(
        ["", "now", "NaN", "inf", "1e999", "9" * 5000, "2026-13-45", "٣", "0001-01-01T00:00+23:59"]
    )
)
def test_anything_else_is_an_event_error(text: str) -> None:
    """A nonsense time must be said clearly, and never with the text itself."""
    try:
        unix_seconds(text)
    except EventError as error:
        assert error.path == "$.event_time"
        assert "Event Time must be an ISO 8601 time or a Unix timestamp" in error.message


@pytest.mark.parametrize("text", ["", "now", "NaN", "1e999", "2026-13-45", "yesterday"])
def test_nonsense_is_refused(text: str) -> None:
    """Pin some of what the property above allows but doesn't ask for."""
    with pytest.raises(EventError):
        unix_seconds(text)
