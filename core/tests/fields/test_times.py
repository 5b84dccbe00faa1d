"""Points in time: accepted or refused, never changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.fields import compile_fields
from capi_actions.model import Field

Clean = Callable[..., Any]
Refusal = Callable[..., str]

CHECK = compile_fields({"a": Field(type="datetime")})
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=st.none() | ZONES), st.sampled_from("T "))
def test_every_moment_in_iso_8601_passes(moment: datetime, separator: str) -> None:
    """With and without zone and fraction."""
    text = moment.isoformat(separator)

    assert {"a": text} == CHECK({"a": text})


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_unix_time_passes(moment: datetime) -> None:
    """In seconds or milliseconds, as a number or as text."""
    for time in (moment.timestamp(), int(moment.timestamp()), int(moment.timestamp() * 1000)):
        assert {"a": time} == CHECK({"a": time})
    assert {"a": str(int(moment.timestamp()))} == CHECK({"a": str(int(moment.timestamp()))})


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T12:34:56.789Z",
        "2024-05-01t12:34:56z",
        "2024-05-01T12:34:56.123456789+0200",
        " 2024-05-01 ",
        "20240501",
        "2024-W18-3",
        "2024",
        "1714566896.789",
        "-1",
    ],
)
def test_other_forms_of_iso_8601_and_unix_time_pass(clean: Clean, text: str) -> None:
    """As they are: the action converts."""
    assert text == clean(text, type="datetime")


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "2024-13-01",
        "2024-05-01T25:00:00Z",
        "01/02/2024",
        "May 5",
        "foo 1",
        "now",
        "1,5",
        "1e3",
        "NaN",
        "٢٠٢٤",
        " ",
        "17145668967890000",
        "9" * 10_000_000,
        "2024-05-01" + " " * 100 + "x",
    ],
)
def test_nonsense_is_refused(refusal: Refusal, value: str) -> None:
    """A purchase in February's thirtieth would be refused by the platform, later and less clearly."""
    sentence = "$.a: A must be a date and time in ISO 8601 or a Unix time but it was not."
    assert sentence == refusal(value, type="datetime")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "a boolean"),
        (1714566896789000, "a number"),
        (1e300, "a number"),
        (float("nan"), "not a finite number"),
    ],
)
def test_other_values_are_refused(refusal: Refusal, value: Any, words: str) -> None:
    """Microseconds are beyond the year 9999 when read as milliseconds."""
    assert f"a Unix time but it was {words}." in refusal(value, type="datetime")


def test_an_empty_string_is_no_time_at_all(clean: Clean) -> None:
    """At any depth: there is nothing to refuse."""
    assert clean("", type="datetime") == "absent"
    fields = {"t": {"type": "datetime"}}
    assert clean([{"t": ""}], type="object", multiple=True, properties=fields) == [{}]
