"""Whole users: ours against a slow reading of the specification's sentences."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_actions import make_hasher
from capi_actions_facebook.normalization import normalize_user, normalizers_of, settle
from capi_actions_facebook.normalization.pixel import RULES
from support.length import examples

WHITE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
ODD_KEYS = ["notes", "7", "10", "0", "extern_id", "__proto__", "FN", ""]


def hash_like(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) == 64
        and all(digit in "0123456789abcdefABCDEF" for digit in value)
    )


def is_phone(value: str) -> bool:
    """Walk through the pattern's parts, keeping every position that could have been reached."""
    digits, separator = "0123456789", "-. " + WHITE
    parts = [
        ("+", 0, 1), (digits, 1, 4), (separator, 0, 1), ("(", 0, 1), (digits, 1, 3), (")", 0, 1),
        (separator, 0, 1), (digits, 1, 4), (separator, 0, 1), (digits, 1, 9),
    ]  # fmt: skip
    reached = {0}
    for allowed, least, most in parts:
        starts, reached = reached, set()
        for start in starts:
            for end in range(start + least, min(start + most, len(value)) + 1):
                if all(character in allowed for character in value[start:end]):
                    reached.add(end)
    return len(value) > 6 and len(value) in reached


def is_zip(value: str) -> bool:
    digits = [character in "0123456789" for character in value]
    plus_four = len(value) == 10 and value[5] in "-" + WHITE and all(digits[:5] + digits[6:])
    return plus_four or (len(value) == 5 and all(digits))


def fill_by_form(e: dict[str, Any], words: dict[str, str], is_address: Callable[[str], bool]) -> None:
    for key in list(e):
        value = e[key]
        if value is None:
            continue
        string = str(value)
        if e.get("em") is None and isinstance(value, str) and is_address(value):
            e["em"] = value
        elif e.get("ph") is None and is_phone(string):
            e["ph"] = value
        elif e.get("zp") is None and is_zip(string):
            e["zp"] = value
        elif e.get("ge") is None and isinstance(value, str) and value.lower() in words:
            e["ge"] = words.get(value, "")


def literal(
    user: dict[str, Any],
    aliases: dict[str, list[str]],
    words: dict[str, str],
    is_address: Callable[[str], bool],
) -> dict[str, str]:
    numbered = sorted((key for key in user if key in ("0", "7", "10")), key=int)
    e = {key: user[key] for key in [*numbered, *(key for key in user if key not in numbered)]}
    for key in ("em", "email"):
        value = e.get(key)
        if isinstance(value, str) and not hash_like(value) and value.strip(WHITE):
            value = value.strip(WHITE)
            e[key] = value[:-1] if value[-1] == "," else value
    small = {key.lower(): value for key, value in e.items()}
    for key, others in aliases.items():
        for other in others:
            if e.get(key) is None and small.get(other) is not None:
                e[key] = small[other]
    fill_by_form(e, words, is_address)
    if (
        isinstance(e.get("em"), str)
        and e["em"].strip(WHITE)
        and not hash_like(e["em"])
        and "@" not in e["em"]
    ):
        e["em"] += "@gmail.com"
    hashers = {key: make_hasher(normalizers) for key, normalizers in normalizers_of("pixel").items()}
    hashes = {key: hasher(str(e[key])) for key, hasher in hashers.items() if e.get(key) is not None}
    return {key: hashed for key, hashed in hashes.items() if isinstance(hashed, str)}


@settings(max_examples=examples(300))
@given(data=st.data())
def test_a_user_gives_the_same_hashes_both_ways(
    data: st.DataObject,
    typed: Callable[[str], st.SearchStrategy[str]],
    vectors: Callable[[str], Any],
    is_address: Callable[[str], bool],
) -> None:
    """Keys under any of their names, values of any kind under any key, nulls and numbers."""
    tables = vectors("pixel/aliases.json")
    words = {word: letter for letter, kind in (("m", "male"), ("f", "female")) for word in tables[kind]}
    user: dict[str, Any] = {}
    for _ in range(data.draw(st.integers(0, 8))):
        key = data.draw(st.sampled_from(list(RULES)))
        names = [key, *tables["aliases"].get(key, []), data.draw(st.sampled_from(ODD_KEYS))]
        name = data.draw(st.sampled_from(names))
        values = st.one_of(typed(key), typed(key), st.none(), st.integers(-(10**9), 10**13))
        user[data.draw(st.sampled_from([name, name.upper(), name.title()]))] = data.draw(values)

    assert normalize_user(user) == literal(user, tables["aliases"], words, is_address)


@pytest.mark.parametrize(
    ("user", "settled"),
    [
        ({"em": " ada@example.com, "}, {"em": "ada@example.com"}),
        ({"em": "ada"}, {"em": "ada@gmail.com"}),
        ({"em": " , "}, {}),
        ({"em": "a" * 64}, {"em": "a" * 64}),
        ({"Email": "ada@example.com"}, {"em": "ada@example.com"}),
        ({"em": None, "user_email": "ada"}, {"em": "ada@gmail.com"}),
        ({"em": "", "email": "ada@example.com"}, {}),
        ({"EM": "Ada@example.com"}, {"em": "Ada@example.com"}),
        ({"notes": "555 1234 567"}, {"ph": "555 1234 567"}),
        ({"b": "2345678", "1": "1234567"}, {"ph": "1234567"}),  # numbered keys come first
        ({"ph": None, "notes": "12345-6789"}, {"ph": "12345-6789"}),
        ({"5": "12345-6789", "ph": None}, {"ph": "12345-6789", "zp": "12345-6789"}),
        ({"age": "MALE", "kind": "male"}, {}),
        ({"kind": "woman"}, {"ge": "f"}),
        ({"db": 19970216}, {"ph": "19970216", "db": "19970216"}),
        ({"zip": 10115.0, "st": 0.5}, {"zp": "10115", "st": "0.5"}),
        ({"ct": 1e-7, "external_id": -0.0}, {"ct": "1e-7", "external_id": "0"}),
        ({"ct": 1e20, "external_id": 1e21}, {"ct": "1" + "0" * 20, "external_id": "1e+21"}),
        ({"ge": True, "fn": ["Ada"], "ln": {"a": "b"}, "ct": None}, {}),
        ({"em": 5}, {"em": "5"}),
        ({}, {}),
    ],
)
def test_known_answers(user: dict[str, Any], settled: dict[str, str]) -> None:
    """What init takes each key's value from."""
    assert settle(user) == settled


@settings(max_examples=examples(100))
@given(number=st.floats(allow_nan=False, allow_infinity=False))
@example(number=-0.0)
@example(number=1e-7)
@example(number=1e21)
def test_a_number_is_the_text_that_browsers_write(
    number: float, number_as_text: Callable[[float], str]
) -> None:
    """Very small and very large ones have an exponent there."""
    text = number_as_text(number)

    assert settle({"external_id": number})["external_id"] == text
    assert normalize_user({"external_id": number}) == normalize_user({"external_id": text})


@pytest.mark.parametrize("key", RULES)
@settings(max_examples=examples(60))
@given(data=st.data())
def test_a_user_of_one_field_gives_the_fields_own_hash(
    key: str, data: st.DataObject, typed: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """So that asking a pixel script about such users checks the field rules that actions hash by.

    Only addresses are tidied first: a comma at the end, and a missing domain.
    """
    value = data.draw(typed(key))
    if key == "em" and ("@" not in value or value.rstrip(WHITE).endswith(",")):
        value += "@b.co"

    assert normalize_user({key: value}).get(key) == make_hasher(normalizers_of("pixel")[key])(value)
