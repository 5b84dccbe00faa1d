"""Generated functions give exactly what the plain steps give: the mapping's tree, then the check of fields."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import CheckFields, compile_fields, read_fields
from capi_actions.fields.nodes import RefusedError
from capi_actions.hashing import make_hasher
from capi_actions.mapping import BUILTIN, CompiledMapping, compile_mapping
from capi_actions.mapping.nodes import Object
from capi_actions.model import (
    MISSING,
    Action,
    Choice,
    CleanResolver,
    Condition,
    Directive,
    Field,
    JsonObject,
    Normalizer,
    Requirement,
)
from capi_actions.pipeline.codegen import CodeGenerator, generate
from capi_actions.testing.strategies import json_values

HASHERS = {
    "em": make_hasher([Normalizer(profile="p", key="em", normalize=str.strip, otherwise="drop")]),
    "ct": make_hasher(
        [Normalizer(profile="p", key="ct", normalize=str.lower, otherwise="raw", repeats=True)]
    ),
    "two": make_hasher(
        [
            Normalizer(profile=name, key="two", normalize=rule, otherwise="raw")
            for name, rule in (("p", str), ("q", str.lower))
        ]
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
        st.builds(
            lambda objects: {"@merge": {"direction": "right", "objects": objects}},
            st.lists(PATHS | st.dictionaries(KEYS, below, max_size=2), max_size=2),
        ),
        st.lists(below, max_size=2),
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


def outcome(function: Any, event: JsonObject) -> Any:
    """Return a result's text, which tells everything apart, order of keys included, or the problems."""
    try:
        return repr(function(event))
    except EventError as error:
        return error.problems


def plain_steps(mapping: CompiledMapping, check: CheckFields) -> Callable[[JsonObject], JsonObject]:
    """Return the function that runs the mapping's tree, then the check."""
    return lambda event: check(mapping(event))


def source_alone(mapping: CompiledMapping) -> Callable[[JsonObject], Any]:
    """Return the function generated for a mapping without fields; it never falls back on the tree."""
    if not isinstance(mapping.tree, Object):
        return mapping

    def no_plain_step(payload: Any) -> Any:
        raise AssertionError("the generated function called the tree")

    return CodeGenerator(no_plain_step).function(mapping.tree)


@settings(deadline=None)
@given(MAPPINGS, st.lists(EVENTS, min_size=1, max_size=4))
def test_a_mapping_s_source_gives_what_its_tree_gives(mapping: JsonObject, events: list[JsonObject]) -> None:
    """Without any field, so that no refusal sends the event through the tree after all."""
    try:
        tree = compile_mapping(mapping)
    except ConfigError:
        return
    function = source_alone(tree)

    for event in events:
        before = repr(event)
        assert outcome(tree, event) == outcome(function, event)
        assert before == repr(event)


@pytest.mark.parametrize("name", ["mapping", "presets_mapping", "probes_mapping"])
def test_mappings_of_the_vectors_agree(name: str, vectors: Callable[[str], list[Any]]) -> None:
    """The reference's own tests, the presets of all its destinations, and probes of odd corners."""
    agreed = 0
    for line in vectors(f"segment/{name}.jsonl"):
        try:
            mapping = compile_mapping(line["mapping"])
        except ConfigError:
            continue
        payload = line.get("payload", {})
        if isinstance(payload, dict):
            assert outcome(mapping, payload) == outcome(source_alone(mapping), payload), line["name"]
            agreed += 1

    assert agreed > 100


@pytest.mark.parametrize("event", [{"p": {"q": {"x": 1}}}, {"p": {"q": [{"x": 2}]}}, {"p": 0}, {"p": []}, {}])
def test_a_path_read_in_several_ways_is_always_the_same(event: JsonObject) -> None:
    """Generated source looks shared beginnings up once."""
    mapping = compile_mapping(
        {
            "each": {"@arrayPath": ["p.q", {"x": {"@path": "x"}}]},
            "whole": {"@path": "p.q"},
            "inside": {"@path": "p.q.x"},
            "if": {"@if": {"exists": {"@path": "p.q"}, "then": {"@path": "p.q"}, "else": {"@path": "p"}}},
            "index": {"@path": "p.q.0"},
            "root": {"@arrayPath": ["", {"y": {"@path": "p.q.x"}}]},
        }
    )

    assert outcome(mapping, event) == outcome(source_alone(mapping), event)


