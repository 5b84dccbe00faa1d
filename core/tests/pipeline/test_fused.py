"""A mapping and fields as one function give exactly what they give one after the other."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import compile_fields, read_fields
from capi_actions.hashing import make_hasher
from capi_actions.mapping import compile_mapping
from capi_actions.model import Action, Choice, Condition, Field, JsonObject, Normalizer, Requirement
from capi_actions.pipeline.codegen import fuse
from capi_actions.testing.strategies import json_values

HASHERS = {
    "em": make_hasher([Normalizer(profile="p", key="em", normalize=str.strip, otherwise="drop")]),
    "ct": make_hasher([Normalizer(profile="p", key="ct", normalize=str.lower, repeats=True)]),
    "two": make_hasher(
        [Normalizer(profile=name, key="two", normalize=rule) for name, rule in (("p", str), ("q", str.lower))]
    ),
}
KEYS = st.sampled_from(["a", "b", "c", "d'\"\\", "é\n"])
SCALARS = st.sampled_from(
    ["", " ", "Ada", "12", "2.5", "true", 0, 1, 2.5, 1e300, float("nan"), True, False, None]
)
VALUES = st.recursive(
    SCALARS | json_values(3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=6,
)
EVENTS = st.dictionaries(KEYS, VALUES, max_size=5)
PATHS = st.lists(KEYS | st.sampled_from(["0"]), max_size=3).map(
    lambda keys: {"@path": ".".join(["$", *keys])}
)


def _directives(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    test = st.sampled_from(["exists", "blank"])
    return st.one_of(
        st.builds(lambda how, a, b, c: {"@if": {how: a, "then": b, "else": c}}, test, PATHS, below, below),
        st.builds(
            lambda root, shape: {"@arrayPath": [root, shape]}, PATHS, st.dictionaries(KEYS, below, max_size=3)
        ),
        st.builds(lambda value: {"@literal": value}, SCALARS.filter(lambda value: value == value)),
        st.builds(lambda value: {"@json": {"value": value, "mode": "decode"}}, PATHS),
        st.dictionaries(KEYS, below, max_size=4),
    )


MAPPINGS = st.dictionaries(
    KEYS,
    st.recursive(PATHS | st.sampled_from(["", "Ada", "x", 1, True, None]), _directives, max_leaves=6),
    max_size=5,
)
TYPES = st.sampled_from(["string", "text", "number", "integer", "boolean", "datetime"])
SCALAR_FIELDS = st.builds(
    Field,
    type=TYPES,
    required=st.booleans(),
    multiple=st.booleans(),
    keeps_single=st.booleans(),
    allow_null=st.booleans(),
)
HASHED_FIELDS = st.builds(
    Field,
    type=st.sampled_from(["string", "integer"]),
    multiple=st.booleans(),
    keeps_single=st.booleans(),
    hashed=st.sampled_from(sorted(HASHERS)),
)
LIMITED_FIELDS = st.sampled_from(
    [
        Field(type="string", choices=(Choice("Ada"), Choice("x"))),
        Field(type="string", maximum=2),
        Field(type="integer", minimum=1),
        Field(type="object"),
    ]
)
RENAMED_FIELDS = st.builds(
    lambda field, name: evolve(field, sent_as=name),
    SCALAR_FIELDS | HASHED_FIELDS,
    st.sampled_from(["p", "q'\"", "a"]),
)
FIELDS = st.recursive(
    st.one_of(SCALAR_FIELDS, HASHED_FIELDS, LIMITED_FIELDS),
    lambda below: st.builds(
        Field,
        type=st.just("object"),
        required=st.booleans(),
        multiple=st.booleans(),
        allow_null=st.booleans(),
        additional_properties=st.booleans(),
        properties=st.dictionaries(KEYS, below | RENAMED_FIELDS, max_size=4),
    ),
    max_leaves=6,
)


def outcome(work: Any, event: JsonObject) -> Any:
    """Give a result whose text tells everything apart, order of keys included, or the problems."""
    try:
        return repr(work(event))
    except EventError as error:
        return error.problems


@settings(deadline=None)
@given(MAPPINGS, st.dictionaries(KEYS, FIELDS, max_size=5), st.lists(EVENTS, min_size=1, max_size=4))
def test_one_function_gives_what_the_two_steps_give(
    mapping: JsonObject, fields: dict[str, Field], events: list[JsonObject]
) -> None:
    """Values, the order of keys, and everything that is said about what is wrong."""
    try:
        resolve, check = compile_mapping(mapping), compile_fields(fields, HASHERS)
    except ConfigError:
        return
    fused = fuse(resolve, check)

    for event in events:
        before = repr(event)
        assert outcome(lambda event: check(resolve(event)), event) == outcome(fused, event)
        assert before == repr(event)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys("abc", HASHED_FIELDS)),
    st.lists(st.fixed_dictionaries(dict.fromkeys("abc", VALUES)), min_size=1, max_size=4),
)
def test_hashes_are_those_of_the_two_steps(fields: dict[str, Field], events: list[JsonObject]) -> None:
    """One value or a list of them, one hash of a value or several, wrapped in a list or not."""
    resolve = compile_mapping({key: {"@path": f"$.{key}"} for key in fields})
    check = compile_fields(fields, HASHERS)

    for event in [*events, dict.fromkeys(fields, "Ada"), dict.fromkeys(fields, " ")]:
        assert outcome(lambda event: check(resolve(event)), event) == outcome(fuse(resolve, check), event)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys("abc", SCALAR_FIELDS | HASHED_FIELDS)),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["p", "q'\""]), max_size=2),
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys("abc", VALUES)), min_size=1, max_size=4),
)
def test_names_are_those_of_the_two_steps(
    fields: dict[str, Field], names: dict[str, str], events: list[JsonObject]
) -> None:
    """A property that is sent as something else is stored, and missed, under the other name."""
    resolve = compile_mapping({"o": {key: {"@path": f"$.{key}"} for key in fields}})
    properties = {key: evolve(each, sent_as=names.get(key)) for key, each in fields.items()}
    try:
        check = compile_fields({"o": Field(type="object", properties=properties)}, HASHERS)
    except ConfigError:  # both have the same name
        return

    for event in [*events, dict.fromkeys(fields, "Ada"), {}]:
        assert outcome(lambda event: check(resolve(event)), event) == outcome(fuse(resolve, check), event)


def test_presets_of_other_destinations_agree(vectors: Callable[[str], list[Any]]) -> None:
    """Real fields and mappings, with events that miss and mistake much; the vectors say what is right."""
    agreed = 0
    for line in vectors("segment/presets_flow.jsonl"):
        fields = read_fields(line["fields"])
        preset = Action(name="a.b", title="", description="", trigger=None, fields=fields, build=dict)
        mapping = preset.mapping if line["mapping"] is None else line["mapping"]
        resolve, check = compile_mapping(mapping), compile_fields(fields)
        two_steps = outcome(lambda event: check(resolve(event)), line["event"])  # noqa: B023  called at once
        assert two_steps == outcome(fuse(resolve, check), line["event"])
        agreed += 1

    assert agreed > 100


@pytest.mark.parametrize("bad", [[], "text", 1, None])
def test_what_is_no_event_is_refused_the_same_way(bad: Any) -> None:
    """A program may hand over anything."""
    resolve, check = compile_mapping({"a": {"@path": "$.a"}}), compile_fields({"a": Field(type="string")})

    with pytest.raises(EventError, match="data must be an object"):
        fuse(resolve, check)(bad)


def test_conditions_and_root_directives_hold_too() -> None:
    """Both need more than a look at one value, so they stay two steps."""
    wanted = Requirement(conditions=(Condition(field_key="a", operator="is", value="x"),))
    check = compile_fields({"a": Field(type="string"), "b": Field(type="string", required=wanted)})
    values = fuse(compile_mapping({"a": {"@path": "$.a"}, "b": {"@path": "$.b"}}), check)
    root = compile_mapping({"__segment_internal_directive": {"@transform": {"apply": {"a": "y"}}}})

    assert values({"a": "z"}) == {"a": "z"}
    with pytest.raises(EventError, match="'b'"):
        values({"a": "x"})
    assert outcome(lambda event: check(root(event)), {}) == outcome(fuse(root, check), {})
