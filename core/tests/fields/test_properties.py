"""What holds for any fields and any payload."""

import copy
import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import EventError
from capi_actions.fields import compile_fields
from capi_actions.model import Choice, Condition, Field, Requirement

KEYS = st.sampled_from(["a", "b", "c"])
ODD = st.sampled_from(
    ["", " ", "0", "5.0", " 7 ", "true", "one", "two", "1e400", "2024-05-01", "a@b.co", "x" * 300, "\ud800"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, 2.0, -0.0, 2**63, 10**400, 1714566896789])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | ODD
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)
PAYLOADS = st.dictionaries(KEYS | st.text(max_size=2), VALUES, max_size=5)
LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["one", "two", "0"]),
    "number": st.sampled_from([0, 1, 2.5]),
    "integer": st.sampled_from([0, 1, 5]),
    "boolean": st.booleans(),
}


def conditions() -> st.SearchStrategy[Requirement]:
    """Draw rules about the fields at the root."""
    condition = st.builds(
        Condition,
        field_key=KEYS | st.builds("{}.{}".format, KEYS, KEYS),
        operator=st.sampled_from(["is", "is_not"]),
        value=st.none() | SCALARS.filter(lambda value: value == value) | st.lists(st.booleans(), max_size=2),
    )
    several = st.lists(condition, min_size=1, max_size=2).map(tuple)
    return st.builds(Requirement, conditions=several, match=st.sampled_from(["all", "any"]))


@st.composite
def fields(draw: st.DrawFn, depth: int = 2) -> Field:
    """Draw the definition of a field."""
    kinds = ["string", "text", "number", "integer", "boolean", "datetime", *["object"] * depth]
    kind = draw(st.sampled_from(kinds))
    options: dict[str, Any] = {
        "type": kind,
        "label": draw(st.sampled_from(["", "label"])),
        "multiple": draw(st.booleans()),
        "allow_null": draw(st.booleans()),
        "required": draw(st.sampled_from([False, False, True]) | conditions()),
    }
    if kind == "object":
        options["properties"] = draw(st.none() | st.dictionaries(KEYS, fields(depth - 1), max_size=3))
        options["additional_properties"] = draw(st.booleans())
    elif kind in LITERALS and draw(st.integers(0, 3)) == 0:
        options["choices"] = tuple(
            Choice(literal) for literal in draw(st.lists(LITERALS[kind], min_size=1, max_size=3))
        )
    elif kind in ("string", "number", "integer"):
        options["minimum"] = draw(st.none() | st.integers(0, 2))
        options["maximum"] = draw(st.none() | st.integers(2, 9))
    if kind == "string":
        options["format"] = draw(st.sampled_from([None, None, "email", "date", "uri", "regex"]))
    return Field(**options)


ACTIONS = st.fixed_dictionaries({key: fields() for key in "abc"})
"""All keys that conditions name are fields: others are removed, so that the condition is another one then."""


@given(ACTIONS, PAYLOADS | VALUES)
def test_a_payload_is_checked_or_refused_with_reasons(action: dict[str, Field], payload: Any) -> None:
    """Nothing but EventError comes out, never without a sentence, and what comes out passes again."""
    check = compile_fields(action)
    try:
        clean = check(payload)
    except EventError as error:
        assert error.problems
        assert all(problem.path.startswith("$") for problem in error.problems)
    else:
        assert same(clean, check(clean))


@given(ACTIONS, PAYLOADS)
def test_the_payload_is_left_alone(action: dict[str, Field], payload: dict[str, Any]) -> None:
    """It belongs to the event, from which other actions are made."""
    before = copy.deepcopy(payload)
    try:
        clean = compile_fields(action)(payload)
    except EventError:
        pass
    else:
        assert clean is not payload
    assert same(before, payload)


@given(ACTIONS, PAYLOADS)
def test_numbers_that_come_out_are_finite(action: dict[str, Field], payload: dict[str, Any]) -> None:
    """JSON has no word for others; what is in free-form objects is not looked at."""
    try:
        clean = compile_fields(action)(payload)
    except EventError:
        return
    for key, field in action.items():
        if field.type != "object" and key in clean:
            values = clean[key] if field.multiple else [clean[key]]
            assert all(math.isfinite(value) for value in values if isinstance(value, float))


SECRETS = st.recursive(
    st.just("s3cr3t@example.com") | st.just(4242424242424242),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.just("s3cr3t"), inner, max_size=4),
    max_leaves=12,
)


@given(ACTIONS, st.dictionaries(KEYS, SECRETS))
def test_no_value_is_ever_quoted(action: dict[str, Field], payload: dict[str, Any]) -> None:
    """What was in the field may be somebody's address; nor is an unknown key named."""
    try:
        compile_fields(action)(payload)
    except EventError as error:
        assert "s3cr3t" not in str(error)
        assert "42424242" not in str(error)


def same(one: Any, other: Any) -> bool:
    """Compare NaN with NaN, too, and tell 1 from true and from 1.0."""
    return json.dumps(one) == json.dumps(other)
