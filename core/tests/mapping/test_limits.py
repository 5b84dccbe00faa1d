"""No mapping and no event exhausts the process."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions import EventError
from capi_actions.mapping import compile_mapping
from capi_actions.mapping.limits import MAX_ITEMS, MAX_TEXT, with_budget
from support.length import is_thorough

Refusal = Callable[..., str]
Problems = Callable[..., list[tuple[str, str]]]


def nested(depth: int, inner: Any = 1, key: str | None = "a") -> Any:
    """Put a value into so many objects, or lists."""
    for _ in range(depth):
        inner = [inner] if key is None else {key: inner}
    return inner


@pytest.mark.parametrize("depth", [101, 1000, 100_000])
@pytest.mark.parametrize("key", ["a", None, "@literal"])
def test_deep_mappings_are_refused(depth: int, key: str | None, problems: Problems) -> None:
    """Not with a RecursionError."""
    assert problems(nested(depth, key=key)) == [("$", "a mapping should be at most 100 levels deep")]


def test_the_deepest_mapping_works() -> None:
    """In each of the forms that nest: the two calls a level still fit on Python's stack."""
    chain: Any = {"@path": "x"}
    for _ in range(32):
        chain = {"@if": {"exists": {"@path": "no"}, "then": 1, "else": {"k": chain}}}
    shapes: Any = {"@path": "x"}
    for _ in range(32):
        shapes = {"@arrayPath": [{"@path": ""}, {"k": shapes}]}

    assert nested(99) == compile_mapping(nested(99))({})
    assert nested(32, 7, "k") == compile_mapping({"r": chain})({"x": 7})["r"]
    assert compile_mapping({"r": shapes})({"x": 7})["r"][0]["k"][0]["k"]


def test_a_mapping_that_contains_itself_is_refused(problems: Problems) -> None:
    """Python can build such a thing."""
    mapping: dict[str, Any] = {}
    mapping["a"] = mapping

    assert problems(mapping) == [("$", "a mapping should be at most 100 levels deep")]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"a": [0] * 10_000}, "a mapping should have at most 10,000 values"),
        ({"a": "x" * 1_000_001}, "a mapping should have at most 1,000,000 characters"),
        ({"x" * 1_000_001: 1}, "a mapping should have at most 1,000,000 characters"),
    ],
)
def test_big_mappings_are_refused(mapping: Any, message: str, problems: Problems) -> None:
    """Each value is compiled, and costs memory for good."""
    assert [("$", message)] == problems(mapping)


def test_the_biggest_mapping_works() -> None:
    """Ten thousand values, most of them paths."""
    mapping = {str(index): {"@path": f"$.a.k{index}"} for index in range(3000)}

    assert compile_mapping(mapping)({"a": {"k7": 1}}) == {"7": 1}


DEEP = {"l": nested(20_000, key=None), "o": nested(20_000), "t": "[" * 100_000}
DEEP["m"] = [DEEP["l"]] * 20
"""Deeper than Python's stack."""


@pytest.mark.parametrize(
    "mapping",
    [
        {"@path": "$.l"},
        {"@path": "$.o.a.a.a.a"},
        {"@template": "{{l}}{{o}}"},
        {"@template": {"@template": "{{l}}"}},
        {"@if": {"blank": {"@path": "l"}, "then": 1, "else": 2}},
        {"@case": {"operator": "lower", "value": {"@path": "$.o"}}},
        {"@replace": {"pattern": "x", "value": {"@path": "$.o"}}},
        {"@arrayPath": ["$.l", {"@path": "0"}]},
        {"@literal": {"a": {"@path": "$.o"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.l"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.o"}}},
        {"@flatten": {"separator": ".", "omitArrays": True, "value": {"@path": "l"}}},
        {"@merge": {"direction": "left", "objects": [{"@path": "l"}, {"@path": "o"}]}},
        {"@excludeWhenNull": {"@path": "$.o"}},
        {"@liquid": "{{ l }}{{ o | size }}{{ l == l }}{{ l | first | size }}"},
    ],
)
def test_events_may_be_deep(mapping: Any, resolve: Callable[..., Any]) -> None:
    """All walks are loops."""
    resolve({"r": mapping}, DEEP)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            {"@json": {"mode": "decode", "value": {"@path": "t"}}},
            "$.@json: the text is nested too deeply to be read as JSON",
        ),
        (
            {"@flatten": {"separator": ".", "value": {"@path": "o"}}},
            "$.@flatten: the text of all keys is longer than",
        ),
        (
            {"@transform": {"apply": {"@path": "m"}, "mapping": {}}},
            "$.@transform: the result has more than 100,000",
        ),
        ({"@liquid": "{{ m | json }}"}, "$.@liquid: the template does more than 1,000,000 steps"),
    ],
)
def test_what_would_take_too_much_is_refused_by_name(mapping: Any, message: str, refusal: Refusal) -> None:
    """An error of this event, in words."""
    assert refusal(mapping, DEEP).startswith(message)


