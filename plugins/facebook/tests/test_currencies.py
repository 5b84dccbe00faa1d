"""Which currencies are sent, which are refused, and what is said about each."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Plugins
from capi_actions.testing import build_item
from capi_actions_facebook import currencies
from capi_actions_facebook.currencies import currency_code, is_accepted, notice, refusal
from capi_actions_facebook.mapping_lint import lint_mapping

META: dict[str, Any] = json.loads(
    Path(__file__).parents[3].joinpath("tests/data/meta/currencies.json").read_text(encoding="utf-8")
)


def test_meta_s_lists_decide() -> None:
    """What any of them names is sent without a word, unless ISO 4217 has withdrawn it since."""
    listed = {code for key in META if isinstance(META[key], list) for code in META[key]} - {"MRU"}

    assert listed - currencies.WITHDRAWN.keys() == currencies.LISTED_BY_META
    assert set(META["known_rejected_by_capi"]) == currencies.REFUSED_BY_META


def test_each_code_is_of_one_kind() -> None:
    """No code is accepted and withdrawn, and what took the place of another is still there."""
    kinds = [set(currencies.ISO_4217), set(currencies.NO_MONEY), set(currencies.WITHDRAWN)]

    assert sum(map(len, kinds)) == len(set().union(*kinds))
    assert set(currencies.WITHDRAWN.values()) <= currencies.ISO_4217
    assert currencies.WITHDRAWN_ON.keys() <= currencies.WITHDRAWN.keys()
    assert all(len(code) == 3 and code.isupper() for kind in kinds for code in kind)


@pytest.mark.parametrize(
    ("text", "code"),
    [("EUR", "EUR"), ("usd", "USD"), (" Jpy ", "JPY"), ("XCG", "XCG"), ("zwg", "ZWG"), ("KWD", "KWD")],
)
def test_currencies_in_any_case(text: str, code: str) -> None:
    """The reference refuses `usd`, and those that are newer than its list."""
    assert code == currency_code(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FAKE", "FAKE is not a valid currency code."),
        (
            "jane@example.com",
            "a currency is written as three letters of ISO 4217, such as EUR; this is something else",
        ),
        ("€", "a currency is written as three letters of ISO 4217, such as EUR; this is something else"),
        (
            "Euro in cash",
            "a currency is written as three letters of ISO 4217, such as EUR; this is something else",
        ),
        ("XXX", "XXX is a code of ISO 4217 that names no money: write the order's currency, such as EUR"),
        ("xts", "XTS is a code of ISO 4217 that names no money: write the order's currency, such as EUR"),
        ("XAU", "XAU is a code of ISO 4217 that names no money: write the order's currency, such as EUR"),
        ("DEM", "DEM is withdrawn: EUR took its place"),
        ("HRK", "HRK is withdrawn since 2023-01-01: EUR took its place"),
        ("BGN", "BGN is withdrawn since 2026-01-01: EUR took its place"),
        ("ANG", "ANG is withdrawn since 2025-03-31: XCG took its place"),
        ("ZWL", "ZWL is withdrawn since 2024-06-25: ZWG took its place"),
        ("rmb", "RMB is no code of ISO 4217: write CNY"),
        ("ABC", "the code is unknown: this release has the currencies of ISO 4217 as of 2026-11-23"),
    ],
)
def test_a_refused_currency_is_named_unless_it_may_be_personal(text: str, message: str) -> None:
    """With the reason: a typing error and a currency that is gone are mended in different places."""
    with pytest.raises(EventError) as caught:
        currency_code(text)

    assert (message, 2804011) == (caught.value.message, caught.value.problems[0].code)
    assert text != "FAKE" or text not in f"{caught.value} {caught.value.loggable}"


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=1))
def test_no_text_but_a_known_code_is_printed_or_logged(text: str) -> None:
    """A first name is as short as a currency."""
    known = {*currencies.ISO_4217, *currencies.WITHDRAWN, *currencies.NO_MONEY, *currencies.OTHER_NAMES}
    texts = ["Qzv", "Qzvx", text] if text.strip().upper() not in known else ["Qzv", "Qzvx"]
    for unknown in texts:
        with pytest.raises(EventError) as caught:
            currency_code(unknown)
        shown = {str(caught.value).removeprefix("$.currency: "), caught.value.loggable, str(refusal(unknown))}

        assert shown <= {str(refusal("")), str(refusal("zzz"))}


@given(
    st.text() | st.from_regex("[A-Za-z]{3}", fullmatch=True) | st.sampled_from(sorted(currencies.ISO_4217))
)
def test_what_is_accepted_is_what_is_not_refused(text: str) -> None:
    """One rule for fields, for what a mapping puts into custom_data, and for constants of a mapping."""
    assert is_accepted(text) is (refusal(text) is None and text == text.strip() and text.isascii())


@given(st.text(min_size=5))
def test_long_texts_are_never_quoted(text: str) -> None:
    """Anything can stand in the wrong field, an address as well."""
    message = refusal(text)

    assert message is None or text.strip() not in message or len(text.strip()) < 5


def test_a_currency_that_meta_does_not_list_is_told_once_and_sent(
    plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lists aren't for this API: whether it is taken isn't known."""
    currencies._log_unlisted.cache_clear()
    event = {
        "type": "track",
        "event": "Order Completed",
        "timestamp": "2026-11-23T17:24:12Z",
        "userId": "u",
        "properties": {"revenue": 1, "currency": "XCG"},
    }
    with caplog.at_level(logging.WARNING, "capi_actions"):
        items = [build_item(plugins, "facebook.purchase", event) for _ in range(3)]

    assert ["XCG"] * 3 == [item["custom_data"]["currency"] for item in items]
    assert [notice("XCG")] == [record.getMessage() for record in caplog.records]
    assert "XCG" in str(notice("XCG"))
    assert notice("EUR") is None


@pytest.mark.parametrize(
    ("currency", "words"),
    [("XCG", "no list of Meta's names"), ("DEM", "withdrawn"), ("XTS", "names no money"), ("", None)],
)
def test_constants_are_told_when_the_configuration_is_checked(currency: str, words: str | None) -> None:
    """Before the first event."""
    messages = [
        problem.message
        for problem in lint_mapping("facebook.lead", {"currency": currency})
        if problem.code == 2804011
    ]

    assert [words in message for message in messages if words] == ([True] if words else [])
