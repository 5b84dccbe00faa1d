"""Sentences about refused amounts name the path of the event that the amount came from."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Action, EventError, Field, Plugins, builtin
from capi_actions.codec import decode_event
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.testing import json_values

ITEM = {"price": Field(type="number", label="Price"), "id": Field(type="string", label="Id")}
ACTION = Action(
    name="shop.order",
    title="Order",
    description="",
    trigger=None,
    fields={
        "value": Field(type="number", label="Value"),
        "kind": Field(type="string", label="Kind", minimum=9),
        "items": Field(type="object", multiple=True, properties=ITEM),
        "counts": Field(type="integer", multiple=True),
    },
    build=lambda values: values,
)
PLUGINS = Plugins(builtin)


def refused(mapping: dict[str, Any], properties: Any) -> dict[str, str]:
    """Return what follows the kind of text and the advice in the sentences about an event, by field."""
    event = decode_event(json.dumps({"type": "track", "properties": properties}).encode())
    with pytest.raises(EventError) as caught:
        CompiledAction.compile(ACTION, mapping, PLUGINS, {}).build(event)
    return {problem.path: problem.message.rpartition("; ")[2] for problem in caught.value.problems}


TOTAL, REVENUE = {"@path": "$.properties.total"}, {"@path": "$.properties.revenue"}
PRICE = {"@path": "$.price"}


@pytest.mark.parametrize(
    ("mapping", "properties", "sentences"),
    [
        ({"value": REVENUE}, {"revenue": "12,50"}, {"$.value": "it came from $.properties.revenue."}),
        (
            {"value": {"@if": {"blank": REVENUE, "then": REVENUE, "else": TOTAL}}},
            {"revenue": "", "total": "12,50"},
            {"$.value": "it came from $.properties.total."},
        ),
        (
            {"items": {"@arrayPath": ["$.properties.products", {"price": PRICE}]}},
            {"products": [{"price": 1}, {"price": "1,5"}]},
            {"$.items[1].price": "it came from $.properties.products[1].price."},
        ),
        (
            {"items": [{"price": TOTAL}, {"price": REVENUE}]},
            {"revenue": ["1", "2"], "total": {"amount": 5}},
            {
                "$.items[0].price": "Price must be a number but it was an object; it came from $.properties.total.",
                "$.items[1].price": "Price must be a number but it was an array; it came from $.properties.revenue.",
            },
        ),
        ({"counts": [1, REVENUE]}, {"revenue": "1,5"}, {"$.counts[1]": "it came from $.properties.revenue."}),
        (
            {"value": {"@path": "$.properties['a.b']"}},
            {"a": {"b": "1,5"}},
            {"$.value": "it came from $.properties.a.b."},
        ),
    ],
)
def test_the_path_is_named_whichever_directives_it_went_through(
    mapping: dict[str, Any], properties: Any, sentences: dict[str, str]
) -> None:
    """Whoever corrects the event has to find it there."""
    messages = refused(mapping, properties)

    assert sentences.keys() == messages.keys()
    assert all(sentences[path].endswith(sentence) for path, sentence in messages.items())


@pytest.mark.parametrize(
    ("mapping", "properties"),
    [
        ({"value": {"@template": "{{properties.revenue}},5"}}, {"revenue": "12"}),
        ({"value": "12,50"}, {}),
    ],
)
def test_no_path_is_named_where_there_is_none(mapping: dict[str, Any], properties: Any) -> None:
    """The mapping itself made the text."""
    assert "it came from" not in str(refused(mapping, properties))


def test_no_path_is_named_where_there_are_two() -> None:
    """A wrong path would be worse than none: Python may share equal texts."""
    text = "12,50"
    event = {"type": "track", "properties": {"revenue": text, "name": text}}
    with pytest.raises(EventError) as caught:
        CompiledAction.compile(ACTION, {"value": REVENUE}, PLUGINS, {}).build(event)

    assert "it came from" not in caught.value.message


def test_other_fields_keep_their_sentences() -> None:
    """They are the reference's."""
    messages = refused({"kind": TOTAL, "value": REVENUE}, {"revenue": "1,5", "total": "short"})

    assert "it came from" not in messages["$.kind"]
    assert "it came from" in messages["$.value"]


@given(json_values(), st.sampled_from(["$.properties", "$.properties.a", "$.properties[0]"]))
def test_any_event_is_refused_with_the_same_places(value: Any, path: str) -> None:
    """The sentences grow, nothing else changes; a value is never quoted."""
    mapping = {"value": {"@path": path}, "counts": {"@path": path}}
    event = {"type": "track", "properties": value}
    compiled = CompiledAction.compile(ACTION, mapping, PLUGINS, {})
    try:
        compiled.evaluate(event)
    except EventError as error:
        with pytest.raises(EventError) as caught:
            compiled.build(event)
        for ours, plain in zip(caught.value.problems, error.problems, strict=True):
            assert (plain.path, plain.code) == (ours.path, ours.code)
            assert ours.message.startswith(plain.message[:-1])
    else:
        compiled.build(event)


def test_a_large_event_is_searched_in_bounded_time_and_memory() -> None:
    """One text a hundred thousand times: only that it is shared counts."""
    messages = refused({"value": REVENUE}, {"revenue": "12,50", "list": ["x"] * 100_000})

    assert messages.keys() == {"$.value"}
