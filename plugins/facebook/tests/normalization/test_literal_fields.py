"""Our rules against a slow reading of the specification's sentences, one after the other.

It works on lists of UTF-16 units, as JavaScript does, with neither patterns nor tables of our own, and
V8 lower-cases for it: a mistake in ours isn't repeated here.
"""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions import make_hasher
from capi_actions_facebook.normalization import normalizers_of
from capi_actions_facebook.normalization.pixel import RULES
from support.length import examples

WHITE = {
    *range(0x9, 0xE),
    0x20,
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
    0xFEFF,
}
PUNCTUATION = set(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
DIGITS, SMALL, CAPITAL = range(0x30, 0x3A), range(0x61, 0x7B), range(0x41, 0x5B)


def units(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [low + 256 * high for low, high in zip(data[::2], data[1::2], strict=True)]


def text(units: list[int]) -> str:
    return b"".join(bytes((unit % 256, unit // 256)) for unit in units).decode("utf-16-le", "surrogatepass")


def keep(value: str, condition: Callable[[int], bool]) -> str:
    return text([unit for unit in units(value) if condition(unit)])


def trim(value: str) -> str:
    left = units(value)
    while left and left[0] in WHITE:
        left = left[1:]
    while left and left[-1] in WHITE:
        left = left[:-1]
    return text(left)


def is_hex(value: str, length: int) -> bool:
    return len(value) == length and all(digit in "0123456789abcdefABCDEF" for digit in value)


Lower = Callable[[str], str]


def em(value: str, lower: Lower, is_address: Callable[[str], bool]) -> str | None:
    address = trim(lower(value))
    if address.endswith("@privaterelay.appleid.com"):  # found by running the script; not in the specification
        return "redacted"
    return address if is_address(address) else None


def ph(value: str) -> str | None:
    characters = text(units(value))  # pairs of surrogates are one character now
    digits = "".join(
        character for character in characters if ord(character) in DIGITS or 0xD800 <= ord(character) < 0xE000
    )
    while digits.startswith("0"):
        digits = digits[1:]
    return digits


def name(value: str, lower: Lower) -> str | None:
    return lower(keep(value, lambda unit: unit not in WHITE and unit not in PUNCTUATION))


def city(value: str, lower: Lower) -> str | None:
    letters = lower(keep(value, lambda unit: unit in DIGITS or unit in SMALL or unit in CAPITAL))
    return letters if letters and ord(letters[0]) in SMALL else None


def zp(value: str, lower: Lower) -> str | None:
    before = trim(lower(value).split("-")[0])
    return before if len(units(before)) >= 2 else None


def place(value: str, lower: Lower, table: Mapping[str, str]) -> str | None:
    letters = keep(trim(lower(value)), lambda unit: unit in SMALL)
    if len(letters) == 2:
        code = letters
    elif letters in table:
        code = table[letters]
    elif letters == "constructor":  # found by running the script: a property of every object
        code = "functionObjectnativecode"
    else:
        code = next((code for name, code in table.items() if name in letters), letters)
    return code[:2] or None


def db(value: str) -> str | None:
    spaced = "".join(character if ord(character) in DIGITS else " " for character in value)
    runs = spaced.split()
    if len(runs) >= 3:
        first, second, third = (int(run) for run in runs[:3])
        if first > 31:
            year, month, day = first, second, third
        elif second > 31:
            year, month, day = second, third, first
        else:
            year, month, day = third, first, second
        if month > 12:
            month, day = day, month
        if 1800 <= year <= time.localtime().tm_year + 1 and 1 <= month <= 12 and 1 <= day <= 31:
            return f"{year:04}{month:02}{day:02}"
    return runs[0] if len(runs) == 1 and len(runs[0]) == 8 else value


def ge(value: str, lower: Lower) -> str | None:
    word = lower(trim(value))
    return word if word in ("f", "m") else None


def external_id(value: str, lower: Lower) -> str | None:
    return lower(keep(value, lambda unit: unit not in WHITE))


@pytest.fixture(scope="module")
def literal(
    vectors: Callable[[str], Any], lower: Lower, is_address: Callable[[str], bool]
) -> Callable[[str, str], str | None]:
    """Return the hash of a value by the specification's sentences."""
    states, countries = vectors("pixel/states.json"), vectors("pixel/countries.json")
    rules: Mapping[str, Callable[[str], str | None]] = {
        "em": lambda value: em(value, lower, is_address),
        "ph": ph,
        "fn": lambda value: name(value, lower),
        "ln": lambda value: name(value, lower),
        "ct": lambda value: city(value, lower),
        "zp": lambda value: zp(value, lower),
        "db": db,
        "ge": lambda value: ge(value, lower),
        "st": lambda value: place(value, lower, states),
        "country": lambda value: place(value, lower, countries),
        "external_id": lambda value: external_id(value, lower),
    }

    def literal(key: str, value: str) -> str | None:
        if value == "":
            return None
        if is_hex(value, 64) or is_hex(value, 32):
            return value.lower()
        normalized = rules[key](value)
        if not normalized:
            if key == "em":
                return None
            normalized = value
        return sha256(text(units(normalized)).encode("utf-8", "surrogatepass")).hexdigest()

    return literal


@pytest.mark.parametrize("key", RULES)
@settings(max_examples=examples(150))
@given(data=st.data())
def test_a_value_gives_the_same_hash_both_ways(
    key: str,
    data: st.DataObject,
    typed: Callable[[str], st.SearchStrategy[str]],
    literal: Callable[[str, str], str | None],
) -> None:
    """Whatever the value; and that is a hash or nothing, every time the same."""
    value = data.draw(typed(key))
    hasher = make_hasher(normalizers_of("pixel")[key])
    expected = literal(key, value)

    assert hasher(value) == expected
    assert hasher(value) == expected
    assert expected is None or is_hex(expected, 64) or is_hex(expected, 32)


# All capitals of Unicode 15 and 16: no Python before 3.14 has their small letters.
NEW_CAPITALS = "\u1c89\ua7cb\ua7cc\ua7da\ua7dc" + "".join(map(chr, range(0x10D50, 0x10D66)))


@pytest.mark.parametrize("key", RULES)
@pytest.mark.parametrize("form", ["{}", "{}a", "Ä{}Z", " {}-1", "{0}{0}@b.co", "f{}"])
def test_letters_that_are_newer_than_this_python_are_lower_cased_as_in_browsers(
    key: str, form: str, literal: Callable[[str, str], str | None]
) -> None:
    """The pixel runs in browsers, which know Unicode 16: in every field that folds case."""
    hasher = make_hasher(normalizers_of("pixel")[key])
    values = [form.format(letter) for letter in NEW_CAPITALS]

    assert {value: literal(key, value) for value in values} == {value: hasher(value) for value in values}


@pytest.mark.parametrize("key", ["em", "ph", "fn", "ct", "st", "zp", "country", "ge", "external_id"])
@settings(max_examples=examples(100))
@given(data=st.data())
def test_a_normalized_string_is_normalized_already(
    key: str, data: st.DataObject, typed: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """Sending it through again changes nothing, so a value may come from a source that normalizes too."""
    once = RULES[key](data.draw(typed(key)))
    if once and once != "redacted":
        assert RULES[key](once) == once
