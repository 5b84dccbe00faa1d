"""The marker of a missing value never leaves a mapping, and could not be sent if it did."""

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import MISSING, EventError
from capi_actions.codec import encode_item
from capi_actions.jsonl import write_line
from capi_actions.mapping import compile_mapping

NOTHING = {"@path": "$.nope"}
LIST = {"@path": "$.list"}
OBJECT = {"@path": "$.object"}
EVENT = {"type": "track", "list": [1, {"a": None}, [None]], "object": {"k": {"n": None}}, "text": "{{nope}}"}


def flatten(value: Any, omit_arrays: bool) -> dict[str, Any]:
    """Return an ``@flatten``."""
    return {"@flatten": {"separator": ".", "value": value, "omitArrays": omit_arrays}}


def directive(value: Any) -> dict[str, Any]:
    """Return a value as a directive, which some arguments must be."""
    return {"@literal": value}


# Every argument of every directive that takes a value.
POSITIONS: dict[str, Callable[[Any], Any]] = {
    "member": lambda value: {"a": value, "b": 1},
    "item": lambda value: [value, 1],
    "@path": lambda value: {"@path": directive(value)},
    "@template": lambda value: {"@template": directive(value)},
    "@literal": lambda value: {"@literal": {"a": [value]}},
    "@if exists": lambda value: {"@if": {"exists": value, "then": 1, "else": value}},
    "@if blank": lambda value: {"@if": {"blank": value, "then": value, "else": 1}},
    "@if then": lambda value: {"@if": {"exists": 1, "then": value, "else": 1}},
    "@arrayPath path": lambda value: {"@arrayPath": [directive(value), {"a": {"@path": "$.a"}, "b": value}]},
    "@arrayPath items": lambda value: {"@arrayPath": [{"@literal": [value, 1]}, {"@path": ""}]},
    "@arrayPath whole": lambda value: {
        "@arrayPath": [directive({"a": value, "b": [value]}), {"w": {"@path": ""}}]
    },
    "@arrayPath wholes": lambda value: {
        "@arrayPath": [directive([value, {"a": value}]), {"w": {"@path": ""}}]
    },
    "@arrayPath shape": lambda value: {"@arrayPath": [LIST, {"a": value, "b": [value]}]},
    "@arrayPath bare": lambda value: {"@arrayPath": [{"@literal": [value]}]},
    "@case": lambda value: {"@case": {"operator": "lower", "value": directive(value)}},
    "@replace": lambda value: {"@replace": {"pattern": "a", "replacement": "b", "value": directive(value)}},
    "@merge": lambda value: {
        "@merge": {"direction": "right", "objects": [{"a": value, "b": [value]}, OBJECT]}
    },
    "@merge element": lambda value: {
        "@merge": {"direction": "left", "objects": [{"@if": {"exists": 1, "then": value}}]}
    },
    "@transform apply": lambda value: {
        "@transform": {"apply": {"a": value}, "mapping": {"b": {"@path": "a"}}}
    },
    "@transform mapping": lambda value: {
        "@transform": {"apply": OBJECT, "mapping": {"a": value, "b": [value]}}
    },
    "@flatten": lambda value: flatten({"l": [value, {"a": value}, [value]], "o": {"a": value}}, False),
    "@flatten omitArrays": lambda value: flatten(
        {"l": [value, {"a": value}, [value]], "o": {"a": value}}, True
    ),
    "@flatten list": lambda value: flatten([value, 1], True),
    "@flatten alone": lambda value: flatten(value, True),
    "@excludeWhenNull": lambda value: {"@excludeWhenNull": {"a": value, "b": [value], "c": {"d": value}}},
    "@json encode": lambda value: {"@json": {"mode": "encode", "value": {"a": value, "b": [value]}}},
    "@json decode": lambda value: {"@json": {"mode": "decode", "value": value}},
}

MAPPINGS = st.recursive(
    st.sampled_from(
        [NOTHING, LIST, OBJECT, {"@path": ""}, {"@path": "$.object.k.n"}, {"@path": "$.text"}, 1, "x"]
    ),
    lambda inner: st.builds(
        lambda position, value: position(value), st.sampled_from(list(POSITIONS.values())), inner
    ),
    max_leaves=6,
)


def values_in(value: Any) -> Iterator[Any]:
    """Yield a value and everything inside."""
    yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from values_in(part)


def assert_nothing_is_missing(mapping: Any) -> None:
    """Resolve a mapping and look into every corner of the result."""
    try:
        result = compile_mapping({"r": mapping})(EVENT)
    except EventError:
        return
    assert all(value is not MISSING for value in values_in(result))
    assert "MISSING" not in json.dumps(result)


