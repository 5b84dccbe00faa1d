"""Words of messages: suggestions rather none than one that misleads, and numbers that go with their nouns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.text import closest, count_noun

FIELDS = [
    "event_id",
    "event_time",
    "event_source_url",
    "user_data",
    "custom_data",
    "order_id",
    "value",
    "currency",
]
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=20)


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("eventId", "event_id"),
        ("EVENT-ID", "event_id"),
        ("evnet_id", "event_id"),
        ("event_tiem", "event_time"),
        ("curency", "currency"),
        ("currencyy", "currency"),
        ("orderID", "order_id"),
        ("userId", None),
        ("user_id", None),
        ("anonymousId", None),
        ("event", None),
        ("price", None),
        ("properties", None),
        ("", None),
        ("_", None),
    ],
)
def test_known_words(word: str, suggestion: str | None) -> None:
    """`userId` is neither `event_id` nor `user_data`: who takes such a hint breaks deduplication."""
    assert suggestion == closest(word, FIELDS)


def test_the_beginning_of_a_word_is_no_misspelling_if_others_are_allowed() -> None:
    """Events may have fields of their own."""
    assert "name" == closest("na", ["name", "type"])
    assert closest("na", ["name", "type"], certain=True) is None
    assert "name" == closest("nmae", ["name", "type"], certain=True)
    assert "userId" == closest("user_id", ["userId"], certain=True)
    assert closest("users", ["userId"], certain=True) is None


@given(LETTERS, st.data())
def test_one_typo_is_recognised(word: str, data: st.DataObject) -> None:
    """A letter too many, too few, wrong, or swapped with the next."""
    index = data.draw(st.integers(0, len(word) - 2))
    typos = [
        word[:index] + word[index + 1 :],
        word[:index] + "x" + word[index:],
        word[:index] + "x" + word[index + 1 :],
        word[:index] + word[index + 1] + word[index] + word[index + 2 :],
    ]

    assert word == closest(data.draw(st.sampled_from(typos)), [word])


@given(st.text(max_size=100), st.lists(st.text(max_size=100), max_size=5))
def test_any_word_can_be_compared(word: str, known: list[str]) -> None:
    """Names come from files of strangers."""
    assert closest(word, known) in (None, *known)


@pytest.mark.parametrize(
    ("number", "nouns", "text"),
    [
        (0, ("second",), "0 seconds"),
        (0.5, ("second",), "0.5 seconds"),
        (1, ("second",), "1 second"),
        (1.0, ("second",), "1 second"),
        (30.0, ("second",), "30 seconds"),
        (12_345_678, ("second",), "12,345,678 seconds"),
        (10**18 + 1, ("byte",), "1,000,000,000,000,000,001 bytes"),
        (1, ("person", "people"), "1 person"),
        (2, ("person", "people"), "2 people"),
    ],
)
def test_a_noun_is_singular_after_one_alone(number: float, nouns: tuple[str, ...], text: str) -> None:
    """Whole floats of a configuration, too."""
    assert text == count_noun(number, *nouns)
