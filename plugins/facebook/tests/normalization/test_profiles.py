"""What the package offers, and both profiles at once."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions import make_hasher
from capi_actions_facebook.normalization import NORMALIZERS, normalizers_of
from support.length import examples

KEYS = ["em", "ph", "fn", "ln", "ct", "st", "zp", "country", "db", "ge", "external_id"]


def test_each_profile_has_every_key_once() -> None:
    """A missing one would let a raw value through."""
    offered = [(normalizer.profile, normalizer.key) for normalizer in NORMALIZERS]

    assert sorted(offered) == sorted((profile, key) for profile in ("pixel", "documented") for key in KEYS)


def test_only_the_pixel_hashes_what_it_can_not_normalize() -> None:
    """All but addresses; by the written rules an invalid value is not sent."""
    raw = {
        normalizer.key
        for normalizer in NORMALIZERS
        if (normalizer.profile, normalizer.otherwise) == ("pixel", "raw")
    }

    assert raw == set(KEYS) - {"em"}
    assert {normalizer.otherwise for normalizer in NORMALIZERS if normalizer.profile == "documented"} == {
        "drop"
    }


def test_what_identifies_a_person_is_not_cached() -> None:
    """Addresses, phones, ids: they don't come back, and should not stay in memory."""
    cached = {normalizer.key for normalizer in NORMALIZERS if normalizer.repeats}

    assert cached == {"fn", "ln", "ct", "st", "country", "ge"}


def test_both_profiles_give_both_hashes_where_they_differ() -> None:
    """The pixel's first; one where they agree; the other's where one has none."""
    both = {key: make_hasher(normalizers) for key, normalizers in normalizers_of("pixel+documented").items()}
    pixel, documented, male = (sha256(text.encode()).hexdigest() for text in ("zrich", "zürich", "Male"))

    assert both["ct"]("Zürich") == [pixel, documented]
    assert both["ct"]("Paris") == sha256(b"paris").hexdigest()
    assert both["ge"]("Male") == [male, sha256(b"m").hexdigest()]
    assert both["ge"]("other") == sha256(b"other").hexdigest()
    assert both["em"]("nobody") is None


@pytest.mark.parametrize("profile", ["pixel", "documented", "pixel+documented"])
@settings(max_examples=examples(150))
@given(data=st.data())
def test_any_value_gives_hashes_or_nothing(
    profile: str, data: st.DataObject, typed: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """Never an error, never anything that could be read back."""
    key = data.draw(st.sampled_from(KEYS))
    result = make_hasher(normalizers_of(profile)[key])(data.draw(typed(key)))

    hashes = result if isinstance(result, list) else [result] if result else []
    assert all(len(hashed) in (32, 64) and set(hashed) <= set("0123456789abcdef") for hashed in hashes)
    assert len(hashes) == len(set(hashes)) <= 2