@pytest.mark.parametrize("outer", POSITIONS)
@pytest.mark.parametrize("inner", POSITIONS)
def test_no_argument_lets_the_marker_through(outer: str, inner: str) -> None:
    """Each directive's arguments, inside those of each other."""
    assert_nothing_is_missing(POSITIONS[inner](NOTHING))
    assert_nothing_is_missing(POSITIONS[outer](POSITIONS[inner](NOTHING)))


@given(MAPPINGS)
def test_no_mapping_lets_the_marker_through(mapping: Any) -> None:
    """Also three and more directives deep."""
    assert_nothing_is_missing(mapping)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"l": [NOTHING, 1]}, {"l": [None, 1]}),
        ({"l": [{"a": NOTHING, "b": 1}, [NOTHING]]}, {"l": [{"b": 1}, [None]]}),
        ([NOTHING, 1], {"": [None, 1]}),
        ({"o": {"l": [NOTHING]}, "a": NOTHING}, {"o.l": [None]}),
    ],
)
def test_flatten_keeps_lists_as_json_has_them(
    value: Any, expected: dict[str, Any], resolve: Callable[..., Any]
) -> None:
    """With null for what is missing in a list, as everywhere else."""
    assert expected == resolve(flatten(value, True))


def test_what_flatten_keeps_of_the_event_stays_as_it_is(resolve: Callable[..., Any]) -> None:
    """Other mappings of the same event read it, too."""
    event = copy.deepcopy(EVENT)

    assert {"list": EVENT["list"]} == resolve(flatten({"list": LIST}, True), event)
    assert event == EVENT


@pytest.mark.parametrize(
    "layer",
    [
        {"@case": {"operator": "lower", "value": directive([1, NOTHING])}},
        {"@json": {"mode": "decode", "value": [1, NOTHING]}},
        {"@arrayPath": [directive([1, NOTHING])]},
        {"@arrayPath": [directive([{"k": 1}, {}]), {"@path": "$.k"}]},
        {"@excludeWhenNull": [1, NOTHING]},
        {"@transform": {"apply": {}, "mapping": directive([1, NOTHING])}},
        directive({"0": 1, "1": NOTHING}),
        flatten([1, NOTHING], False),
    ],
)
def test_what_is_missing_in_a_merge_takes_the_place_of_an_earlier_value(
    layer: Any, resolve: Callable[..., Any]
) -> None:
    """And then disappears, whichever directive it passed through."""
    assert {"0": 1, "2": 2} == resolve(
        {"@merge": {"direction": "right", "objects": [{"1": 0, "2": 2}, layer]}}
    )


@pytest.mark.parametrize(
    "value",
    [
        directive({"a": NOTHING, "b": 1}),
        flatten({"a": NOTHING, "b": 1}, False),
        {"@merge": {"direction": "left", "objects": [{"a": NOTHING}, {"b": 1}]}},
        {"@excludeWhenNull": {"a": None, "b": 1}},
    ],
)
def test_a_path_to_all_of_an_object_passes_over_missing_members(
    value: Any, resolve: Callable[..., Any]
) -> None:
    """Whatever made the object."""
    assert [{"w": {"b": 1}}] == resolve({"@arrayPath": [value, {"w": {"@path": ""}}]})


@pytest.mark.parametrize("direction", ["left", "right"])
def test_a_missing_value_flattened_takes_the_place_of_an_earlier_one(
    direction: str, resolve: Callable[..., Any]
) -> None:
    """It is the member without a name, as every value that is no object."""
    layers = [flatten("x", False), flatten(NOTHING, True)]
    if direction == "left":
        layers.reverse()

    assert {} == resolve({"@merge": {"direction": direction, "objects": layers}})


def test_the_marker_can_not_be_written() -> None:
    """A plugin's action that keeps one must not send its name."""
    for encode in (orjson.dumps, json.dumps):
        with pytest.raises(TypeError):
            encode({"a": [MISSING]})
    for data in ({"a": MISSING}, {"a": [MISSING], "b": "\ud800"}):
        with pytest.raises(EventError, match="can't be written as JSON"):
            encode_item(data)
        with pytest.raises(EventError, match="can't be printed"):
            write_line(data)


def test_a_copy_of_the_marker_is_the_marker() -> None:
    """It is compared by identity."""
    for marker in (copy.copy(MISSING), copy.deepcopy([MISSING])[0], pickle.loads(pickle.dumps(MISSING))):
        assert marker is MISSING
