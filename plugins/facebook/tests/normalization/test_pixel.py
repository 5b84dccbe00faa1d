"""Known answers of the profile ``pixel`` where the vectors are thin, and its quirks by name."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from unicodedata import category

import pytest
from py_mini_racer import MiniRacer

from capi_actions_facebook.normalization import dates
from capi_actions_facebook.normalization.js_text import ADDRESS, lower
from capi_actions_facebook.normalization.pixel import RULES


@pytest.mark.parametrize(
    ("key", "value", "normalized"),
    [
        ("em", " Ada@Example.COM\ufeff", "ada@example.com"),
        ("em", "\u212a@example.com", "k@example.com"),  # the Kelvin sign is lower-cased first
        ("em", "a:.b@example.com", "a:.b@example.com"),
        ("em", "a.:b@example.com", None),
        ("em", "ada@example.com\x1c", None),  # white space to Python only
        ("em", "Ada.1@PrivateRelay.appleid.com", "redacted"),
        ("em", "no address@privaterelay.appleid.com ", "redacted"),
        ("ph", "+1 (650) 555-1212", "16505551212"),
        ("ph", "００12٣", "12"),
        ("ph", "0000", None),
        ("ph", "1\ud800-\udc002", "1\ud800\udc002"),
        ("ph", "1\ud83d\ude002", "12"),
        ("fn", "Jean-Luc O’Brien", "jeanluco’brien"),
        ("fn", "!?", None),
        ("ct", "Zürich", "zrich"),
        ("ct", "10 Downing", None),
        ("ct", "\u212aiel", "iel"),  # dropped before it is lower-cased
        ("zp", "SW1A 1AA", "sw1a 1aa"),
        ("zp", "1", None),
        ("zp", "𝔄", "𝔄"),  # two UTF-16 units
        ("st", "New South Wales", "ne"),
        ("st", "Ö", None),
        ("country", "Constructor", "fu"),
        ("country", "The Republic of Niger", "ne"),
        ("country", "deutschland", "de"),
        ("db", "31.02.1997", "19970231"),
        ("db", "Born 16021997", "16021997"),
        ("db", "1.1.97", "1.1.97"),
        ("db", "0001997/2/1", "19970201"),
        ("ge", "Female", None),
        ("ge", " F\n", "f"),
        ("external_id", " User\u30004\t2 ", "user42"),
        ("external_id", "\u2003", None),
        ("external_id", "a b\x1c", "ab\x1c"),
    ],
)
def test_quirks(key: str, value: str, normalized: str | None) -> None:
    """Better would be different, and would match nothing."""
    assert RULES[key](value) == normalized


@pytest.mark.parametrize("value", ["9" * 5000 + "-1-2", "1/2/" + "9" * 5000, "9" * 5000])
def test_numbers_of_thousands_of_digits_are_no_years(value: str) -> None:
    """Python refuses to read them; they must not become an error."""
    assert RULES["db"](value) == value
    assert RULES["db"]("0" * 5000 + "1/02/1997") == "19970102"


def test_a_year_may_be_the_next_but_not_the_one_after() -> None:
    """The only look at the clock."""
    year = time.localtime().tm_year

    assert RULES["db"](f"{year + 1}-02-16") == f"{year + 1}0216"
    assert RULES["db"](f"{year + 2}-02-16") == f"{year + 2}-02-16"


def test_new_year_needs_no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is read again for years that were in the future when the program started."""
    year = time.localtime().tm_year
    monkeypatch.setattr(dates, "localtime", lambda: SimpleNamespace(tm_year=year + 1))

    assert RULES["db"](f"{year + 2}-02-16") == f"{year + 2}0216"
    assert RULES["db"](f"{year + 3}-02-16") == f"{year + 3}-02-16"


@pytest.mark.parametrize(
    ("capital", "small"),
    [("\u1c89", "\u1c8a"), ("\ua7cb", "\u0264"), ("\ua7dc", "\u019b"), ("\U00010d50", "\U00010d70")],
)
def test_capitals_of_unicode_16_have_small_letters_on_every_python(capital: str, small: str) -> None:
    """As a V8 of Unicode 16 says; Python 3.11 knows Unicode 14."""
    assert lower(f"Ä{capital}") == f"ä{small}"
    assert lower(small) == small


SURROGATES = range(0xD800, 0xE000)
UNICODE_17 = {0xA7CE, 0xA7D2, 0xA7D4, *range(0x16EA0, 0x16EB9)}  # known to some browsers and Pythons only
CHARACTERS = [code for code in range(0x110000) if code not in SURROGATES and code not in UNICODE_17]


@pytest.fixture(scope="module")
def in_browser() -> Iterator[Callable[[str, Sequence[int]], Any]]:
    """Evaluate an expression of JavaScript for the text of each of some characters, as `c`."""
    with MiniRacer() as browser:

        def evaluate(code: str, characters: Sequence[int]) -> Any:
            texts = f"{characters}.map(code => String.fromCodePoint(code))"
            return json.loads(str(browser.eval(f"JSON.stringify({texts}.map(c => {code}))")))

        yield evaluate


def test_every_character_has_the_small_letter_that_browsers_give_it(
    in_browser: Callable[[str, Sequence[int]], Any],
) -> None:
    """On every Python, whatever version of Unicode it knows."""
    expected = in_browser("c.toLowerCase()", CHARACTERS)

    assert expected == [lower(chr(code)) for code in CHARACTERS]


def test_a_capital_sigma_is_lower_cased_as_in_browsers_beside_every_character_that_this_python_knows(
    in_browser: Callable[[str, Sequence[int]], Any],
) -> None:
    """The documented limit: it has two small forms, and its neighbours decide which.

    Of the characters that Python 3.11 knows only U+1171E, a vowel sign of Ahom, changed its kind since.
    """
    codes = "[c + 'Σ', 'A' + c + 'Σ', 'AΣ' + c].map(text => text.toLowerCase())"
    known = [code for code in CHARACTERS if category(chr(code)) != "Cn"]
    different = {
        character
        for character, expected in zip(map(chr, known), in_browser(codes, known), strict=True)
        if expected != [lower(text) for text in (f"{character}Σ", f"A{character}Σ", f"AΣ{character}")]
    }

    assert different <= {"\U0001171e"}


@pytest.mark.parametrize("key", RULES)
def test_hostile_values_take_time_in_proportion(key: str) -> None:
    """A pattern that tries everything twice would not come back from these in a lifetime."""
    for value in (
        "a" * 50_000,
        "a." * 25_000 + "@",
        "a@" + "b-" * 25_000,
        "a@" + "b." * 25_000,
        "1-" * 25_000,
    ):
        assert RULES[key](value) != ""


def test_no_group_of_the_pattern_for_addresses_is_repeated_possessively() -> None:
    """Up to Python 3.11.4, as Debian 12 has it, such a pattern may match nothing: every address was left out."""
    assert not re.search(r"\)[*+?]\+", ADDRESS.pattern)
