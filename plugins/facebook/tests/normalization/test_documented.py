"""The profile ``documented``: Meta's written rules."""

import re
import time
from collections.abc import Callable
from typing import Any
from unicodedata import category, combining, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions import make_hasher
from capi_actions_facebook.normalization import normalizers_of
from capi_actions_facebook.normalization.documented import RULES
from capi_actions_facebook.normalization.places import COUNTRIES, table
from support.length import examples


@pytest.mark.parametrize(
    ("key", "value", "hashed"),
    [
        ("em", "John_Smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
        ("ph", "+1 (650) 555-1212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
        ("fn", "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("fn", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("ln", "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ("db", "2/16/1997", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
        ("ge", "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
        ("ge", "Male", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
        ("country", "United States", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ],
)
def test_metas_own_sample_hashes(key: str, value: str, hashed: str) -> None:
    """The known answers of its documentation."""
    assert make_hasher(normalizers_of("documented")[key])(value) == hashed


def test_the_written_answers_are_given(vectors: Callable[[str], Any]) -> None:
    """All of the parity table's, but for phones that lack the country code: it can't be known."""
    said = {(line["field"], line["input"]): line["docs"] for line in vectors("meta/parity.json")}
    different = {
        value: RULES[key](value)
        for (key, value), docs in said.items()
        if docs is not None and RULES[key](value) != docs.partition(" (")[0]
    }

    assert different == {
        "(650)555-1212": "6505551212",
        "0844 412 4653": "8444124653",
        "650.555.1212": "6505551212",
    }


@pytest.mark.parametrize(
    ("key", "value", "normalized"),
    [
        ("em", " ÖHN@Exämple.de ", "öhn@exämple.de"),
        ("em", "ada@localhost", None),
        ("em", "a b@example.com", None),
        ("em", "a@privaterelay.appleid.com", "a@privaterelay.appleid.com"),
        ("ph", "+44 (0)844 412 4653", "448444124653"),
        ("ph", "none", None),
        ("ph", "16505551212.0", "16505551212"),
        ("ph", "+16505551212.0 ", "16505551212"),
        ("ph", "650.555.0", "6505550"),
        ("em", "mailto:Ada@example.com", "ada@example.com"),
        ("em", "mailto:mailto:", None),
        ("fn", "undefined", None),
        ("fn", "Un-defined", None),
        ("ln", "(not set)", None),
        ("ln", "Null", "null"),
        ("ct", " N/A", None),
        ("st", "[object Object]", None),
        ("zp", "94025.0", "94025"),
        ("zp", "n/a", None),
        ("country", "N/A", None),
        ("country", "NA", "na"),
        ("fn", "O’Brien", "obrien"),
        ("fn", "MARÍA–José", "maríajosé"),
        ("fn", "राम", "राम"),
        ("fn", "😀!", None),
        ("fn", "Ada\ud800", "ada"),
        ("ct", "L'Aquila", "laquila"),
        ("ct", "東京", "東京"),
        ("st", "district of columbia", "dc"),
        ("st", "New York", "ny"),
        ("st", "Ontario", "ontario"),
        ("st", "!", None),
        ("zp", "94035 1234", "94035"),
        ("zp", "94025-1234", "94025"),
        ("zp", "94025 - 1234", "94025"),
        ("zp", "94025\u20131234", "94025"),
        ("zp", "94025\u22121234 ", "94025"),
        ("zp", "94025--1234", "94025"),
        ("zp", "940251234", "94025"),
        ("zp", "940251234-", "94025"),
        ("zp", "9402-51234", "94025"),
        ("zp", "94025-", "94025"),
        ("zp", "9402512345", "9402512345"),
        ("zp", "01310-1000", "01310"),
        ("zp", "K1A 0B1", "k1a0b1"),
        ("zp", "01310-100", "01310100"),
        ("zp", "1", None),
        ("country", "GBR", "gb"),
        ("country", "uk", "gb"),
        ("country", "Côte d’Ivoire", "ci"),
        ("country", "Österreich", "at"),
        ("country", "osterreich", "at"),
        ("country", "Україна", "ua"),
        ("country", "日本", "jp"),
        ("country", "Atlantis", None),
        ("country", "zz", None),
        ("db", "16.02.1997", "19970216"),
        ("db", "19970216", "19970216"),
        ("db", "1997-02-16T00:00:00Z", "19970216"),
        ("db", "31.02.1997", None),
        ("db", "29.02.1996", "19960229"),
        ("db", "19971316", None),
        ("db", "00000101", None),
        ("db", "1/2/97", None),
        ("db", "soon", None),
        ("ge", "WOMAN ", "f"),
        ("ge", "other", None),
        ("external_id", " User 42 ", "User 42"),
        ("external_id", " ", None),
    ],
)
def test_known_answers(key: str, value: str, normalized: str | None) -> None:
    """What is invalid by the rules has no normalized string."""
    assert RULES[key](value) == normalized


def test_country_names_are_those_that_no_other_table_has() -> None:
    """The pixel's table has the English ones, ISO's the codes of three letters: each name stands once."""
    names = [re.sub("[^a-z]", "", without_accents(name)) or name for name in table("country_names")]
    others = {*COUNTRIES, *table("iso_countries"), *table("iso_countries").values()}

    assert len(names) == len(set(names))
    assert others.isdisjoint(names)


def without_accents(name: str) -> str:
    return "".join(character for character in normalize("NFKD", name) if not combining(character))


def test_names_keep_the_letters_that_this_python_knows() -> None:
    """The documented limit: newer ones are dropped, though their capitals have small letters."""
    known = category("\U00010d70") != "Cn"

    assert RULES["fn"]("A\U00010d50b") == ("a\U00010d70b" if known else "ab")
    assert RULES["external_id"]("A\U00010d50b") == "A\U00010d50b"


def test_nobody_is_born_after_next_year() -> None:
    """The bound is the pixel's."""
    assert RULES["db"](f"{time.localtime().tm_year + 2}0216") is None


HEX = st.builds("{:064x}".format, st.integers(0, 2**256 - 1)) | st.builds(
    "{:032x}".format, st.integers(0, 2**128 - 1)
)
SPACE = st.text("".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff", max_size=3)


@pytest.mark.parametrize("key", RULES)
@given(SPACE, HEX, st.booleans(), SPACE)
def test_white_space_around_a_hash_does_not_make_it_text(
    key: str, before: str, digits: str, capital: bool, after: str
) -> None:
    """Exports pad their columns, and end in a newline; hashed again, the person is nobody."""
    value = before + (digits.upper() if capital else digits) + after

    assert make_hasher(normalizers_of("documented")[key])(value) == digits
    both = make_hasher(normalizers_of("pixel+documented")[key])(value)
    assert digits == both or digits in (both or [])


@given(
    st.integers(0, 99_999),
    st.text("- \u2010\u2011\u2012\u2013\u2014\u2212\u00a0_./", max_size=4),
    st.integers(0, 9_999),
)
def test_of_nine_digits_the_first_five_are_the_zip_code(first: int, dash: str, last: int) -> None:
    """Meta wants the first five of a US zip code, however its parts are joined."""
    assert RULES["zp"](f"{first:05}{dash}{last:04}") == f"{first:05}"


@pytest.mark.parametrize("key", RULES)
@settings(max_examples=examples(100))
@given(data=st.data())
def test_every_value_gives_a_valid_one_or_none(
    key: str, data: st.DataObject, typed: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """And a valid one stays as it is, when it comes back."""
    once = RULES[key](data.draw(typed(key)))

    if once is not None:
        assert once
        assert RULES[key](once) == once
