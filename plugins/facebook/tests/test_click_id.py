"""Meta's click id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_facebook.values import fbc_from_url, is_click_id

CLICK_IDS = st.text("abcdefXYZ0189_-", min_size=1, max_size=60)


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
def test_known_answers(text: str, good: bool) -> None:
    """The form of the docs, with and without the parameter builder's appendix."""
    assert good is is_click_id(text)