@pytest.mark.parametrize("event", [{}, {"x": 0}])
def test_what_a_branch_looks_up_is_not_taken_for_known_outside(event: JsonObject) -> None:
    """Only one of the branches has run."""
    mapping = compile_mapping(
        {
            "a": {
                "@if": {
                    "exists": {"@path": "x"},
                    "then": {"@path": "u.v.w"},
                    "else": {"b": {"@path": "u.v.z"}},
                }
            },
            "c": {"@path": "u.v.w"},
            "d": {"@path": "u.v.z"},
        }
    )
    event = {**event, "u": {"v": {"w": 1, "z": 2}}}

    assert outcome(mapping, event) == outcome(source_alone(mapping), event)


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_events_may_be_any_kind_of_dict(kind: type) -> None:
    """At every depth."""
    event = kind(a=kind(b=[kind(c=1)]), l=kind(c=2))
    fields = {key: Field(type="object", multiple=True) for key in ("all", "single")}
    function = generate(
        compile_mapping(
            {
                "one": {"@path": "a.b.0.c"},
                "all": {"@arrayPath": ["a.b", {"d": {"@path": "c"}}]},
                "single": {"@arrayPath": ["l", {"d": {"@path": "c"}}]},
            }
        ),
        compile_fields({"one": Field(type="integer"), **fields}),
    )

    assert function(event) == {"one": 1, "all": [{"d": 1}], "single": [{"d": 2}]}


def test_deep_mappings_have_no_more_blocks_than_python_takes() -> None:
    """What lies deeper is called instead of being written."""
    chain: Any = {"@path": "x"}
    for _ in range(32):
        chain = {"@if": {"exists": {"@path": "no"}, "then": 1, "else": {"k": chain}}}
    shapes: Any = {"@path": "x"}
    for _ in range(32):
        shapes = {"@arrayPath": [{"@path": ""}, {"k": shapes}]}

    for mapping in (compile_mapping({"r": chain}), compile_mapping({"r": shapes})):
        assert outcome(mapping, {"x": 7}) == outcome(source_alone(mapping), {"x": 7})


@settings(deadline=None)
@given(MAPPINGS, st.dictionaries(KEYS, FIELDS, max_size=5), st.lists(EVENTS, min_size=1, max_size=4))
def test_one_function_gives_what_the_plain_steps_give(
    mapping: JsonObject, fields: dict[str, Field], events: list[JsonObject]
) -> None:
    """Values, the order of keys, and everything that is said about what is wrong."""
    try:
        resolve, check = compile_mapping(mapping), compile_fields(fields, HASHERS)
    except ConfigError:
        return
    function = generate(resolve, check)

    for event in events:
        before = repr(event)
        assert outcome(plain_steps(resolve, check), event) == outcome(function, event)
        assert before == repr(event)


@pytest.mark.parametrize("kind", ["string", "text", "number", "integer", "boolean", "datetime"])
@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("hashed", [None, *sorted(HASHERS)])
def test_every_type_treats_every_scalar_as_the_plain_steps_do(kind: Any, multiple: bool, hashed: str) -> None:
    """The fast path covers the usual values of each type; infinite numbers and empty values aren't among them."""
    check = compile_fields({"a": Field(type=kind, multiple=multiple, hashed=hashed)}, HASHERS)
    mapping = compile_mapping({"a": {"@path": "$.a"}})
    function = generate(mapping, check)
    numbers = [0, -0.0, 1, 2.5, 1e300, 2**70, math.inf, -math.inf, math.nan, True, False]
    values: list[Any] = ["", " ", "Ada", "12", "2.5", "true", "2024-05-01", *numbers, None, [], ["Ada"], {}]
    for value in values:
        assert outcome(plain_steps(mapping, check), {"a": value}) == outcome(function, {"a": value})


@pytest.mark.parametrize("test", ["exists", "blank"])
@pytest.mark.parametrize(
    "value", [[], [{}], [{"b": 1}], [None], [[""]], [{"b": ""}, 1], {"b": 2}, {}, "", "x", 0, None]
)
def test_a_list_of_objects_behind_an_if_is_that_of_the_plain_steps(test: str, value: Any) -> None:
    """An empty list, unlike an empty object, is blank."""
    properties = {"a": Field(type="string", sent_as="z"), "b": Field(type="integer", required=True)}
    check = compile_fields({"o": Field(type="object", multiple=True, properties=properties)})
    path = {"@path": "$.o"}
    mapping = compile_mapping({"o": {"@if": {test: path, "then": path, "else": [{"b": 7, "a": "x"}]}}})

    assert outcome(plain_steps(mapping, check), {"o": value}) == outcome(
        generate(mapping, check), {"o": value}
    )


