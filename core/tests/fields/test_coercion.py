"""Scalars of one type that stand where another is wanted."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.fields import compile_fields
from capi_actions.fields.coerce import number_text_phrase
from capi_actions.model import Field

Clean = Callable[..., Any]
Refusal = Callable[..., str]

TEXTUAL = ["string", "text", "password"]


@pytest.mark.parametrize("kind", TEXTUAL)
@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (5.0, "5"), (0.1, "0.1"), (1e21, "1e+21"), (-0.0, "0"), (True, "true"), (False, "false")],
)
def test_numbers_and_booleans_become_text(clean: Clean, kind: str, value: Any, text: str) -> None:
    """As JavaScript writes them, which platforms and older data have."""
    assert text == clean(value, type=kind)


def test_long_ids_keep_every_digit(clean: Clean) -> None:
    """A Meta lead id has 15 to 17 digits; doubles lose the last ones."""
    assert clean(9007199254740993, type="string") == "9007199254740993"
    assert clean("9007199254740993", type="integer") == 9007199254740993
    assert clean("9007199254740993", type="number") == 9007199254740993
    assert clean(2**64 - 1, type="integer") == 2**64 - 1


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_survive_text_and_back(value: int) -> None:
    """To text and back again is the same number, for everything that an encoder writes exactly."""
    check = compile_fields({"text": Field(type="string"), "number": Field(type="integer")})

    assert value == check({"number": check({"text": value})["text"]})["number"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive_text_and_back(value: float) -> None:
    """No digit of a price is lost."""
    check = compile_fields({"text": Field(type="string"), "number": Field(type="number")})

    assert value == float(check({"number": check({"text": value})["text"]})["number"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("\n05\n", 5),
        ("+5", 5),
        ("-5", -5),
        ("5.5", 5.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
    ],
)
def test_decimal_text_is_a_number(clean: Clean, text: str, number: float) -> None:
    """Shops send prices as text."""
    coerced = clean(text, type="number")

    assert (type(number), number) == (type(coerced), coerced)


DECIMAL = "write 12.50: digits with a point for decimals, no thousands separators or currency sign"
WHOLE = "write 12: digits only"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (" ", "a blank text"),
        ("0x10", "a text with letters"),
        ("0b11", "a text with letters"),
        ("Infinity", "a text with letters"),
        ("NaN", "a text with letters"),
        ("1e400", "a text with too great a number"),
        ("1_000", "a text with an underscore"),
        ("1,5", "a text with a comma"),
        ("1.299,00 €", "a text with a comma"),
        ("1٬299٫00", "a text with a comma"),
        ("5abc", "a text with letters"),
        ("12.50 EUR", "a text with letters"),
        ("$12.50", "a text with a currency sign"),
        ("12.50\u00a0€", "a text with a currency sign"),
        ("1 299.00", "a text with spaces"),
        ("1\u202f299.00", "a text with spaces"),
        ("1'299.00", "a text with an apostrophe"),
        ("1.299.000", "a text with several points"),
        ("٣", "a text with other digits than 0 to 9"),
        ("１", "a text with other digits than 0 to 9"),
        ("true", "a text with letters"),
        ("1n", "a text with letters"),
        ("--1", "a text that is no number"),
        ("5-", "a text that is no number"),
    ],
)
def test_other_text_is_no_number(refusal: Refusal, text: str, phrase: str) -> None:
    """Nobody means 0 by a space or 16 by 0x10, and 1,299 is two numbers: the sentence says what would be right."""
    assert f"$.a: A must be a number but it was {phrase}; {DECIMAL}." == refusal(text, type="number")
    assert f"$.a: A must be an integer but it was {phrase}; {WHOLE}." == refusal(text, type="integer")


@given(st.text())
def test_a_sentence_about_text_is_one_of_a_few(text: str) -> None:
    """So it can't quote the text, which may be personal."""
    assert re.fullmatch("a (blank text|text (with|that) [a-z0-9 ]+)", number_text_phrase(text))


