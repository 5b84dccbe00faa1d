"""Choices and bounds: what a field demands beyond its type."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import EventError
from capi_actions.fields import compile_fields
from capi_actions.model import Choice, Field

Clean = Callable[..., Any]
Refusal = Callable[..., str]


def test_choices_are_exact(clean: Clean, refusal: Refusal) -> None:
    """Case matters; the sentence names all that may be chosen."""
    choices = ["one", {"label": "Two", "value": "two"}, "three"]
    sentence = '$.a: A must be one of: "one", "two", or "three".'

    assert clean(["one", ["two"]], type="string", choices=choices, multiple=True) == ["one", "two"]
    assert sentence == refusal("ONE", type="string", choices=choices)
    assert sentence == refusal(1, type="string", choices=choices)


@pytest.mark.parametrize(
    ("choices", "words"),
    [(["x"], '"x"'), (["x", "ü"], '"x" or "ü"'), (["x", "x", "y", "z"], '"x", "y", or "z"')],
)
def test_choices_are_listed_as_people_do(refusal: Refusal, choices: list[str], words: str) -> None:
    """Each once."""
    assert f"$.a: A must be one of: {words}." == refusal("?", type="string", choices=choices)


def test_null_is_named_where_it_is_a_choice(clean: Clean, refusal: Refusal) -> None:
    """It needs no choice of its own."""
    options = {"type": "string", "choices": ["x", "y"], "allowNull": True}

    assert clean(None, **options) is None
    assert refusal("z", **options) == '$.a: A must be one of: "x", "y", or null.'


def test_choices_are_compared_after_coercion(clean: Clean, refusal: Refusal) -> None:
    """Whatever type they are written in, and the value comes in."""
    assert (
        clean("1", type="integer", choices=[1, 2]),
        clean(True, type="integer", choices=[1, 2]),
    ) == (1, 1)
    assert clean(1, type="string", choices=[1]) == "1"
    assert refusal(3, type="integer", choices=[1, 2]) == "$.a: A must be one of: 1 or 2."


def test_unlisted_choices_are_accepted_but_not_named() -> None:
    """Old names that still work need not be learnt by anybody."""
    check = compile_fields({"a": Field(type="string", choices=(Choice("new"), Choice("old", listed=False)))})

    assert check({"a": "old"}) == {"a": "old"}
    with pytest.raises(EventError, match=r'^[^o]*must be one of: "new".$'):
        check({"a": "?"})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("a", "2 characters or more but it was 1 character"),
        (5, "2 characters or more but it was 1 character"),
        ("😀", "2 characters or more but it was 1 character"),
        ("abcd", "3 characters or fewer but it was 4 characters"),
    ],
)
def test_strings_have_a_length_in_characters(refusal: Refusal, value: Any, sentence: str) -> None:
    """Code points, not UTF-16 units: what people count."""
    assert f"$.a: A must be {sentence}." == refusal(value, type="string", minimum=2, maximum=3)


def test_lengths_at_the_bounds_pass(clean: Clean) -> None:
    """Both are inside."""
    assert clean(["ab", "😀😀😀"], type="string", minimum=2, maximum=3, multiple=True) == ["ab", "😀😀😀"]
    assert "$.a: A must be 1 character or fewer but it was 2 characters.".endswith("characters.")


@given(
    st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 5), st.integers(0, 9)
)
def test_numbers_lie_between_their_bounds(value: float, least: int, size: int) -> None:
    """Inclusive; 0 is a bound like any other; items of lists and integers have bounds, too."""
    for multiple in (False, True):
        for kind in ("number", "integer"):
            field = Field(type=kind, minimum=least, maximum=least + size, multiple=multiple)
            inside = least <= value <= least + size and (kind == "number" or value == int(value))
            try:
                compile_fields({"a": field})({"a": value})
            except EventError:
                assert not inside
            else:
                assert inside


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(-0.5, "equal to or greater than 0"), (10001, "equal to or less than 10000")],
)
def test_numbers_outside_are_told_the_bound(refusal: Refusal, value: float, sentence: str) -> None:
    """Not the value."""
    assert f"$.a: A must be {sentence}." == refusal(value, type="number", minimum=0, maximum=10000)


def test_everything_about_one_value_is_said_at_once(refusal: Refusal) -> None:
    """Too long and no address either."""
    assert refusal("x y z", type="string", maximum=3, format="email") == (
        "$.a: A must be 3 characters or fewer but it was 5 characters.\n"
        "$.a: A must be a valid email address string but it was not."
    )
