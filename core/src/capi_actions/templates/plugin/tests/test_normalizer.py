"""The normalizers' own answers."""

import pytest

from capi_actions_acme.normalizer import normalize_email, normalize_phone


@pytest.mark.parametrize("text", ["ada@example.com", " Ada@Example.com\n"])
def test_spellings_of_one_address_are_one_text(text: str) -> None:
    """So that they have one hash."""
    assert normalize_email(text) == "ada@example.com"


def test_what_is_no_address_has_no_text() -> None:
    """Its hash would match nobody."""
    assert normalize_email("call me") is None


@pytest.mark.parametrize(
    ("text", "digits"), [("+49 151 2345", "491512345"), ("0049-151-2345", "491512345"), ("none", None)]
)
def test_phone_numbers_are_digits(text: str, digits: str | None) -> None:
    """However people write them."""
    assert normalize_phone(text) == digits
