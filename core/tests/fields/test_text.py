"""Numbers as text, as JavaScript writes them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.text import number_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (-1.5, "-1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e16, "10000000000000000"),
        (1.2345678901234567e20, "123456789012345670000"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (1e-6, "0.000001"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
        (9007199254740993, "9007199254740993"),
        (-(10**21) + 1, "-999999999999999999999"),
        (10**21, "1e+21"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_known_answers(number: float, text: str) -> None:
    """From V8, but for the integers beyond 2**53, which keep their digits."""
    assert text == number_text(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_text_means_the_same_number(number: float) -> None:
    """Shortest digits are enough."""
    assert number == float(number_text(number))


@given(st.integers(-(10**21) + 1, 10**21 - 1))
def test_integers_keep_every_digit(number: int) -> None:
    """Below the size at which JavaScript begins to write exponents."""
    assert number == int(number_text(number))
