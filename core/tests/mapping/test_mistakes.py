"""What is wrong with a mapping is said at once, all of it, each with its place."""

import datetime
import math
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import MappingError
from capi_actions.mapping import BUILTIN, compile_mapping

Problems = Callable[..., list[tuple[str, str]]]


def test_every_mistake_is_found_in_one_go(problems: Problems) -> None:
    """Also in lists, literals, shapes, branches that nothing takes and members that nobody knows."""
    reported = problems(
        {
            "a": {"@path": 5},
            "b": [{"@nope": 1}, {"@template": None}],
            "c": {"@literal": {"d": {"@case": "x"}}},
            "e": {"@arrayPath": ["$.x", {"id": {"@path": []}}]},
            "f": {
                "@if": {
                    "exists": {"@path": "$.x"},
                    "then": {"@path": {}},
                    "else": {"@json": {}},
                    "foo": {"@bar": 1},
                }
            },
            "g": {"@merge": {"direction": "up", "objects": [{}, 1]}},
            "h": {"@excludeWhenNull": [{"@path": True}]},
            "we.ird": {"it's": {"@path": 1, "x": 2}},
        }
    )

    assert [place for place, _ in reported] == [
        "$.a.@path",
        "$.b[0]",
        "$.b[1].@template",
        "$.c.@literal.d.@case",
        "$.e.@arrayPath[1].id.@path",
        "$.f.@if.then.@path",
        "$.f.@if.else.@json",
        "$.f.@if.else.@json",
        "$.f.@if.foo",
        "$.g.@merge.direction",
        "$.g.@merge.objects[1]",
        "$.h.@excludeWhenNull[0].@path",
        "$['we.ird']['it\\'s']",
    ]
    assert reported[3][1] == "/c/@literal/d/@case should be an object but it is a string."
    assert reported[6][1] == '/f/@if/else/@json should have field "mode" but it doesn\'t.'


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"@if": {"then": 1}}, '@if requires an "exists" key or a "blank" key'),
        ({"@if": {"exists": 0, "blank": ""}}, '@if requires an "exists" key or a "blank" key'),
        ({"@case": {"value": "x"}}, '@case requires a "operator" key'),
        (
            {"@case": {"operator": "Lower", "value": "x"}},
            'operator key should have a value of "lower" or "upper"',
        ),
        ({"@merge": {"objects": []}}, '@merge requires a "direction" key'),
        ({"@flatten": {"value": {}, "separator": ""}}, '@flatten requires a "separator" key'),
        ({"@json": {"mode": "encode", "value": False}}, '@json requires a "value" key'),
        (
            {"@replace": {"pattern": "", "value": "x"}},
            "/@replace/pattern should be a string of length 1 or greater.",
        ),
        (
            {"@replace": {"pattern": "😀" * 6, "value": "x"}},
            "/@replace/pattern should be a string of length 10 or less.",
        ),
        ({"@arrayPath": []}, "/@arrayPath should be a string or a mapping directive but it is an undefined."),
        ({"@liquid": {}}, "/@liquid should be a string but it is an object."),
        ({"@path": ".".join("a" * 101)}, "/@path should be a path of at most 100 steps."),
        ({"@arrayPath": ["x." * 101]}, "/@arrayPath/0 should be a path of at most 100 steps."),
        ({"@pathh": "x"}, "/ has an invalid directive: @pathh (did you mean @path?)."),
        ({"@path": "x", "_metadata": 1, "y": 2}, "/ should only have one @-prefixed key but it has 3 keys."),
        (None, "a mapping should be an object but it is null"),
    ],
)
def test_what_can_only_fail_is_refused_when_the_mapping_is_read(
    mapping: Any, message: str, problems: Problems
) -> None:
    """A clear sentence today, not a lost event tomorrow."""
    assert [message] == [text for _, text in problems(mapping)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime.date(2026, 1, 1), "a date"),
        (math.nan, "the number nan"),
        (math.inf, "the number inf"),
        ((1, 2), "a tuple"),
        (b"x", "a bytes"),
        (object(), "an object"),
    ],
)
def test_what_is_no_json_is_refused(value: Any, words: str, problems: Problems) -> None:
    """TOML, the language of the configuration, has dates and infinities."""
    assert [("$.a[0]", f"/a/0 should be a mapping directive or a JSON value but it is {words}.")] == problems(
        {"a": [value]}
    )


def test_keys_must_be_strings(problems: Problems) -> None:
    """Python's dicts can have others."""
    assert problems({"a": {1: 2}}) == [("$.a", "/a should have strings for keys.")]


def test_problems_of_a_root_directive_stand_where_they_were_written(problems: Problems) -> None:
    """The reference moves the other keys into the directive first."""
    root = {"__segment_internal_directive": {"@transform": {"apply": {"x": {"@path": 1}}}}, "y": {"@path": 2}}

    assert [place for place, _ in problems(root)] == [
        "$.__segment_internal_directive.@transform.apply.x.@path",
        "$.y.@path",
    ]


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ({"@transform": {}, "@merge": {}}, "The root mapping must only have a single directive object"),
        ({}, "The root directive must be an object"),
        ({"@path": "$.a"}, "The root directive must be an object"),
        ("text", "The root directive must be an object"),
        (None, "The root directive must be an object"),
    ],
)
def test_a_root_directive_is_one_directive_with_an_object(
    root: Any, message: str, problems: Problems
) -> None:
    """The reference's sentences."""
    assert [("$.__segment_internal_directive", message)] == problems(
        {"__segment_internal_directive": root, "a": 1}
    )


def test_messages_and_places_stay_short(problems: Problems) -> None:
    """A literal may be as long as a book."""
    reported = problems(
        {"x" * 5000: {"@" + "y" * 5000: {}}, "m": {"@json": {"mode": "z" * 5000, "value": 1}}}
    )

    assert all(len(place) < 100 and len(message) < 200 for place, message in reported)


def test_a_mapping_reports_what_it_reads() -> None:
    """For docs and linters: each path once, what is read of items or of another mapping's result left out."""
    mapping = compile_mapping(
        {
            "a": {"@path": "$.x['y'].0"},
            "b": {"@template": "{{ x.z }} {{{w}}}"},
            "c": {"@arrayPath": ["items", {"d": {"@path": "$.id"}}]},
            "e": {"@transform": {"apply": {"f": {"@path": "g"}}, "mapping": {"@path": "f"}}},
            "h": {"@path": "x.y[0]"},
            "i": {"@path": ""},
        }
    )

    assert mapping.paths == ("$.x.y.0", "$.w", "$.x.z", "$.items", "$.g", "$")


def test_only_the_given_directives_exist() -> None:
    """The plugins decide."""
    with pytest.raises(MappingError, match="invalid directive: @path"):
        compile_mapping({"@path": "x"}, {"@json": BUILTIN["@json"]})
