"""Fields whose values are hashed before an action sees them."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import compile_fields
from capi_actions.hashing import Hasher
from capi_actions.model import Choice, Condition, Field, FieldType, Requirement


def digest(text: str) -> str:
    """Hash as it is."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


HASHERS: dict[str, Hasher] = {
    "id": lambda text: f"<{text}>",
    "both": lambda text: [f"1{text}", f"2{text}"],
    "none": lambda text: None,
    "some": lambda text: f"<{text}>" if text.isalpha() else None,
    "sha256": digest,
}


def result(value: Any, hashed: str = "id", **options: Any) -> Any:
    """Check one value of one hashed field."""
    field = Field(**{"type": "string", "hashed": hashed, **options})
    return compile_fields({"a": field}, HASHERS)({"a": value}).get("a", "absent")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("string", "x", "x"),
        ("string", 5.0, "5"),
        ("string", True, "true"),
        ("string", ["x"], "x"),
        ("number", " 5.50 ", "5.5"),
        ("integer", 9007199254740993, "9007199254740993"),
        ("boolean", "true", "true"),
        ("datetime", 1714566896, "1714566896"),
    ],
)
def test_the_hasher_gets_text(kind: FieldType, value: Any, text: str) -> None:
    """Whatever the field's type: people hash words."""
    assert f"<{text}>" == result(value, type=kind)


@pytest.mark.parametrize("value", [1e22, -(2.0**53), [1e22], 1.5e300])
@pytest.mark.parametrize("multiple", [False, True])
def test_ids_that_lost_digits_are_not_hashed(value: Any, multiple: bool) -> None:
    """An integer of more than 64 bits comes as a double: two people would get one hash."""
    with pytest.raises(EventError, match="must be text: a number this large has lost digits"):
        result(value, multiple=multiple)


@pytest.mark.parametrize("value", ["", None, [None], [""]])
def test_what_counts_as_absent_is_not_hashed(value: Any) -> None:
    """The hash of nothing would match everybody without the value."""
    assert result(value) == "absent"
    nested = Field(type="object", properties={"a": Field(type="string", hashed="id")})
    assert compile_fields({"o": nested}, HASHERS)({"o": {"a": value}}) == {"o": {}}


def test_lists_are_hashed_item_by_item() -> None:
    """A single value makes a list, as without hashing."""
    assert result(["x", None, "", 5], multiple=True) == ["<x>", "<5>"]
    assert result("x", multiple=True) == ["<x>"]


def test_several_hashes_of_one_value_lie_side_by_side() -> None:
    """Flat, as platforms take them."""
    assert result("x", "both") == ["1x", "2x"]
    assert result(["x", "y"], "both", multiple=True) == ["1x", "2x", "1y", "2y"]


def test_of_equal_hashes_one_is_kept() -> None:
    """Two spellings of one address are one person; the first hash stays the first."""
    assert result(["x", "y", "x"], "some", multiple=True) == result(["x", "y"], "some", multiple=True)
    assert result(["y", "x", "y"], "both", multiple=True) == ["1y", "2y", "1x", "2x"]


def test_values_without_a_hash_are_left_out() -> None:
    """The key goes with the last of them."""
    assert result("x", "none") == "absent"
    assert result(["x", "y"], "none", multiple=True) == "absent"
    assert result([], multiple=True) == "absent"
    assert result(["1", "x"], "some", multiple=True) == ["<x>"]


def test_a_required_value_without_a_hash_is_missing() -> None:
    """It would be missing for the platform."""
    with pytest.raises(EventError, match=r"^The root value is missing the required field 'a'.$"):
        result("x", "none", required=True)


def test_null_is_kept_where_it_is_allowed() -> None:
    """It is not a value to hash."""
    assert result(None, allow_null=True) is None


def test_raw_values_are_checked_before_they_are_hashed() -> None:
    """Length, format and choices are about what people write."""
    assert result("a@b.co", format="email", maximum=6) == "<a@b.co>"
    for options in ({"format": "email"}, {"minimum": 2}, {"choices": (Choice("y"),)}):
        with pytest.raises(EventError):
            result("x", **options)


def test_a_wrong_item_refuses_the_event() -> None:
    """Also among hashes."""
    with pytest.raises(
        EventError, match=r"^\$\.a\[1\]: The value at /a/1 must be a string but it was an object.$"
    ):
        result(["x", {}], multiple=True)


@given(st.text() | st.integers() | st.lists(st.text()))
def test_no_raw_value_comes_out(value: Any) -> None:
    """Only hashes do."""
    hashes = result(value, "sha256", multiple=True)
    assert hashes == "absent" or all(len(digest) == 64 for digest in hashes)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (
            Field(type="string", hashed="em"),
            r"\$.a.hashed: there is no hasher 'em'; there are: both, id, none, sha256, some",
        ),
        (Field(type="object", hashed="id"), r"\$.a.hashed: an object can't be hashed; hash its properties"),
    ],
)
def test_what_can_not_be_hashed_is_said_at_once(field: Field, sentence: str) -> None:
    """When the configuration is read, not when the first event comes."""
    with pytest.raises(ConfigError, match=f"^{sentence}"):
        compile_fields({"a": field}, HASHERS)


def test_conditions_ask_only_whether_a_hashed_field_is_there() -> None:
    """Comparing a hash with a raw value would never hold."""
    fields = {
        "a": Field(type="string", hashed="id"),
        "b": Field(
            type="string", required=Requirement(conditions=(Condition(field_key="a", operator="is_not"),))
        ),
    }
    with pytest.raises(EventError, match=r"^The root value is missing the required field 'b'.$"):
        compile_fields(fields, HASHERS)({"a": "x"})

    compared = Condition(field_key="a", operator="is", value="x")
    fields["b"] = Field(type="string", required=Requirement(conditions=(compared,)))
    with pytest.raises(ConfigError, match=r"^\$.b.required.conditions\[0\].value: a is hashed"):
        compile_fields(fields, HASHERS)