@pytest.mark.parametrize("present", range(8))
def test_chains_that_hang_on_one_test_give_what_the_plain_steps_give(present: int) -> None:
    """They are skipped together when nothing stands where they look, also inside what isn't an object."""
    mapping = compile_mapping({key: _chain(f"$.t.{key}", "$.shared", f"$.p.q.{key}") for key in "abcd"})
    check = compile_fields({key: Field(type="string", hashed="ct") for key in "abcd"}, HASHERS)
    places = {"t": {"a": "x", "d": 5}, "shared": {"y": 1}, "p": {"q": {"c": "z"}}}
    event = {key: value for bit, (key, value) in enumerate(places.items()) if present & 1 << bit}
    odds: list[JsonObject] = [
        {},
        {"t": 0},
        {"t": "x"},
        {"t": []},
        {"p": None},
        {"p": {"q": False}},
        {"shared": ""},
    ]
    for odd in odds:
        outcome_of_plain_steps = outcome(plain_steps(mapping, check), event | odd)
        assert outcome_of_plain_steps == outcome(generate(mapping, check), event | odd)
        assert outcome(mapping, event | odd) == outcome(source_alone(mapping), event | odd)


def _chain(*paths: str) -> JsonObject:
    head, *others = paths
    chain = {"blank": {"@path": head}, "then": {"@path": head}}
    return {"@if": {**chain, "else": _chain(*others)} if others else chain}


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys("abc", HASHED_FIELDS)),
    st.lists(st.fixed_dictionaries(dict.fromkeys("abc", VALUES)), min_size=1, max_size=4),
)
def test_hashes_are_those_of_the_plain_steps(fields: dict[str, Field], events: list[JsonObject]) -> None:
    """One value or a list of them, one hash of a value or several, wrapped in a list or not."""
    resolve = compile_mapping({key: {"@path": f"$.{key}"} for key in fields})
    check = compile_fields(fields, HASHERS)

    for event in [*events, dict.fromkeys(fields, "Ada"), dict.fromkeys(fields, " ")]:
        assert outcome(plain_steps(resolve, check), event) == outcome(generate(resolve, check), event)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys("abc", SCALAR_FIELDS | HASHED_FIELDS)),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["p", "q'\""]), max_size=2),
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys("abc", VALUES)), min_size=1, max_size=4),
)
def test_names_are_those_of_the_plain_steps(
    fields: dict[str, Field], names: dict[str, str], events: list[JsonObject]
) -> None:
    """A property that is sent as something else is stored, and missed, under the other name."""
    resolve = compile_mapping({"o": {key: {"@path": f"$.{key}"} for key in fields}})
    properties = {key: evolve(field, sent_as=names.get(key)) for key, field in fields.items()}
    try:
        check = compile_fields({"o": Field(type="object", properties=properties)}, HASHERS)
    except ConfigError:  # both have the same name
        return

    for event in [*events, dict.fromkeys(fields, "Ada"), {}]:
        assert outcome(plain_steps(resolve, check), event) == outcome(generate(resolve, check), event)


def test_presets_of_other_destinations_agree(vectors: Callable[[str], list[Any]]) -> None:
    """Real fields and mappings, with events that miss and mistake much; the vectors say what is right."""
    agreed = 0
    for line in vectors("segment/presets_flow.jsonl"):
        fields = read_fields(line["fields"])
        preset = Action(name="a.b", title="", description="", trigger=None, fields=fields, build=dict)
        mapping = preset.mapping if line["mapping"] is None else line["mapping"]
        resolve, check = compile_mapping(mapping), compile_fields(fields)
        expected = outcome(plain_steps(resolve, check), line["event"])
        assert expected == outcome(generate(resolve, check), line["event"])
        agreed += 1

    assert agreed > 100


@pytest.mark.parametrize("bad", [[], "text", 1, None])
def test_what_is_no_event_is_refused_the_same_way(bad: Any) -> None:
    """A program may hand over anything."""
    resolve, check = compile_mapping({"a": {"@path": "$.a"}}), compile_fields({"a": Field(type="string")})

    with pytest.raises(EventError, match="data must be an object"):
        generate(resolve, check)(bad)


def test_conditions_and_root_directives_hold_too() -> None:
    """Both need more than a look at one value, so fields are checked after the mapping."""
    requirement = Requirement(conditions=(Condition(field_key="a", operator="is", value="x"),))
    check = compile_fields({"a": Field(type="string"), "b": Field(type="string", required=requirement)})
    function = generate(compile_mapping({"a": {"@path": "$.a"}, "b": {"@path": "$.b"}}), check)
    root = compile_mapping({"__segment_internal_directive": {"@transform": {"apply": {"a": "y"}}}})

    assert function({"a": "z"}) == {"a": "z"}
    with pytest.raises(EventError, match="'b'"):
        function({"a": "x"})
    assert outcome(plain_steps(root, check), {}) == outcome(generate(root, check), {})


