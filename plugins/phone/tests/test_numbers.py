"""International numbers, and the countries of events."""

from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.testing import events, json_values
from capi_actions_phone import international
from capi_actions_phone.countries import country_code, likely_countries


@pytest.mark.parametrize(
    ("text", "countries", "number"),
    [
        ("0660 123 45 67", ["AT"], "+436601234567"),
        ("(415) 555-2671", ["US"], "+14155552671"),
        ("+43 660 1234567", ["US"], "+436601234567"),
        (" +43 (0) 660 1234567", [], "+436601234567"),
        ("0043/660/1234567", [], "+436601234567"),
        ("436601234567", [], "+436601234567"),
        ("436601234567", ["US"], "+436601234567"),
        ("06 12 34 56 78", ["US", "FR"], "+33612345678"),
        ("06 12 34 56 78", ["nowhere", "FR"], "+33612345678"),
        ("06 12 34 56 78", [], None),
        ("415-555-2671 x33", ["US"], "+14155552671"),
        ("1", ["US"], None),
        ("000", ["US"], None),
        ("call me", ["US"], None),
        ("", ["US"], None),
        ("0" * 61, ["US"], None),
        ("a" * 64, ["US"], None),
    ],
)
def test_known_answers(text: str, countries: list[str], number: str | None) -> None:
    """As people write numbers; what exists nowhere is none."""
    assert number == international(text, countries)


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.booleans())
def test_a_national_number_of_any_country_becomes_its_own_number(region: str, spaces: bool) -> None:
    """The library's example of a mobile number, written as people do there."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    text = written if spaces else written.replace(" ", "")

    assert international(text, [region]) == phonenumbers.format_number(
        example, phonenumbers.PhoneNumberFormat.E164
    )


@given(
    st.text() | st.from_regex(r"\+?[0-9 ()./-]{3,20}", fullmatch=True),
    st.lists(st.text(max_size=3), max_size=3),
)
def test_any_text_gives_a_number_or_none(text: str, countries: list[str]) -> None:
    """And a number stays what it is."""
    number = international(text, countries)

    if number is not None:
        assert number[0] == "+" and number[1:].isascii() and number[1:].isdecimal()
        assert number == international(number, countries) == international(number)


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("AT", "AT"),
        ("at", "AT"),
        (" Austria ", "AT"),
        ("österreich", "AT"),
        ("オーストリア", "AT"),
        ("UK", "GB"),
        ("USA", "US"),
        ("United States", "US"),
        ("Atlantis", None),
        ("", None),
        ("x" * 81, None),
        (43, None),
        (None, None),
        ({}, None),
    ],
)
def test_countries_are_known_by_code_and_name(country: Any, code: str | None) -> None:
    """Forms ask for a country in the visitor's language."""
    assert code == country_code(country)


@pytest.mark.parametrize(
    ("event", "countries"),
    [
        ({"traits": {"address": {"country": "Austria"}}}, ["AT"]),
        ({"context": {"traits": {"address": {"country": "AT"}}, "locale": "en-US"}}, ["AT", "US"]),
        ({"properties": {"shipping_address": {"country": "DE"}}}, ["DE"]),
        ({"context": {"locale": "zh_Hant-TW"}}, ["TW"]),
        ({"context": {"locale": "de"}}, []),
        ({"context": {"locale": "de-AT", "headers": {"CF-IPCountry": "CH"}}}, ["AT", "CH"]),
        ({"context": {"ip_country": "CH", "location": {"country": "Italy"}}}, ["CH", "IT"]),
        ({"context": {"headers": {"cf-ipcountry": 5, "host": "AT"}}}, []),
        ({"context": {"headers": ["CF-IPCountry"]}, "traits": "AT"}, []),
        ({}, []),
    ],
)
def test_an_event_s_countries_come_with_the_surest_first(event: Any, countries: list[str]) -> None:
    """The address that somebody wrote, then the language, then where the request came from."""
    assert countries == list(likely_countries(event))


@given(events() | json_values())
def test_any_event_has_countries_of_two_letters(event: Any) -> None:
    """Or none."""
    assert all(len(code) == 2 and code == code.upper() for code in likely_countries(event))
