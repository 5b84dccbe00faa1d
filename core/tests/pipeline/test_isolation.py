"""What a plugin changes in one mapping reaches no other mapping, no id, and not the caller's event."""

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Action, Directive, Field, Item, JsonObject, Plugins, builtin, hookimpl
from capi_actions.codec import copy_json
from capi_actions.config import read_config
from capi_actions.pipeline import HeldBack, Pipeline
from capi_actions.testing import json_objects, json_values

NOW = 1_000_000
PROPERTIES = {"@path": "$.properties"}
FREE = Field(type="object", default=PROPERTIES)
NESTED = Field(type="object", default=PROPERTIES, properties={"inner": Field(type="object")})

FIELDS = {
    "free": {"free": FREE},
    "nullable": {"free": evolve(FREE, allow_null=True)},
    "list": {"free": evolve(FREE, multiple=True, default=[PROPERTIES, {"x": PROPERTIES}])},
    "single": {"free": evolve(FREE, multiple=True, keeps_single=True)},
    "array path": {"free": evolve(FREE, multiple=True, default={"@arrayPath": ["$.properties.products"]})},
    "merge": {"free": evolve(FREE, default={"@merge": {"objects": [PROPERTIES, {}], "direction": "left"}})},
    "if": {"free": evolve(FREE, default={"@if": {"exists": PROPERTIES, "then": PROPERTIES}})},
    "member": {"free": evolve(FREE, default={"x": PROPERTIES, "y": {"z": [PROPERTIES]}})},
    "nested": {"free": NESTED},
    "nested member": {"free": evolve(NESTED, default={"inner": PROPERTIES})},
    "others": {"free": evolve(NESTED, additional_properties=True)},
    "other member": {"free": evolve(NESTED, additional_properties=True, default={"else": PROPERTIES})},
    "constant": {"free": evolve(FREE, default={"x": {"y": [1]}})},
}


def vandalize(value: Any) -> None:
    """Change all objects and lists in a value."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in list(members):
        vandalize(member)
    if isinstance(value, dict):
        value["vandal"] = 1
    elif isinstance(value, list):
        value.append("vandal")


def vandal_directive(*, copies_event: bool = True) -> Directive:
    """Return a directive that breaks its promise not to change the payload."""

    def resolve(payload: Any) -> str:
        vandalize(payload)
        return "x"

    return Directive(name="@vandal", compile=lambda value, compiler: resolve, copies_event=copies_event)


@pytest.fixture(scope="module")
def build(plugins: Plugins) -> Callable[..., Pipeline]:
    """Compile two equal mappings of an action whose build changes all that it gets."""

    def built(fields: dict[str, Field], directive: Directive | None = None, mapping: str = "") -> Pipeline:
        def spoil(values: JsonObject) -> JsonObject:
            data = {**deepcopy(values), "time": NOW}
            vandalize(values)
            return data

        action = Action(
            name="acme.spoil", title="", description="", trigger='type = "track"', fields=fields, build=spoil
        )
        offers: dict[str, Any] = {
            "capi_destinations": list(plugins.destinations.values()),
            "capi_actions": [action],
            "capi_normalizers": list(plugins._normalizers.values()),
            "capi_directives": [directive] if directive else [],
        }
        hooks = {hook: hookimpl(lambda offered=offered: offered) for hook, offered in offers.items()}
        loaded = Plugins(builtin, SimpleNamespace(__name__="plug", **hooks))
        table = f'[[destinations.main.mappings]]\naction = "acme.spoil"\n{mapping}\n'
        text = f'[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "t"\n{table}{table}'
        return Pipeline.build(read_config(text, loaded), loaded)

    return built


def bodies(pipeline: Pipeline, event: JsonObject) -> list[Any]:
    """Return what two equal mappings made of an event."""
    first, second = pipeline.process(event, NOW)
    assert type(first) is type(second)
    assert not isinstance(first, HeldBack) and not isinstance(second, HeldBack)
    return [outcome.body if isinstance(outcome, Item) else str(outcome.error) for outcome in (first, second)]


@pytest.fixture(scope="module", params=FIELDS)
def pipeline(build: Callable[..., Pipeline], request: pytest.FixtureRequest) -> Pipeline:
    """Two equal mappings with the same fields; compiled once, so that no event may leave anything for the next."""
    return build(FIELDS[request.param])


@given(properties=json_objects(), products=st.lists(json_objects(3), max_size=3), inner=json_values(3))
def test_what_build_changes_reaches_neither_the_event_nor_the_next_mapping(
    pipeline: Pipeline,
    properties: JsonObject,
    products: Any,
    inner: Any,
) -> None:
    """Objects that pass a field as they are would else be the event's own."""
    event = {"type": "track", "properties": {**properties, "products": products, "inner": inner}}
    original = deepcopy(event)

    first, second = bodies(pipeline, event)

    assert original == event
    assert first == second
    assert [first, second] == bodies(pipeline, event)


def test_what_a_directive_changes_reaches_neither_the_event_nor_the_next_mapping(
    build: Callable[..., Pipeline],
) -> None:
    """Even one that breaks its promise."""
    fields = {"x": Field(type="string", default={"@vandal": 1}), "free": FREE}
    event = {"type": "track", "properties": {"a": [1]}}

    first, second = bodies(build(fields, vandal_directive()), event)

    assert event == {"type": "track", "properties": {"a": [1]}}
    assert first == second


@pytest.mark.parametrize(
    "nested", ['{ "@case" = { "operator" = "lower", "value" = { "@vandal" = 1 } } }', '[{ "@vandal" = 1 }]']
)
def test_a_directive_is_found_wherever_a_mapping_has_it(build: Callable[..., Pipeline], nested: str) -> None:
    """Also inside other directives and lists."""
    fields = {"x": Field(type="string", multiple=True), "free": FREE}
    pipeline = build(fields, vandal_directive(), f"mapping = {{ x = {nested} }}")
    event = {"type": "track", "properties": {"a": [1]}}

    bodies(pipeline, event)

    assert event == {"type": "track", "properties": {"a": [1]}}


def test_a_directive_that_vouches_for_itself_gets_the_event_itself(build: Callable[..., Pipeline]) -> None:
    """What it changes then reaches all: the copy is what stands between."""
    fields = {"x": Field(type="string", default={"@vandal": 1})}
    event: JsonObject = {"type": "track"}

    build(fields, vandal_directive(copies_event=False)).process(event, NOW)

    assert event["vandal"] == 1


@given(json_values(20))
def test_a_copy_is_equal_and_shares_nothing(value: Any) -> None:
    """At any depth."""
    original = deepcopy(value)

    copy = copy_json(value)
    assert copy == value
    vandalize(copy)

    assert original == value


def test_a_deep_value_is_copied() -> None:
    """Events nest up to 1,024 levels, more than Python's own recursion allows."""
    value: Any = []
    for _ in range(5_000):
        value = [value]

    copy, depth = copy_json(value), 0
    while copy:
        (copy,) = copy
        depth += 1

    assert depth == 5_000
