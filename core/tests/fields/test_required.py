"""Fields that must be there: always, or under conditions."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import EventError
from capi_actions.fields import CheckFields

Compiled = Callable[..., CheckFields]

TEXT = {"type": "string"}


@pytest.fixture(scope="session")
def lacks() -> Callable[[CheckFields, Any], list[str]]:
    """Return what a check says of a payload, empty when it passes."""

    def problems(check: CheckFields, payload: Any) -> list[str]:
        try:
            check(payload)
        except EventError as error:
            return [str(problem) for problem in error.problems]
        return []

    return problems


Lacks = Callable[[CheckFields, Any], list[str]]


def requires(key: str, operator: str, *value: Any, match: str = "all") -> dict[str, Any]:
    """Write a field that is required under one condition."""
    condition = {"fieldKey": key, "operator": operator, **({"value": value[0]} if value else {})}
    return {"type": "string", "required": {"match": match, "conditions": [condition]}}


MISSING_N = ["The root value is missing the required field 'n'."]


@pytest.mark.parametrize("payload", [{}, {"n": None}, {"n": ""}, {"n": [None]}])
def test_what_counts_as_absent_is_missing(compiled: Compiled, lacks: Lacks, payload: Any) -> None:
    """Null and an empty string are no values."""
    assert lacks(compiled(n={"type": "string", "required": True}), payload) == MISSING_N


def test_null_can_be_the_required_value(compiled: Compiled, lacks: Lacks) -> None:
    """Where null is allowed, it is a value."""
    assert lacks(compiled(n={"type": "string", "required": True, "allowNull": True}), {"n": None}) == []


def test_parts_are_only_required_of_objects_that_are_there(compiled: Compiled, lacks: Lacks) -> None:
    """The object itself may be optional."""
    check = compiled(
        o={"type": "object", "label": "order", "properties": {"id": {"type": "string", "required": True}}}
    )

    assert lacks(check, {}) == []
    assert lacks(check, {"o": {"id": None}}) == ["$.o: Order is missing the required field 'id'."]


def test_all_problems_are_told_the_missing_fields_first(compiled: Compiled, lacks: Lacks) -> None:
    """One look is enough to mend an event."""
    check = compiled(
        q={"type": "number", "label": "Q"},
        z={"type": "string", "required": True},
        n=requires("op", "is", "create"),
        op=TEXT,
    )

    assert [
        *MISSING_N,
        "The root value is missing the required field 'z'.",
        "$.q: Q must be a number but it was a text with letters; write 12.50:"
        " digits with a point for decimals, no thousands separators or currency sign.",
    ] == lacks(check, {"q": "x", "op": "create"})


@pytest.mark.parametrize(
    ("operator", "value", "others", "required"),
    [
        ("is", "create", {"op": "create"}, True),
        ("is", "create", {"op": "update"}, False),
        ("is", "create", {}, False),
        ("is_not", "create", {"op": "update"}, True),
        ("is_not", "create", {"op": "create"}, False),
        ("is_not", "create", {}, False),
        ("is", None, {}, True),
        ("is", None, {"op": ""}, True),
        ("is", None, {"op": "x"}, False),
        ("is_not", None, {"op": "x"}, True),
        ("is_not", None, {}, False),
    ],
)
def test_a_condition_looks_at_another_field(
    compiled: Compiled, lacks: Lacks, operator: str, value: Any, others: Any, required: bool
) -> None:
    """No value stands for absence; a condition with a value never holds for an absent field."""
    check = compiled(op=TEXT, n=requires("op", operator, value))

    assert (MISSING_N if required else []) == lacks(check, others)
    assert lacks(check, {**others, "n": "x"}) == []


@pytest.mark.parametrize(
    ("kind", "value", "other"),
    [("number", 10, "10"), ("number", "10", 10), ("boolean", True, "true"), ("string", 5, 5)],
)
def test_conditions_compare_values_as_the_field_holds_them(
    compiled: Compiled, lacks: Lacks, kind: str, value: Any, other: Any
) -> None:
    """However the event and the condition are written."""
    assert lacks(compiled(op={"type": kind}, n=requires("op", "is", value)), {"op": other}) == MISSING_N


@pytest.mark.parametrize(("kind", "value"), [("number", "ten"), ("object", "x"), ("string", "")])
def test_values_that_a_field_never_has_make_conditions_that_never_hold(
    compiled: Compiled, lacks: Lacks, kind: str, value: Any
) -> None:
    """As in the reference; such a condition harms nobody."""
    payload = {"op": {"number": 10, "object": {}, "string": "x"}[kind]}
    assert lacks(compiled(op={"type": kind}, n=requires("op", "is", value)), payload) == []


def test_true_is_not_one(compiled: Compiled, lacks: Lacks) -> None:
    """JSON tells them apart, Python doesn't."""
    check = compiled(o={"type": "object"}, n=requires("o.flag", "is", True))

    assert lacks(check, {"o": {"flag": 1}}) == []
    assert lacks(check, {"o": {"flag": True}}) == MISSING_N


