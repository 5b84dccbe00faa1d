"""Event times, click ids and currencies: what events bring, as Meta takes it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError
from capi_actions_facebook.values import currency_code, fbc_from_url, is_click_id, unix_seconds

CLICK_IDS = st.text("abcdefXYZ0189_-", min_size=1, max_size=60)
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
def test_known_times(text: str, seconds: int) -> None:
    """Computed with `date -d`."""
    assert seconds == unix_seconds(text)


@given(
    st.text()
    | st.sampled_from(
        ["", "now", "NaN", "inf", "1e999", "9" * 5000, "2026-13-45", "٣", "0001-01-01T00:00+23:59"]
    )
)
def test_any_other_time_is_an_event_error(text: str) -> None:
    """A nonsense time must be said clearly, and never with the text itself."""
    try:
        unix_seconds(text)
    except EventError as error:
        assert error.path == "$.event_time"
        assert "Event Time must be an ISO 8601 time or a Unix timestamp" in error.message


@pytest.mark.parametrize("text", ["", "now", "NaN", "1e999", "2026-13-45", "yesterday"])
def test_a_nonsense_time_is_refused(text: str) -> None:
    """Pin some of what the property above allows but doesn't ask for."""
    with pytest.raises(EventError):
        unix_seconds(text)


@given(CLICK_IDS, st.integers(10**9, 2 * 10**9))
def test_the_click_id_is_never_altered(fbclid: str, seen: int) -> None:
    """It is case-sensitive; a changed one is what Meta's diagnostics complain about most."""
    fbc = fbc_from_url(f"https://shop.example/p?a=1&fbclid={fbclid}&b=2#top", seen)

    assert f"fb.1.{seen}000.{fbclid}" == fbc
    assert is_click_id(str(fbc))


@given(st.text())
def test_any_url_gives_a_good_click_id_or_none(url: str) -> None:
    """URLs come from browsers and are written by strangers."""
    for text in (url, f"https://a.example/?fbclid={url}"):
        fbc = fbc_from_url(text, 1_700_000_000)
        assert fbc is None or is_click_id(fbc)


@pytest.mark.parametrize(
    "url", ["", "https://a.example/", "https://a.example/?fbclid=", "http://[", "?xfbclid=a"]
)
def test_without_a_click_id_there_is_none(url: str) -> None:
    """A key that only ends like it isn't it."""
    assert fbc_from_url(url, 1_700_000_000) is None


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890", True),
        ("fb.2.1554763741205.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk", True),
        ("fb.1.1554763741205.IwAR2F4.AQICAQMC", True),
        ("fb.3.1554763741205.a", False),
        ("fb.1.today.a", False),
        ("fb.1.1554763741205.", False),
        ("fb.1.1554763741205.a b", False),
        ("IwAR2F4", False),
        ("fb.1.1554763741205.a\n", False),
    ],
)
def test_known_click_ids(text: str, good: bool) -> None:
    """The form of the docs, with and without the parameter builder's appendix."""
    assert good is is_click_id(text)


@pytest.mark.parametrize(("text", "code"), [("EUR", "EUR"), ("usd", "USD"), (" Jpy ", "JPY")])
def test_currencies_in_any_case(text: str, code: str) -> None:
    """The reference refuses `usd`."""
    assert code == currency_code(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FAKE", "FAKE is not a valid currency code."),
        ("jane@example.com", "This is not a valid currency code."),
    ],
)
def test_a_wrong_currency_is_named_unless_it_may_be_personal(text: str, message: str) -> None:
    """Anything can stand in the wrong field."""
    with pytest.raises(EventError) as caught:
        currency_code(text)

    assert caught.value.message == message
