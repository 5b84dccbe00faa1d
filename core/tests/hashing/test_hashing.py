"""What a hasher returns for one value."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from string import hexdigits
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import EventError
from capi_actions.hashing import Hasher, make_hasher
from capi_actions.model import Normalizer

ADA = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"  # printf ada@example.com | sha256sum
TEXT = st.text(st.characters(exclude_categories=()))


def lower(value: str) -> str:
    return value.lower()


def nothing(value: str) -> None:
    return None


def trimmed(value: str) -> str:
    return value.strip()


def hasher(
    *profiles: Callable[[str], Any], otherwise: Literal["drop", "raw"] = "raw", repeats: bool = False
) -> Hasher:
    """Return a hasher with one profile per function."""
    return make_hasher(
        [
            Normalizer(
                profile=f"p{index}", key="em", normalize=normalize, otherwise=otherwise, repeats=repeats
            )
            for index, normalize in enumerate(profiles)
        ]
    )


def sha(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@pytest.mark.parametrize("repeats", [True, False])
def test_known_answer(repeats: bool) -> None:
    """Pin the algorithm: normalized first, then SHA-256 in lower-case hex."""
    assert hasher(lower, repeats=repeats)("Ada@Example.com") == ADA


@given(TEXT, st.booleans())
def test_a_hash_is_64_lower_case_hex_digits_of_the_normalized_text(value: str, repeats: bool) -> None:
    """And the empty text has none."""
    expected = sha(value.lower().encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))

    assert (expected if value else None) == hasher(lower, repeats=repeats)(value)


@given(TEXT)
def test_without_a_normalized_string_the_raw_value_is_hashed_or_dropped(value: str) -> None:
    """As the normalizer says; an empty normalized string is none."""
    for none in (nothing, lambda _: ""):
        assert hasher(none, otherwise="drop")(value) is None
        assert hasher(none)(value) == hasher(lambda same: same)(value)


@given(st.text(hexdigits, min_size=64, max_size=64) | st.text(hexdigits, min_size=32, max_size=32))
def test_hashes_are_sent_as_they_are_in_lower_case(value: str) -> None:
    """SHA-256 and MD5: hashing them once more would match nobody, whatever the profile."""
    assert value.lower() == hasher(lower)(value)
    assert value.lower() == hasher(nothing, otherwise="drop")(value)
    assert value.lower() == hasher(lower, trimmed)(value)


@given(
    st.text(hexdigits, min_size=64, max_size=64),
    st.from_regex(r"[A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}", fullmatch=True),
)
def test_a_hash_with_an_appendix_keeps_it(digits: str, appendix: str) -> None:
    """Parameter builders add it after a dot; its case matters."""
    assert f"{digits.lower()}.{appendix}" == hasher(lower, trimmed)(f"{digits}.{appendix}")


@pytest.mark.parametrize(
    "value",
    [
        f" {ADA}",
        f"{ADA}\n",
        ADA[:63],
        f"{ADA}0",
        ADA[:31] + "g",
        ADA[:32] + ".AQ",
        f"{ADA}.",
        f"{ADA}.A",
        f"{ADA}.AQI",
        f"{ADA}.AQICAQMCx",
        f"{ADA}.A+",
        f"{ADA}.AQ\n",
        "０" * 64,  # digits, but not ASCII's
    ],
)
def test_what_only_resembles_a_hash_is_hashed(value: str) -> None:
    """No trimming, no other lengths: exactly what the browser would take for a hash."""
    assert sha(value) == hasher(lambda same: same)(value)


def test_surrogates_count_as_three_bytes_and_neighbours_as_one_character() -> None:
    """As in a browser, where dropping what stands between two halves joins them."""
    joined = hasher(lambda value: value.replace("-", ""))("\ud83d-\ude00")

    assert sha256(b"\xed\xa0\x80").hexdigest() == hasher(lower)("\ud800")
    assert sha256("😀".encode()).hexdigest() == joined


def test_profiles_that_differ_give_all_hashes_the_first_profile_first() -> None:
    """So that a match by either is possible."""
    assert [sha(" ada "), sha("ada")] == hasher(lower, trimmed)(" ada ")
    assert [sha("ada"), sha(" ada ")] == hasher(trimmed, lower)(" ada ")


def test_profiles_that_agree_give_one_hash() -> None:
    """Of three profiles, two may agree."""
    assert sha("ada") == hasher(lower, trimmed)("ada")
    assert [sha(" ada "), sha("ada")] == hasher(lower, trimmed, lower)(" ada ")


def test_a_profile_without_an_answer_is_left_out() -> None:
    """Where nothing is left at all, there is nothing to send."""
    assert sha("ada") == hasher(nothing, trimmed, otherwise="drop")("ada")
    assert hasher(nothing, nothing, otherwise="drop")("ada") is None
    assert hasher(lower, trimmed)("") is None


def fails(value: str) -> str:
    raise KeyError(value)


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (lambda value: 5, "must return text or None, but returned int"),
        (lambda value: b"ada", "must return text or None, but returned bytes"),
        (lambda value: [value], "must return text or None, but returned list"),
        (fails, "failed on this event (KeyError in fails, "),
    ],
)
def test_a_normalizer_that_breaks_its_contract_is_named(bad: object, why: str, repeats: bool) -> None:
    """By profile and key, alone or among others; the value is not in the message nor behind it."""
    for profiles, place in (((bad,), "p0/em"), ((lower, bad), "p1/em"), ((bad, bad), "p0/em")):
        compute = hasher(*profiles, repeats=repeats)
        with pytest.raises(EventError) as caught:
            compute("Ada@example.com")
        assert str(caught.value).startswith(f"the normalizer {place} {why}")
        assert "Ada" not in str(caught.value)
        assert caught.value.__context__ is None


def test_a_normalizer_may_refuse_the_event() -> None:
    """With a sentence of its own."""

    def refuse(value: str) -> str:
        raise EventError.of("is nobody")

    for profiles in ((refuse,), (lower, refuse)):
        with pytest.raises(EventError, match="is nobody"):
            hasher(*profiles)("x")


def test_a_normalizer_that_fails_once_is_named_too() -> None:
    """When it is called again, to find out which it was, it may work."""
    answers: Iterator[Any] = iter([5, "a"])

    with pytest.raises(
        EventError,
        match=r"the normalizer p0/em failed on this event, but not when it was retried \(AttributeError in ",
    ):
        hasher(lambda value: next(answers))("x")


@given(TEXT)
def test_white_space_around_a_hash_counts_only_where_the_normalizer_says_so(text: str) -> None:
    """Profiles that follow a browser must hash what the browser hashes."""
    strict = Normalizer(profile="s", key="em", normalize=lower, otherwise="raw")
    lenient = Normalizer(profile="l", key="em", normalize=lower, otherwise="raw", trims_hashes=True)
    padded = f"\u2009{ADA.upper()}\r\n\ufeff"
    rehashed = sha256(padded.lower().encode()).hexdigest()

    assert rehashed == make_hasher([strict])(padded)
    assert make_hasher([lenient])(padded) == ADA
    assert [rehashed, ADA] == make_hasher([strict, lenient])(padded)
    assert make_hasher([strict])(text) == make_hasher([lenient])(text) == make_hasher([strict, lenient])(text)
