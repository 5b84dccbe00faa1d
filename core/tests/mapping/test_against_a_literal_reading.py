"""Random mappings on random events give what a slow, literal reading of the language gives.

The reading below walks the mapping anew for every event and keeps missing values as MISSING until
the very end, as the prose of the language has it.  It shares no code with what it checks.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_actions.errors import EventError
from capi_actions.mapping import compile_mapping
from capi_actions.model import MISSING
from support.length import examples


def read(mapping: Any, payload: Any) -> Any:
    """Resolve and leave out what is missing."""
    return clean(resolve(mapping, payload))


def resolve(mapping: Any, payload: Any) -> Any:
    """Resolve, missing values kept."""
    if isinstance(mapping, list):
        return [resolve(item, payload) for item in mapping]
    if not isinstance(mapping, dict):
        return mapping
    name = next((key for key in mapping if key.startswith("@")), None)
    if name is None:
        return {key: resolve(member, payload) for key, member in mapping.items()}
    return READINGS[name](mapping[name], payload)


def clean(value: Any) -> Any:
    """Delete missing members, and put null in place of missing items, at any depth."""
    if isinstance(value, dict):
        return {key: clean(member) for key, member in value.items() if member is not MISSING}
    return [None if item is MISSING else clean(item) for item in value] if isinstance(value, list) else value


def walk(payload: Any, path: str) -> Any:
    """Index step by step, stopping at the first falsy value."""
    pieces = [piece for piece in re.split(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""", path) if piece]
    for key in (re.sub("['\"]", "", piece) for piece in pieces):
        if (
            payload is None
            or payload is False
            or payload == ""
            or (payload == 0 and not isinstance(payload, list))
        ):
            return payload
        if isinstance(payload, dict):
            payload = payload.get(key, MISSING)
        elif isinstance(payload, list) and re.fullmatch("0|[1-9][0-9]*", key) and int(key) < len(payload):
            payload = payload[int(key)]
        else:
            return MISSING
        if payload is MISSING:
            return MISSING
    return payload


def path(value: Any, payload: Any) -> Any:
    """Read @path."""
    value = resolve(value, payload)
    if not isinstance(value, str):
        raise EventError.of("no text")
    return walk(payload, value.replace("$.", "", 1))


def template(value: Any, payload: Any) -> Any:
    """Read @template, for templates that stand in the mapping."""
    for pattern in (r"\{\{\{([^}]+)\}\}\}", r"\{\{([^}]+)\}\}"):
        value = re.sub(pattern, lambda match: written(walk(payload, match[1].strip())), value)
    return value


def written(value: Any) -> str:
    """Write a value into text; only what the strategies draw."""
    if isinstance(value, list):
        return ",".join(map(written, value))
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return "[object Object]" if isinstance(value, dict) else str(value)


def choice(value: Any, payload: Any) -> Any:
    """Read @if."""
    resolved = resolve(value["exists"] if "exists" in value else value["blank"], payload)
    holds = resolved is not None and resolved is not MISSING
    if "exists" not in value and holds:
        holds = isinstance(resolved, dict) or (
            written(resolved) != "" and (isinstance(resolved, list) or resolved not in (0, False))
        )
    if holds:
        return resolve(value["then"], payload) if "then" in value else MISSING
    other = value.get("else")
    return resolve(other, payload) if other or isinstance(other, dict | list) else MISSING


def array_path(value: Any, payload: Any) -> Any:
    """Read @arrayPath."""
    root = path(value[0], payload) if isinstance(value[0], str) else resolve(value[0], payload)
    if len(value) > 1 and isinstance(value[1], dict) and value[1] and isinstance(root, dict | list):
        items = root if isinstance(root, list) else [root]
        return [resolve(value[1], item) for item in items]
    return root


def merge(value: Any, payload: Any) -> Any:
    """Read @merge."""
    merged: dict[str, Any] = {}
    objects = [resolve(item, payload) for item in value["objects"]]
    for layer in objects if value["direction"] == "right" else reversed(objects):
        if isinstance(layer, list):
            layer = {str(index): item for index, item in enumerate(layer)}
        merged.update(layer if isinstance(layer, dict) else {})
    return merged


def transform(value: Any, payload: Any) -> Any:
    """Read @transform."""
    if payload is not MISSING and not isinstance(payload, dict):
        raise EventError.of("no object")
    return resolve(value["mapping"], read(value["apply"], payload))


def flatten(value: Any, payload: Any) -> Any:
    """Read @flatten."""

    def flat(part: Any, prefix: str) -> dict[str, Any]:
        if isinstance(part, dict) or (isinstance(part, list) and not value.get("omitArrays")):
            pairs = part.items() if isinstance(part, dict) else enumerate(part)
            made: dict[str, Any] = {}
            for key, below in pairs:
                made.update(flat(below, f"{prefix}{value['separator']}{key}" if prefix else str(key)))
            return made
        return {prefix: part}

    return flat(resolve(value["value"], payload), "")


def exclude(value: Any, payload: Any) -> Any:
    """Read @excludeWhenNull."""
    resolved = resolve(value, payload)
    return MISSING if resolved is None else without_nulls(resolved)


