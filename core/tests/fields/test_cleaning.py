"""What counts as absent, and which keys stay."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import EventError
from capi_actions.fields import CheckFields

Clean = Callable[..., Any]
Compiled = Callable[..., CheckFields]

TYPES = ["string", "text", "password", "number", "integer", "boolean", "datetime", "object"]


@pytest.mark.parametrize("multiple", [True, False])
@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("kind", TYPES)
def test_null_and_empty_strings_are_absent_at_the_root(
    clean: Clean, kind: str, value: Any, multiple: bool
) -> None:
    """A mapping whose source is missing gives them."""
    assert clean(value, type=kind, multiple=multiple) == "absent"


@pytest.mark.parametrize("kind", TYPES)
def test_null_stays_where_it_is_allowed(clean: Clean, kind: str) -> None:
    """Some platforms unset a value with it; in a list it never means anything."""
    assert clean(None, type=kind, allowNull=True) is None
    assert clean(None, type=kind, allowNull=True, multiple=True) == "absent"
    assert clean("", type=kind, allowNull=True) == "absent"


@pytest.mark.parametrize("kind", TYPES[:-1])
def test_a_list_of_null_is_null(clean: Clean, kind: str) -> None:
    """Not 0, false or an empty string."""
    assert clean([None], type=kind) == "absent"
    assert clean([None], type=kind, allowNull=True) is None
    assert clean([None, [None]], type=kind, multiple=True) == []


def test_strings_in_objects_and_lists_may_be_empty(clean: Clean) -> None:
    """Only at the root an empty string means nothing."""
    fields = {"s": {"type": "string"}, "n": {"type": "number"}, "o": {"type": "object"}}

    assert clean({"s": "", "n": "", "o": ""}, type="object", properties=fields) == {"s": ""}
    assert clean(["", None, "x"], type="string", multiple=True) == ["", "x"]
    assert clean(["", None, 1], type="number", multiple=True) == [1]


def test_items_of_lists_are_cleaned_too(clean: Clean) -> None:
    """A product without a price doesn't cost 0."""
    fields = {"id": {"type": "string"}, "price": {"type": "number"}, "new": {"type": "boolean"}}
    products = [{"id": None, "price": None, "new": None}, None, "", {"id": "x", "price": ""}]

    assert clean(products, type="object", multiple=True, properties=fields) == [{}, {"id": "x"}]


def test_unknown_keys_are_left_out(compiled: Compiled, clean: Clean) -> None:
    """A platform may refuse what it doesn't know."""
    fields = {"s": {"type": "string"}}
    payload = {"s": 1, "other": [None]}

    assert compiled(a={"type": "string"})({"b": 1, "dynamicAuthSettings": {}}) == {}
    assert clean(payload, type="object", properties=fields) == {"s": "1"}
    assert clean(payload, type="object", properties={}) == {}
    assert clean(payload, type="object", properties=fields, additionalProperties=True) == {
        "s": "1",
        "other": [None],
    }


def test_free_form_objects_are_passed_on_as_they_are(clean: Clean) -> None:
    """What custom data means is not ours to say; it isn't even copied."""
    custom = {"a": None, "b": "", "c": [None, {"d": float("inf")}]}

    assert clean(custom, type="object") is custom
    assert clean([custom], type="object", multiple=True)[0] is custom


def test_keys_keep_the_payload_s_order(compiled: Compiled) -> None:
    """Two runs of one event give the same bytes."""
    check = compiled(a={"type": "string"}, b={"type": "number"}, c={"type": "string"})

    assert list(check({"c": 1, "b": "2", "x": 0, "a": "3"})) == ["c", "b", "a"]


@pytest.mark.parametrize(("kind", "wrapped"), [("string", ["5"]), ("number", [5]), ("datetime", [5])])
def test_a_single_value_makes_a_list_of_one(clean: Clean, kind: str, wrapped: list[Any]) -> None:
    """At any depth, objects too."""
    inner = {"l": {"type": kind, "multiple": True}, "o": {"type": "object", "multiple": True}}

    assert wrapped == clean(5, type=kind, multiple=True)
    assert {"l": wrapped, "o": [{}]} == clean({"l": 5, "o": {}}, type="object", properties=inner)


def test_each_wrong_item_is_named(compiled: Compiled) -> None:
    """By its place in the list that was given."""
    check = compiled(a={"type": "number", "multiple": True, "label": "A"})
    with pytest.raises(EventError) as caught:
        check({"a": [1, None, "x", {}]})

    assert [problem.path for problem in caught.value.problems] == ["$.a[2]", "$.a[3]"]
    assert caught.value.problems[0].message.startswith("The value at /a/2 must be a number but it was a text")


@pytest.mark.parametrize(
    ("payload", "words"),
    [(None, "null"), ("x", "a string"), (5, "a number"), ([], "an array"), (True, "a boolean")],
)
def test_the_payload_must_be_an_object(compiled: Compiled, payload: Any, words: str) -> None:
    """A mapping with a directive at its root can give anything."""
    with pytest.raises(EventError, match=f"^The root value must be an object but it was {words}.$"):
        compiled(a={"type": "string"})(payload)


def test_objects_are_not_made_of_other_things(compiled: Compiled) -> None:
    """Nor taken out of a list of one."""
    check = compiled(
        a={"type": "object", "label": "a"}, b={"type": "object", "allowNull": True, "properties": {}}
    )
    with pytest.raises(EventError) as caught:
        check({"a": [{}], "b": "x"})

    assert [str(problem) for problem in caught.value.problems] == [
        "$.a: A must be an object but it was an array.",
        "$.b: The value at /b must be an object or null but it was a string.",
    ]


@pytest.mark.parametrize("text", ['{"id": "a"}', '[{"id": "a"}]', " \n[1]"])
def test_json_in_a_text_is_no_object_and_how_to_decode_it_is_said(compiled: Compiled, text: str) -> None:
    """Tag managers and spreadsheets have their lists so."""
    with pytest.raises(EventError) as caught:
        compiled(a={"type": "object", "multiple": True})({"a": text})

    assert 'it was a text that holds JSON: map it with {"@json": {"mode": "decode"' in caught.value.message


def test_a_subclass_of_dict_is_an_object(clean: Clean) -> None:
    """Python callers have ordered ones; what comes out is a copy of it."""
    payload = OrderedDict(s=5)

    assert clean(payload, type="object", properties={"s": {"type": "string"}}) == {"s": "5"}
    assert payload == {"s": 5}


def test_null_stays_absent_while_something_else_is_explained(compiled: Compiled) -> None:
    """The slow look at a wrong payload sees what the quick one saw."""
    nested = {"type": "object", "properties": {"s": {"type": "string", "required": True}}}
    check = compiled(n={"type": "number", "label": "N"}, o=nested, p={**nested, "allowNull": True})
    with pytest.raises(EventError) as caught:
        check({"n": "x", "o": None, "p": None})

    assert str(caught.value) == (
        "$.n: N must be a number but it was a text with letters; write 12.50:"
        " digits with a point for decimals, no thousands separators or currency sign."
    )
