"""Definitions: what is read, and what can't be meant."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import ConfigError
from capi_actions.fields import compile_fields, read_fields
from capi_actions.model import Choice, Condition, Field, Requirement

Misdefined = Callable[[Any], list[str]]


def test_everything_that_counts_is_read() -> None:
    """Names in camelCase become attributes; what is for forms on screens is ignored."""
    definition = {
        "price": {
            "label": "Price",
            "description": "What it cost",
            "type": "number",
            "required": {
                "match": "any",
                "conditions": [
                    {"type": "field", "fieldKey": "o.id", "operator": "is_not"},
                    {"fieldKey": "x", "operator": "is", "value": ["a", 1]},
                ],
            },
            "default": {"@path": "$.properties.price"},
            "multiple": True,
            "allowNull": True,
            "choices": [1, {"label": "Two", "value": 2, "description": "twice one"}],
            "minimum": 0,
            "maximum": 2.5,
            "placeholder": "12.50",
            "dynamic": True,
            "depends_on": {"anything": "goes"},
        },
        "o": {
            "type": "object",
            "additionalProperties": True,
            "properties": {"id": {"type": "string", "format": "uuid", "required": True}},
        },
    }
    conditions = (
        Condition(field_key="o.id", operator="is_not"),
        Condition(field_key="x", operator="is", value=["a", 1]),
    )

    assert {
        "price": Field(
            type="number",
            label="Price",
            description="What it cost",
            required=Requirement(conditions=conditions, match="any"),
            default={"@path": "$.properties.price"},
            multiple=True,
            allow_null=True,
            choices=(Choice(1), Choice(2, "Two")),
            minimum=0,
            maximum=2.5,
        ),
        "o": Field(
            type="object",
            additional_properties=True,
            properties={"id": Field(type="string", format="uuid", required=True)},
        ),
    } == read_fields(definition)


def test_a_type_is_enough() -> None:
    """Null stands for what isn't written."""
    written = dict.fromkeys(("label", "required", "choices", "properties", "minimum", "allowNull"))
    assert {"a": Field(type="text")} == read_fields({"a": {"type": "text", **written}})


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"type": "strng"}, "type: should be one of string, text, password, number,"),
        ({"type": None}, "type: should be one of"),
        ({"type": ["string"]}, "type: should be one of"),
        ({"label": 5}, "label: should be a string but is a number"),
        ({"required": "yes"}, "required: should be true, false or an object with conditions but is a string"),
        ({"required": {}}, "required.conditions: should be a list but is null"),
        ({"required": {"conditions": []}}, "required.conditions: name at least one condition, or write true"),
        (
            {"required": {"conditions": [5]}},
            "required.conditions[0]: should be an object, a condition, but is a number",
        ),
        (
            {"required": {"conditions": [{"type": "syncMode", "operator": "is"}]}},
            "required.conditions[0].fieldKey: should be the key of another field but is null",
        ),
        (
            {"required": {"conditions": [{"fieldKey": "b", "operator": "contains"}]}},
            "required.conditions[0].operator: should be is or is_not",
        ),
        (
            {"required": {"conditions": [{"fieldKey": "b", "operator": "is", "value": {"a": 1}}]}},
            "required.conditions[0].value: compare with a string, a number, a boolean or a list of those",
        ),
        (
            {"required": {"match": "some", "conditions": [{"fieldKey": "b", "operator": "is"}]}},
            "required.match: should be all or any",
        ),
        ({"multiple": 1}, "multiple: should be true or false but is a number"),
        ({"allowNull": "true"}, "allowNull: should be true or false but is a string"),
        ({"choices": "x"}, "choices: should be a list but is a string"),
        ({"choices": [None]}, "choices[0]: should be a string, a number, a boolean or an object"),
        ({"choices": [{"label": 1, "value": "x"}]}, "choices[0].label: should be a string but is a number"),
        ({"choices": ["x"], "type": "number"}, "choices[0]: a choice must be a number"),
        ({"choices": ["x"], "type": "object"}, "choices[0]: a choice must be an object"),
        ({"format": "e-mail"}, "format: there is no format 'e-mail'; use one of date, time, date-time,"),
        ({"format": "email", "type": "number"}, "format: only strings have a format, this is a number"),
        ({"properties": {}}, "properties: only objects have properties, this is a string"),
        (
            {"properties": [], "type": "object"},
            "properties: should be an object of field definitions but is an array",
        ),
        (
            {"properties": {"p": 5}, "type": "object"},
            "properties.p: should be an object, the field's definition, but is",
        ),
        ({"minimum": True}, "minimum: should be a number but is a boolean"),
        ({"minimum": "1"}, "minimum: should be a number but is a string"),
        (
            {"minimum": 1, "type": "boolean"},
            "minimum: only numbers and strings have bounds, this is a boolean",
        ),
        (
            {"maximum": 1, "type": "object"},
            "maximum: only numbers and strings have bounds, this is an object",
        ),
        ({"minimum": 2, "maximum": 1}, "minimum: minimum is more than maximum"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(
    misdefined: Misdefined, attributes: dict[str, Any], problem: str
) -> None:
    """Down to the attribute."""
    (reported,) = misdefined({"a": {"type": "string", **attributes}})

    assert reported.startswith(f"$.a.{problem}")


def test_all_definitions_are_read_before_complaining(misdefined: Misdefined) -> None:
    """Whoever mends them sees everything at once."""
    definition = {
        "a": {"type": "x", "label": 1},
        "b": 5,
        "c": {"type": "object", "properties": {"d": {"type": "string", "format": "?"}}},
    }

    assert [problem.partition(":")[0] for problem in misdefined(definition)] == [
        "$.a.type",
        "$.a.label",
        "$.b",
        "$.c.properties.d.format",
    ]


@pytest.mark.parametrize("definition", [None, [], "x", 5])
def test_definitions_are_an_object(misdefined: Misdefined, definition: Any) -> None:
    """Of one definition by key."""
    (reported,) = misdefined(definition)

    assert reported.startswith("should be an object of field definitions but is ")


def test_properties_have_a_depth(misdefined: Misdefined) -> None:
    """A definition that is a bomb is refused, read or built."""
    definition: dict[str, Any] = {"type": "string"}
    field = Field(type="string")
    for _ in range(2000):
        definition = {"type": "object", "properties": {"p": definition}}
        field = Field(type="object", properties={"p": field})

    assert misdefined({"a": definition})[0].endswith("properties may be nested 32 deep at most")
    with pytest.raises(ConfigError, match=r"properties may be nested 32 deep at most$"):
        compile_fields({"a": field})


def holder(properties: dict[str, Field], **options: Any) -> Field:
    """Make an object of such properties."""
    return Field(type="object", properties=properties, **options)


def needs(key: str) -> Requirement:
    """Make a requirement that asks for another field."""
    return Requirement(conditions=(Condition(field_key=key, operator="is_not"),))


def test_fields_built_in_python_are_looked_at_too() -> None:
    """Types are promises that nobody has to keep."""
    wrong: Any = "strng"
    with pytest.raises(ConfigError, match=r"^\$.a.type: there is no type 'strng'; use one of string, text,"):
        compile_fields({"a": Field(type=wrong)})


RENAMED = Field(type="string", sent_as="em")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"a": RENAMED}, r"\$.a.sent_as: only properties of an object"),
        (
            {"o": holder({"a": RENAMED, "em": Field(type="string")})},
            r"a.sent_as: another property is sent as 'em'",
        ),
        (
            {"o": holder({"a": RENAMED, "b": RENAMED})},
            r"\$.o.properties.b.sent_as: another property is sent as",
        ),
        ({"o": holder({"a": RENAMED}, additional_properties=True)}, "may hold one of this name already"),
        ({"o": holder({"a": holder({}, sent_as="em")})}, "neither objects nor"),
        (
            {"o": holder({"a": evolve(RENAMED, required=needs("b"))}), "b": Field(type="string")},
            "neither objects nor",
        ),
        (
            {"o": holder({"a": RENAMED}), "b": Field(type="string", required=needs("o.a"))},
            r"conditions\[0\].field_key: o.a is sent as 'em': no condition can ask for it",
        ),
    ],
)
def test_another_name_must_be_nobody_else_s(fields: dict[str, Field], problem: str) -> None:
    """Or one value would replace another without a word."""
    with pytest.raises(ConfigError, match=problem):
        compile_fields(fields)


def test_a_property_may_take_the_name_that_another_gives_up() -> None:
    """Both end where they belong."""
    fields = {"o": holder({"a": Field(type="string", sent_as="b"), "b": Field(type="string", sent_as="c")})}

    assert compile_fields(fields)({"o": {"a": "1", "b": "2"}}) == {"o": {"b": "1", "c": "2"}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
ATTRIBUTES = st.sampled_from(
    [
        "type",
        "label",
        "required",
        "multiple",
        "allowNull",
        "choices",
        "format",
        "properties",
        "minimum",
        "maximum",
    ]
)


@given(
    st.dictionaries(st.sampled_from("ab"), st.dictionaries(ATTRIBUTES, JSON | st.just("string")) | JSON)
    | JSON
)
def test_any_definition_is_read_or_refused(definition: Any) -> None:
    """Nothing but ConfigError comes out, and what is read can be compiled."""
    try:
        fields = read_fields(definition)
    except ConfigError as error:
        assert error.problems
    else:
        compile_fields(fields)