BIG = {
    "s": "x" * 900_000,
    "b": "{" * 500_000 + "{{{a} " * 50_000,
    "q": "a" * 20_000,
    "l": list(range(MAX_ITEMS + 1)),
}


@pytest.mark.parametrize(
    "mapping",
    [
        {"@template": "{{s}}{{s}}"},
        {"@template": {"@template": "{{s}}{{q}}{{q}}{{q}}{{q}}{{q}}{{q}}"}},
        {"@replace": {"pattern": "x", "replacement": "xx", "value": {"@path": "s"}}},
        {"@replace": {"pattern": "X", "replacement": "xx", "ignorecase": True, "value": {"@path": "s"}}},
        {"@replace": {"pattern": "a", "replacement": "$`$'", "value": {"@path": "q"}}},
        {"@replace": {"pattern": "a", "replacement": "b", "value": {"@template": "{{s}}{{s}}"}}},
        {"@json": {"mode": "encode", "value": [{"@path": "s"}, {"@path": "s"}]}},
        {"@merge": {"direction": "right", "objects": [{"@path": "l"}]}},
        {"@flatten": {"separator": ".", "value": {"@path": "l"}}},
        {"@path": {"@path": "s"}},
        {"@liquid": "{{ s }}{{ s }}"},
    ],
)
def test_results_have_a_size(mapping: Any, refusal: Refusal) -> None:
    """Each directive that can make more than it gets stops by itself."""
    message = refusal({"r": mapping}, BIG)

    assert "more than" in message or "longer than" in message or "at most" in message


def test_long_texts_are_read_only_up_to_a_point(refusal: Refusal) -> None:
    """What a directive has to take apart may be as long as what it may make."""
    too_long = {"s": "x" * (MAX_TEXT + 1)}

    for mapping in (
        {"@replace": {"pattern": "a", "value": {"@path": "s"}}},
        {"@json": {"mode": "decode", "value": {"@path": "s"}}},
        {"@template": {"@path": "s"}},
    ):
        assert "longer than 1,000,000 characters" in refusal(mapping, too_long)


def test_opening_braces_take_no_quadratic_time(resolve: Callable[..., Any]) -> None:
    """A regular expression would search to the end from each of 700,000 braces."""
    assert BIG["b"] == resolve({"@template": {"@path": "b"}}, BIG)


def test_lists_in_lists_don_t_multiply_without_end(refusal: Refusal) -> None:
    """Ten items, each with ten, each with ten: 10**9 from one small mapping."""
    mapping: Any = {"@path": ""}
    for _ in range(9):
        mapping = {"@arrayPath": [{"@literal": [1] * 10}, {"x": mapping}]}

    assert "the result has more than 100,000 values" in refusal({"r": mapping}, {})


def test_the_count_of_items_begins_anew_for_every_list(resolve: Callable[..., Any], refusal: Refusal) -> None:
    """Also after an event that went wrong in the middle of one."""
    failing = {"@arrayPath": [{"@literal": [1] * 9000}, {"x": {"@path": {"@path": "nope"}}}]}
    for _ in range(12):
        assert "expected string, got undefined" in refusal({"r": failing}, {})
    mapping = {
        "@arrayPath": [{"@literal": [1] * 100}, {"x": {"@arrayPath": [{"@literal": [1] * 90}, {"y": 1}]}}]
    }

    for _ in range(30):
        assert len(resolve({"r": mapping})["r"]) == 100


def test_transforms_don_t_double_without_end(refusal: Refusal) -> None:
    """Thirty of them would make 2**30 values of two."""
    mapping: Any = {"@path": "a"}
    for _ in range(30):
        mapping = {"@transform": {"apply": {"a": [{"@path": "a"}, {"@path": "a"}]}, "mapping": mapping}}

    assert "the result has more than 100,000 values" in refusal(mapping, {"a": 1})


