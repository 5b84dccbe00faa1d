"""Sentences about missing fields name the paths of the event that the mapping takes them from."""

from typing import Any

import pytest
from hypothesis import given

from capi_actions import Action, EventError, Field, Plugins, builtin
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.testing import json_values

PERSON = {"email": Field(type="string", required=True)}
ACTION = Action(
    name="shop.order",
    title="Order",
    description="",
    trigger=None,
    fields={
        "currency": Field(type="string", required=True),
        "person": Field(type="object", properties=PERSON),
    },
    build=lambda values: values,
)
PLUGINS = Plugins(builtin)
A, B, C = ({"@path": f"$.properties.{name}"} for name in "abc")


def refused(mapping: dict[str, Any]) -> list[str]:
    """Return the sentences about an event without properties."""
    with pytest.raises(EventError) as caught:
        CompiledAction.compile(ACTION, mapping, PLUGINS, {}).build({"type": "track"})
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        (A, "; the mapping takes it from $.properties.a."),
        ({"@path": "properties.a"}, "; the mapping takes it from $.properties.a."),
        (
            {"@if": {"exists": A, "then": A, "else": B}},
            "; the mapping takes it from $.properties.a or $.properties.b.",
        ),
        (
            {"@if": {"blank": A, "then": A, "else": {"@if": {"blank": B, "then": B, "else": C}}}},
            "; the mapping takes it from $.properties.a, $.properties.b or $.properties.c.",
        ),
        ({"@case": {"operator": "upper", "value": A}}, "; the mapping takes it from $.properties.a."),
        ({"@replace": {"pattern": "x", "value": A}}, "; the mapping takes it from $.properties.a."),
        # What is made of several values, or of none of the event's, is taken from nowhere.
        ({"@template": ""}, "."),
        ({"@literal": None}, "."),
        (None, "."),
        ({"@transform": {"apply": {"x": A}, "mapping": {"@path": "$.x"}}}, "."),
        ({"@arrayPath": ["$.properties.list", {"@path": "$.x"}]}, "."),
    ],
)
def test_a_missing_field_s_sentence_names_where_it_would_come_from(value: Any, ending: str) -> None:
    """Whoever sends events knows their paths, not the platform's names of fields."""
    assert [f"The root value is missing the required field 'currency'{ending}"] == refused(
        {"currency": value}
    )


def test_a_field_of_an_object_is_found_in_the_object_s_mapping() -> None:
    """By the path of the object that lacks it."""
    (problem,) = refused({"currency": "EUR", "person": {"email": A}})

    assert problem.endswith(
        " is missing the required field 'email'; the mapping takes it from $.properties.a."
    )


def test_a_list_of_very_many_paths_is_left_out() -> None:
    """It would be longer than what it explains."""
    value: Any = A
    for number in range(5):
        path = {"@path": f"$.properties.p{number}"}
        value = {"@if": {"blank": path, "then": path, "else": value}}

    assert ["The root value is missing the required field 'currency'."] == refused({"currency": value})


@given(json_values())
def test_the_sentence_quotes_nothing_of_the_event(secret: Any) -> None:
    """Only the mapping's own paths."""
    compiled = CompiledAction.compile(ACTION, {"currency": A}, PLUGINS, {})
    with pytest.raises(EventError) as caught:
        compiled.build({"type": "track", "properties": {"other": secret}, "marker@example.com": secret})

    expected = (
        "The root value is missing the required field 'currency'; the mapping takes it from $.properties.a."
    )
    assert expected == str(caught.value)