def without_nulls(value: Any) -> Any:
    """Make null members missing, in objects only."""
    if not isinstance(value, dict):
        return value
    return {key: MISSING if member is None else without_nulls(member) for key, member in value.items()}


def case(value: Any, payload: Any) -> Any:
    """Read @case."""
    resolved = resolve(value["value"], payload) if value["value"] != "" else MISSING
    return getattr(resolved, value["operator"])() if isinstance(resolved, str) else resolved


def convert(value: Any, payload: Any) -> Any:
    """Read @json, for values that Python reads and writes like JavaScript."""
    resolved = resolve(value["value"], payload)
    if value["mode"] == "decode":
        try:
            return json.loads(resolved) if isinstance(resolved, str) else resolved
        except ValueError:
            return resolved
    resolved = clean(resolved)
    return MISSING if resolved is MISSING else json.dumps(resolved, ensure_ascii=False, separators=(",", ":"))


READINGS = {
    "@path": path, "@template": template, "@literal": resolve, "@if": choice, "@arrayPath": array_path,
    "@merge": merge, "@transform": transform, "@flatten": flatten, "@excludeWhenNull": exclude,
    "@case": case, "@json": convert,
}  # fmt: skip

KEYS = st.sampled_from(["a", "b", "c", "a_b", "it's"])
PATHS = st.lists(st.sampled_from(["a", "b", "c", "0", "1", "its", "nope"]), max_size=3).map(".".join)
SPELT = (
    PATHS
    | PATHS.map("$.".__add__)
    | st.sampled_from(["", "$.", "a[0].b", "b['a']", "a..b.", "$.a$.b", "[1]"])
)
LEAVES = st.none() | st.booleans() | st.sampled_from([0, 1, 7, "", "x", "Yes", " "])
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
PAYLOADS = st.dictionaries(KEYS | st.just("its"), JSON, max_size=4)


def directives(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw directives whose values are drawn from another strategy."""
    paths = SPELT.map(lambda spelt: {"@path": spelt})
    members = st.dictionaries(KEYS, inner, max_size=3)
    makers = paths | inner.filter(
        lambda drawn: isinstance(drawn, dict) and any(key[0] == "@" for key in drawn)
    )
    parts = {"then": inner, "else": inner}
    conditions = st.fixed_dictionaries({"exists": makers}, optional=parts) | st.fixed_dictionaries(
        {"blank": makers}, optional=parts
    )
    return st.one_of(
        paths,
        paths.map(lambda drawn: {"@path": drawn}),
        st.lists(SPELT | st.just("-"), max_size=3).map(
            lambda names: {"@template": "".join(f"{{{{{n}}}}}" for n in names)}
        ),
        inner.map(lambda drawn: {"@literal": drawn}),
        conditions.map(lambda drawn: {"@if": drawn}),
        st.tuples(SPELT | makers, members | makers).map(lambda drawn: {"@arrayPath": list(drawn)}),
        st.tuples(st.lists(members | makers, max_size=3), st.sampled_from(["left", "right"])).map(
            lambda drawn: {"@merge": {"objects": drawn[0], "direction": drawn[1]}}
        ),
        st.tuples(members | makers, members | makers).map(
            lambda drawn: {"@transform": {"apply": drawn[0], "mapping": drawn[1]}}
        ),
        st.tuples(inner, st.booleans()).map(
            lambda drawn: {"@flatten": {"value": drawn[0], "separator": "_", "omitArrays": drawn[1]}}
        ),
        inner.map(lambda drawn: {"@excludeWhenNull": drawn}),
        st.tuples(makers, st.sampled_from(["lower", "upper"])).map(
            lambda drawn: {"@case": {"value": drawn[0], "operator": drawn[1]}}
        ),
        st.tuples(makers | inner.filter(bool), st.sampled_from(["encode", "decode"])).map(
            lambda drawn: {"@json": {"value": drawn[0], "mode": drawn[1]}}
        ),
    )


MAPPINGS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES | SPELT.map(lambda spelt: {"@path": spelt}),
        lambda inner: (
            directives(inner) | st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


@settings(max_examples=examples(500), deadline=None)
@given(MAPPINGS, PAYLOADS)
@example(
    {
        "a": {"@arrayPath": ["a", {"b": {"@path": "b"}}]},
        "b": {"@if": {"exists": {"@path": "a"}, "then": {"@path": "a"}}},
    },
    {"a": {"b": 1}},
)
@example(
    {"a": {"@merge": {"direction": "right", "objects": [{"b": 1}, {"@excludeWhenNull": {"@path": "a"}}]}}},
    {"a": {"b": None}},
)
@example(
    {
        "a": {
            "@merge": {
                "direction": "right",
                "objects": [{"": 1}, {"@flatten": {"separator": "_", "value": {"@path": "b"}}}],
            }
        }
    },
    {},
)
def test_results_are_those_of_a_literal_reading(mapping: dict[str, Any], payload: dict[str, Any]) -> None:
    """Result or refusal; and the event stays what it was."""
    before = json.dumps(payload)
    try:
        expected = read(mapping, payload)
    except EventError:
        with pytest.raises(EventError):
            compile_mapping(mapping)(payload)
        return

    assert json.dumps(expected) == json.dumps(compile_mapping(mapping)(payload))
    assert before == json.dumps(payload)