TEXT = "x" * 900_000
WORK: dict[str, Any] = {
    "@json encode": {"@json": {"mode": "encode", "value": {"@path": "$.t"}}},
    "@json decode": {"@json": {"mode": "decode", "value": {"@path": "$.t"}}},
    "@case": {"@case": {"operator": "upper", "value": {"@path": "$.t"}}},
    "@replace": {"@replace": {"pattern": "y", "value": {"@path": "$.t"}}},
    "@replace ignoring case": {"@replace": {"pattern": "y", "ignorecase": True, "value": {"@path": "$.t"}}},
    "@template": {"@template": "{{t}}"},
    "@template of a directive": {"@template": {"@path": "$.t"}},
    "@liquid": {"@liquid": "{{ h | upcase }}"},
    "@merge": {"@merge": {"direction": "left", "objects": [{"@path": "$.o"}]}},
    "@flatten": {"@flatten": {"separator": ".", "value": {"@path": "$.o"}}},
    "@flatten omitArrays": {"@flatten": {"separator": ".", "omitArrays": True, "value": {"@path": "$.w"}}},
    "@transform": {"@transform": {"apply": {"a": {"@path": "$.o"}}, "mapping": {}}},
    "@excludeWhenNull": {"@excludeWhenNull": {"@path": "$.o"}},
    "@arrayPath": {"@arrayPath": ["$.l", {"a": 1, "b": 2}]},
    "@path of a path": {"@path": {"@path": "$.p"}},
    "@path": {"@path": "$.t"},
}
LARGE = {
    "t": TEXT,
    "h": TEXT[:100_000],
    "o": {str(key): {} for key in range(45_000)},
    "w": {"w": [1] * 90_000},
    "l": [1] * 90_000,
    "p": "a" * 9_000,
}


@pytest.mark.parametrize("name", WORK)
def test_all_directives_of_a_mapping_share_one_budget(name: str, refusal: Refusal) -> None:
    """Each stays below its own limit, but 500 of them would take minutes and gigabytes."""
    many = [WORK[name]] * 500

    assert "does more than 4,000,000 steps of work on this event" in refusal({"r": many}, LARGE)


@pytest.mark.soak
@pytest.mark.parametrize(
    "name", WORK if is_thorough() else ("@json encode", "@liquid", "@merge", "@arrayPath")
)
def test_the_budget_begins_anew_with_every_event(name: str) -> None:
    """Also after one that exhausted it."""
    single, many = compile_mapping({"r": WORK[name]}), compile_mapping({"r": [WORK[name]] * 500})
    for _ in range(6):
        single(LARGE)
    with pytest.raises(EventError, match="steps of work"):
        many(LARGE)
    single(LARGE)


def test_a_shape_times_a_list_is_work(refusal: Refusal) -> None:
    """A thousand constants for each of 90,000 items would be 90 million values."""
    shape = {str(index): 1 for index in range(1000)}

    assert "$.r.@arrayPath: the mapping does more than" in refusal(
        {"r": {"@arrayPath": ["$.l", shape]}}, LARGE
    )


def test_all_mappings_of_an_event_share_one_budget() -> None:
    """Else every further mapping would cost as much again."""
    mapping = compile_mapping({"r": [WORK["@case"]] * 3})
    both = with_budget(lambda event: (mapping(event), mapping(event)))

    mapping(LARGE)
    with pytest.raises(EventError, match="steps of work"):
        both(LARGE)


def test_ordinary_mappings_are_not_metered(vectors: Callable[[str], list[dict[str, Any]]]) -> None:
    """Counting costs time, and where nothing multiplies there is nothing to count."""
    paths = {str(index): {"@path": f"$.properties.k{index}"} for index in range(300)}
    items = {"@arrayPath": ["$.properties.products", {"id": {"@path": "$.product_id"}, "quantity": 1}]}
    choice = {"@if": {"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": "x"}}
    ordinary = compile_mapping({**paths, "contents": items, "id": choice, "all": {"@path": "$.properties"}})

    assert not ordinary.meter.work
    assert not ordinary.meter.result
    assert not any(
        compile_mapping(line["mapping"]).meter.result for line in vectors("segment/presets_mapping.jsonl")
    )


def test_real_mappings_stay_far_below(vectors: Callable[[str], list[dict[str, Any]]]) -> None:
    """Ten times below, in size and depth."""

    def measure(value: Any) -> tuple[int, int]:
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        if below is None:
            return 1, 0
        measured = [measure(part) for part in below]
        return 1 + sum(count for count, _ in measured), 1 + max((deep for _, deep in measured), default=0)

    sizes = [measure(line["mapping"]) for line in vectors("segment/presets_mapping.jsonl")]

    assert max(count for count, _ in sizes) < 1000
    assert max(deep for _, deep in sizes) < 10
