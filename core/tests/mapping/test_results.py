"""What a caller may rely on about results."""

import copy
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from capi_actions.mapping import compile_mapping
from capi_actions.model import MISSING

Resolve = Callable[..., Any]


def test_literals_are_the_caller_s_own() -> None:
    """Changing one event's result changes no other's, nor the mapping."""
    mapping = {
        "a": {"b": [1, {"c": 2}]},
        "l": {"@literal": {"x": []}},
        "i": {"@if": {"exists": 1, "then": [1]}},
        "s": {"@arrayPath": [{"@literal": [{}, {}]}, {"k": [0]}]},
        "m": {"@merge": {"direction": "left", "objects": [{"y": {"z": 1}}]}},
    }
    before = copy.deepcopy(mapping)
    resolve = compile_mapping(mapping)
    expected = copy.deepcopy(resolve({}))

    def spoil(value: Any) -> None:
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            spoil(part)
        if isinstance(value, dict | list):
            value.clear()

    spoil(resolve({}))

    assert expected == resolve({})
    assert before == mapping


def test_a_result_need_not_be_an_object(resolve: Resolve) -> None:
    """A root directive gives anything, or nothing."""
    assert resolve({"@path": "$.x"}, {"x": 5}) == 5
    assert resolve({"@path": "$.x"}, {"x": None}) is None
    assert MISSING is resolve({"@path": "$.x"}, {})
    assert MISSING is resolve({"@if": {"exists": {"@path": "x"}}}, {})


def test_members_keep_the_mapping_s_order(resolve: Resolve) -> None:
    """So that results read like the mapping."""
    keys = list(resolve({"z": 1, "a": {"@path": "x"}, "m": {"@path": "y"}, "b": {}}, {"y": 1, "x": 2}))

    assert keys == ["z", "a", "m", "b"]


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_events_may_be_any_kind_of_dict(kind: type, resolve: Resolve) -> None:
    """At every depth."""
    event = kind(a=kind(b=[kind(c=1)]), l=kind(c=2))
    mapping = {
        "one": {"@path": "a.b.0.c"},
        "all": {"@arrayPath": ["a.b", {"d": {"@path": "c"}}]},
        "single": {"@arrayPath": ["l", {"d": {"@path": "c"}}]},
    }

    assert compile_mapping(mapping)(event) == {"one": 1, "all": [{"d": 1}], "single": [{"d": 2}]}


def test_a_path_read_in_several_ways_is_always_the_same(resolve: Resolve) -> None:
    """As a list, a value, a condition, and by index."""
    mapping = {
        "each": {"@arrayPath": ["p.q", {"x": {"@path": "x"}}]},
        "whole": {"@path": "p.q"},
        "inside": {"@path": "p.q.x"},
        "if": {"@if": {"exists": {"@path": "p.q"}, "then": {"@path": "p.q"}, "else": {"@path": "p"}}},
        "index": {"@path": "p.q.0"},
        "root": {"@arrayPath": ["", {"y": {"@path": "p.q.x"}}]},
    }

    assert resolve(mapping, {"p": {"q": {"x": 1}}}) == {
        "each": [{"x": 1}],
        "whole": {"x": 1},
        "inside": 1,
        "if": {"x": 1},
        "root": [{"y": 1}],
    }
    assert resolve(mapping, {"p": 0}) == {
        "each": 0,
        "whole": 0,
        "inside": 0,
        "if": 0,
        "index": 0,
        "root": [{"y": 0}],
    }
    assert resolve(mapping, {}) == {"root": [{}]}


def test_what_a_branch_looks_up_can_be_read_outside(resolve: Resolve) -> None:
    """Whichever of the branches has run."""
    mapping = {
        "a": {
            "@if": {"exists": {"@path": "x"}, "then": {"@path": "u.v.w"}, "else": {"b": {"@path": "u.v.z"}}}
        },
        "c": {"@path": "u.v.w"},
        "d": {"@path": "u.v.z"},
    }

    assert resolve(mapping, {"u": {"v": {"w": 1, "z": 2}}}) == {"a": {"b": 2}, "c": 1, "d": 2}
    assert resolve(mapping, {"x": 0, "u": {"v": {"w": 1, "z": 2}}}) == {"a": 1, "c": 1, "d": 2}


def test_one_mapping_serves_many_threads() -> None:
    """It keeps nothing between events, or only per thread."""
    inner = {"@arrayPath": [{"@path": "l"}, {"y": {"@template": "{{y}}"}}]}
    resolve = compile_mapping(
        {
            "a": {"@path": "n"},
            "l": {"@arrayPath": [{"@literal": [1] * 50}, {"x": inner}]},
            "q": {"@liquid": "{{ n }}"},
        }
    )
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: resolve({"n": n}), range(500)))

    assert [(result["a"], result["q"], len(result["l"])) for result in results] == [
        (n, str(n), 50) for n in range(500)
    ]