def test_a_list_is_compared_as_a_whole(compiled: Compiled, lacks: Lacks) -> None:
    """It is not a choice of several values."""
    check = compiled(l={"type": "string", "multiple": True}, n=requires("l", "is", ["a", "b"]))

    assert lacks(check, {"l": ["a", "b"]}) == MISSING_N
    assert lacks(check, {"l": ["a"]}) == []
    assert lacks(check, {"l": "a"}) == []


@pytest.mark.parametrize(("match", "required"), [("all", False), ("any", True)])
def test_several_conditions_hold_together_or_one_by_one(
    compiled: Compiled, lacks: Lacks, match: str, required: bool
) -> None:
    """``match`` says which; all is the default."""
    conditions = [{"fieldKey": "op", "operator": "is", "value": value} for value in ("a", "b")]
    check = compiled(op=TEXT, n={"type": "string", "required": {"match": match, "conditions": conditions}})

    assert (MISSING_N if required else []) == lacks(check, {"op": "b"})


def test_conditions_may_name_keys_that_are_no_fields(compiled: Compiled, lacks: Lacks) -> None:
    """A mapping's sync mode is in the payload, but not for the action."""
    check = compiled(n=requires("__segment_internal_sync_mode", "is", "upsert"))

    assert lacks(check, {"__segment_internal_sync_mode": "upsert"}) == MISSING_N
    assert lacks(check, {"__segment_internal_sync_mode": "add"}) == []


USER = {
    "type": "object",
    "label": "user",
    "properties": {"phone": requires("email", "is"), "cc": requires("user.phone", "is_not")},
}


@pytest.mark.parametrize(
    ("payload", "problems"),
    [
        ({"email": "x"}, []),
        ({}, ["The root value is missing the required field 'user'."]),
        ({"user": {}}, ["$.user: User is missing the required field 'phone'."]),
        ({"user": {"phone": "1"}}, ["$.user: User is missing the required field 'cc'."]),
        ({"user": {"phone": "1", "cc": "1"}}, []),
        ({"user": 5}, ["$.user: User must be an object but it was a number."]),
    ],
)
def test_properties_have_conditions_on_fields_of_the_root(
    compiled: Compiled, lacks: Lacks, payload: Any, problems: list[str]
) -> None:
    """What a missing object would have to hold is missing with it."""
    assert problems == lacks(compiled(email=TEXT, user=USER), payload)


def test_conditions_count_for_each_item_of_a_list(compiled: Compiled, lacks: Lacks) -> None:
    """And don't undo what is required anyway."""
    properties = {"x": requires("op", "is", "c"), "y": {"type": "string", "required": True}}
    check = compiled(op=TEXT, l={"type": "object", "multiple": True, "properties": properties})

    assert lacks(check, {"op": "c", "l": [{"x": "1", "y": "1"}, {"y": "1"}]}) == [
        "$.l[1]: The value at /l/1 is missing the required field 'x'."
    ]
    assert lacks(check, {"l": [{}]}) == ["$.l[0]: The value at /l/0 is missing the required field 'y'."]
    assert lacks(check, {"op": "c"}) == ["The root value is missing the required field 'l'."]
    assert lacks(check, {"op": "c", "l": []}) == []


def test_a_wrong_value_is_not_a_missing_one(compiled: Compiled, lacks: Lacks) -> None:
    """Each thing is said once."""
    check = compiled(op=TEXT, n={**requires("op", "is", "c"), "type": "number", "label": "N"})

    assert lacks(check, {"op": "c", "n": "x"}) == [
        "$.n: N must be a number but it was a text with letters; write 12.50:"
        " digits with a point for decimals, no thousands separators or currency sign."
    ]
