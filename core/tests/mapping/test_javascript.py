"""Texts, JSON, blanks and replacements are JavaScript's: compared with V8 itself."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from capi_actions.mapping import compile_mapping
from capi_actions.testing import json_values
from support.length import examples

LIBRARY = r"""
const stringify = (json) => JSON.stringify(JSON.parse(json));
const text = (json) => { const value = JSON.parse(json); return value === null ? '' : String(value); };
const something = (json) => { const value = JSON.parse(json); return value !== null && value != ''; };
const parse = (text) => { try { return JSON.stringify([JSON.parse(text)]); } catch (error) { return 'none'; } };
const trim = (text) => text.trim();
const swap = (text, pattern, replacement, flags) =>
  text.replace(new RegExp(pattern.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, '\\$&'), flags), replacement);
"""

EXACT = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    "aAsSkKſKıİiIσςΣßẞµμΜéÉΩΩåÅÅdžDŽDž😀𐐀𐐨"
)
TEXTS = st.text(CHARACTERS, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | EXACT | TEXTS | st.just(""),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(0, 12).map(str), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def v8() -> Iterator[Callable[..., Any]]:
    """Call a function of the library in V8."""
    with closing(MiniRacer()) as engine:
        engine.eval(LIBRARY)
        yield engine.call


def made(directive: dict[str, Any], value: Any) -> Any:
    """Resolve a directive that reads ``$.v``."""
    return compile_mapping({"r": directive})({"v": value}).get("r", "missing")


PATH = {"@path": "$.v"}


@settings(deadline=None)
@given(VALUES)
@example([1e21, 1e-7, 123456789012345680000.0, 0.1, 5.0, -0.0, 1e16, 1.5e300, 2**53])
@example({"b": 1, "10": 2, "2": 3, "01": 4, "-1": 5, "4294967295": 6, "4294967294": 7})
@example('\u2028\x07\x7f"\\/\x1f')
def test_json_is_written_as_v8_writes_it(v8: Callable[..., Any], value: Any) -> None:
    """Byte for byte, the order of keys included."""
    assert v8("stringify", json.dumps(value)) == made({"@json": {"mode": "encode", "value": PATH}}, value)


@settings(deadline=None)
@given(VALUES)
@example([1e21, [1e-7, [None, []]], {"a": 1}, True])
def test_text_is_written_as_v8_writes_it(v8: Callable[..., Any], value: Any) -> None:
    """In templates."""
    assert v8("text", json.dumps(value)) == made({"@template": "{{v}}"}, value)


@settings(deadline=None)
@given(
    VALUES
    | st.sampled_from(
        [0, False, "", [], [[]], [""], [None], [0], [False], {}, " ", "0", [[], []], [None, None]]
    )
)
def test_blank_is_what_equals_no_text_in_v8(v8: Callable[..., Any], value: Any) -> None:
    """As loosely as == has it."""
    assert v8("something", json.dumps(value)) == made(
        {"@if": {"blank": PATH, "then": True, "else": {"@literal": False}}}, value
    )


@settings(deadline=None)
@given(
    st.text()
    | json_values(4).map(json.dumps)
    | st.sampled_from(["NaN", "-Infinity", "[1,]", "\ufeff1", " 1\n", "1e400", "01", "{'a':1}"])
)
def test_json_is_read_as_v8_reads_it(v8: Callable[..., Any], text: str) -> None:
    """What V8 can't read stays text; long integers keep their digits, which V8's lose."""
    read = v8("parse", text)
    given_ = made({"@json": {"mode": "decode", "value": PATH}}, text)

    if read == "none":
        assert given_ == text
    else:
        written = made({"@json": {"mode": "encode", "value": PATH}}, [given_])
        assert repr(json.loads(read, parse_int=float)) == repr(json.loads(written, parse_int=float))


@settings(deadline=None, max_examples=examples(300))
@given(
    TEXTS,
    st.text(CHARACTERS, min_size=1, max_size=3),
    st.text(st.sampled_from("$&`'1<>x"), max_size=6),
    st.booleans(),
    st.booleans(),
)
@example("aſsS", "s", "[$&]", True, True)
@example("xKkK", "k", "$`$'", True, True)
@example("σςΣ", "σ", "$$", True, False)
@example("^$()[]{}|", "^$()[]{}|", "-", False, False)
def test_replacing_is_v8_s(
    v8: Callable[..., Any], text: str, pattern: str, new: str, fold: bool, every: bool
) -> None:
    """Case, dollars, the first or all: the pattern often occurs, in some case."""
    text = text + pattern + text + pattern.swapcase() + text
    options = {"pattern": pattern, "replacement": new, "ignorecase": fold, "global": every, "value": PATH}

    assert v8("swap", text, pattern, new, "g" * every + "i" * fold) == made({"@replace": options}, text)


def test_every_letter_folds_as_in_v8(v8: Callable[..., Any]) -> None:
    """All that have another case within the basic plane."""
    letters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    cased = [letter for letter in letters if letter.upper() != letter or letter.lower() != letter]
    text = "".join(cased)
    differing = [
        letter
        for letter in cased[::7]
        if v8("swap", text, letter, "_", "gi")
        != made(
            {"@replace": {"pattern": letter, "replacement": "_", "ignorecase": True, "value": PATH}}, text
        )
    ]

    assert len(cased) > 2000
    assert differing == []


@given(
    st.sampled_from(
        [chr(code) for code in (*range(0x21), *range(0x7F, 0xA2), 0x180E, *range(0x2000, 0x2070), 0xFEFF)]
    )
)
def test_spaces_around_names_are_what_v8_trims(v8: Callable[..., Any], space: str) -> None:
    """Python's own strip takes others away."""
    key = v8("trim", f"{space}a{space}")

    assert compile_mapping({"@template": f"{{{{{space}a{space}}}}}"})({key: "x"}) == "x"