def test_booleans_count_as_numbers(clean: Clean) -> None:
    """The reference has it so: a flag mapped to a counter."""
    assert (clean(True, type="number"), clean(False, type="integer")) == (1, 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("kind", "words"), [("number", "a number"), ("string", "a string")])
def test_only_finite_numbers_pass(refusal: Refusal, value: float, kind: str, words: str) -> None:
    """JSON has no word for others, and encoders write null."""
    assert f"$.a: A must be {words} but it was not a finite number." == refusal(value, type=kind)


def test_numbers_beyond_doubles_are_no_text(refusal: Refusal) -> None:
    """Python's own integers have no end, JSON's numbers have one."""
    assert refusal(10**400, type="string") == "$.a: A must be a string but it was a number."


@pytest.mark.parametrize(("value", "whole"), [(5.0, 5), ("5.0", 5), ("1e3", 1000), (2.0**62, 2**62)])
def test_numbers_without_a_fraction_are_integers(clean: Clean, value: Any, whole: int) -> None:
    """Written without the point, so that strict platforms take them."""
    coerced = clean(value, type="integer")

    assert (int, whole) == (type(coerced), coerced)


@pytest.mark.parametrize("text", ["1.23456789012346E+15", "1.23457e+12", "-1e11", "1E300", " 12e10 "])
def test_long_whole_numbers_with_an_exponent_are_none(clean: Clean, refusal: Refusal, text: str) -> None:
    """A spreadsheet has rounded an id: read, it would be somebody else's."""
    reason = f"must be an integer but it was a text with an exponent and lost digits; {WHOLE}."
    assert f"$.a: A {reason}" == refusal(text, type="integer")
    assert float(text) == clean(text, type="number")


def test_doubles_beyond_64_bits_stay_doubles(clean: Clean) -> None:
    """As integers they would have digits that nobody meant, and JSON encoders refuse them."""
    assert isinstance(clean(1e21, type="integer"), float)


def test_fractions_are_no_integers(refusal: Refusal) -> None:
    """Rounding is for the mapping to decide."""
    assert refusal(1.5, type="integer") == "$.a: A must be an integer but it was a number."
    assert refusal("1.5", type="integer") == (
        f"$.a: A must be an integer but it was a text with a fraction; {WHOLE}."
    )


@pytest.mark.parametrize(
    ("value", "boolean"),
    [(True, True), (False, False), ("true", True), ("false", False), (1, True), (0, False), (1.0, True)],
)
def test_booleans_come_in_six_spellings(clean: Clean, value: Any, boolean: bool) -> None:
    """Two words, two numbers, and booleans themselves."""
    assert clean(value, type="boolean") is boolean


@pytest.mark.parametrize("value", ["1", "TRUE", "yes", 2, -1])
def test_other_values_are_no_booleans(refusal: Refusal, value: Any) -> None:
    """Which of them mean true is for the mapping to say."""
    kind = "a string" if isinstance(value, str) else "a number"
    assert f"$.a: A must be a boolean but it was {kind}." == refusal(value, type="boolean")


@pytest.mark.parametrize("kind", ["string", "number", "integer", "boolean", "datetime"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "an object"),
        ([], "an array"),
        ([1, 2], "an array"),
        ([[1]], "an array"),
        (object(), "not a JSON value"),
    ],
)
def test_what_has_parts_is_no_scalar(refusal: Refusal, kind: str, value: Any, words: str) -> None:
    """Nothing sensible can be made of them."""
    assert refusal(value, type=kind).endswith(f"but it was {words}.")


@pytest.mark.parametrize("allow_null", [True, False])
@pytest.mark.parametrize(
    ("kind", "value"), [("string", "x"), ("number", 5), ("boolean", True), ("datetime", 5)]
)
def test_a_list_of_one_is_that_one(clean: Clean, kind: str, value: Any, allow_null: bool) -> None:
    """Query strings and forms often come as lists."""
    assert value == clean([value], type=kind, allowNull=allow_null)


def test_a_subclass_of_str_is_a_string(clean: Clean) -> None:
    """Python callers have enumerations."""

    class Word(str):
        __slots__ = ()

    assert clean(Word("x"), type="string") == "x"
