"""Currencies: what events bring, as Meta takes it."""

import pytest

from capi_actions import EventError
from capi_actions_facebook.values import currency_code


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