@pytest.mark.parametrize("error", [ValueError("ada@example.com"), EventError.of("no"), RefusedError("no")])
def test_a_plugin_s_failure_is_that_of_the_plain_steps(error: Exception) -> None:
    """Named after its directive; the generated function calls it without a guard of its own."""

    def resolve(payload: Any) -> Any:
        if "a" in payload:
            raise error
        return "x"

    odd = Directive(name="@odd", compile=lambda value, compiler: resolve)
    mapping = compile_mapping({"f": {"@odd": {}}, "g": {"@path": "$.b"}}, {**BUILTIN, "@odd": odd})
    check = compile_fields({"f": Field(type="string"), "g": Field(type="integer")})
    events: list[JsonObject] = [{}, {"a": 1}, {"a": 1, "b": []}, {"b": []}]
    for event in events:
        assert outcome(plain_steps(mapping, check), event) == outcome(generate(mapping, check), event)


PARTS = {"n": Field(type="integer"), "t": Field(type="string", sent_as="text")}


@pytest.mark.parametrize("properties", [PARTS, {**PARTS, "n": Field(type="string")}])
def test_a_list_that_is_clean_is_what_the_plain_steps_make_of_it(properties: dict[str, Field]) -> None:
    """It isn't looked through again where the field has the properties that it is clean for, and only there."""
    asked = []

    def clean(payload: Any) -> Any:
        asked.append(payload)
        if payload.get("fails"):
            raise ValueError("ada@example.com")
        items = payload.get("items")
        usual = type(items) is list and all(
            type(item) is dict and item.keys() == {"n"} and type(item["n"]) is int for item in items
        )
        return [{"n": item["n"]} for item in items] if usual else None

    resolver = CleanResolver(
        resolve=lambda payload: payload.get("items", MISSING), clean=clean, properties=dict(PARTS)
    )
    items = Directive(name="@items", compile=lambda value, compiler: resolver)
    mapping = compile_mapping({"o": {"@items": {}}, "p": {"@items": {}}}, {**BUILTIN, "@items": items})
    check = compile_fields(
        {
            "o": Field(type="object", multiple=True, properties=properties, required=True),
            "p": Field(type="object", multiple=True),
        }
    )
    function = generate(mapping, check)
    events: list[JsonObject] = [
        {"items": [{"n": 1}, {"n": 0}]},
        {"items": [{"n": 1}, {"t": "x", "n": "2"}]},
        {"items": [{"n": 1}, 5]},
        {"items": []},
        {"items": {"n": 1}},
        {"items": [{"n": 1}], "fails": True},
        {},
    ]
    for event in events:
        assert outcome(plain_steps(mapping, check), event) == outcome(function, event)
    assert (len(events) if properties is PARTS else 0) == len(asked)


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={"n": VALUES, "t": VALUES}), max_size=3))
def test_objects_that_a_field_leaves_alone_are_those_that_a_clean_list_may_have(items: list[Any]) -> None:
    """What a directive calls clean, and is not, would reach the platform unchecked: here it is held to the field."""
    check = compile_fields({"o": Field(type="object", multiple=True, properties={"n": PARTS["n"]})})

    def clean(payload: Any) -> Any:
        try:
            checked = check({"o": payload["items"]}).get("o", [])
        except EventError:
            return None
        return [dict(item) for item in checked] if repr(checked) == repr(payload["items"]) else None

    resolver = CleanResolver(
        resolve=lambda payload: payload["items"], clean=clean, properties={"n": PARTS["n"]}
    )
    directive = Directive(name="@items", compile=lambda value, compiler: resolver)
    mapping = compile_mapping({"o": {"@items": {}}}, {**BUILTIN, "@items": directive})

    event = {"items": items}
    assert outcome(plain_steps(mapping, check), event) == outcome(generate(mapping, check), event)


@pytest.mark.parametrize(
    "field", [Field(type="string"), Field(type="string", maximum=1), Field(type="integer")]
)
@pytest.mark.parametrize("options", [{"multiple": True}, {"multiple": True, "keeps_single": True}, {}])
@pytest.mark.parametrize("hashed", [None, "ct"])
def test_a_list_of_texts_that_is_clean_is_what_the_plain_steps_make_of_it(
    field: Field, options: dict[str, Any], hashed: str | None
) -> None:
    """Fields with a limit, of another type, and those that hash or unwrap, look at it all the same."""

    def clean(payload: Any) -> Any:
        usual = all(type(text) is str and text for text in payload["a"])
        return payload["a"].copy() if usual else None

    resolver = CleanResolver(resolve=lambda payload: payload["a"], clean=clean)
    texts = Directive(name="@texts", compile=lambda value, compiler: resolver)
    mapping = compile_mapping({"a": {"@texts": {}}}, {**BUILTIN, "@texts": texts})
    check = compile_fields({"a": evolve(field, hashed=hashed, **options)}, HASHERS)

    for value in ([], ["x"], ["1"], ["x", "Ada"], ["x", ""], ["1", 2, None]):
        assert outcome(plain_steps(mapping, check), {"a": value}) == outcome(
            generate(mapping, check), {"a": value}
        )
