"""Fields that are required when other fields have, or lack, a value."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from capi_actions.fields.nodes import ROOT, Location, Problems, missing_message
from capi_actions.fields.validate import find_field
from capi_actions.model import MISSING, Condition, Field, Json, JsonObject, Requirement

Holds: TypeAlias = Callable[[JsonObject, JsonObject], bool]
"""Clean payload and raw payload in, whether a condition holds out."""

Clean: TypeAlias = Callable[[Json, Field], Json]
"""A condition's value in, the value as the field that it is compared with would hold it out."""


@frozen
class Rule:
    """A field is required when its conditions hold.

    :ivar keys: the keys from the root to the field; indices of lists between are left out, the rule
        counts for each of their items.
    :ivar labels: of the objects between, the root's (empty) first.
    :ivar code: the platform's number for the lack of it, if it has one.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    holds: Holds
    code: int | None = None

    def is_broken(self, clean: JsonObject, raw: JsonObject) -> bool:
        """Return whether the field is required but absent."""
        return self.holds(clean, raw) and next(_objects_without(clean, self.keys, ROOT), None) is not None

    def explain(self, clean: JsonObject, raw: JsonObject, problems: Problems) -> None:
        """Add a problem wherever the field is required but absent."""
        if self.holds(clean, raw):
            for location, depth in _objects_without(clean, self.keys, ROOT):
                if problems.is_full:
                    break
                problems.add(location, self.labels[depth], missing_message(self.keys[depth]), code=self.code)


def _objects_without(
    value: Any, keys: tuple[str, ...], location: Location, depth: int = 0
) -> Iterator[tuple[Location, int]]:
    """Yield the objects along the keys that lack the next one; an absent object counts for its parent.

    :returns: locations, and how many keys lead there.
    """
    key = keys[depth]
    for at, parent in _objects(value, location):
        if key not in parent:
            yield at, depth
        elif depth + 1 < len(keys):
            yield from _objects_without(parent[key], keys, at.child(key), depth + 1)


def _objects(value: Any, location: Location) -> Iterator[tuple[Location, JsonObject]]:
    if isinstance(value, dict):
        yield location, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield location.child(index), item


def compile_requirement(requirement: Requirement, fields: Mapping[str, Field], clean: Clean) -> Holds:
    """Compile the conditions of a requirement.

    :param fields: the fields at the root; conditions name those.
    """
    conditions = [_condition(condition, fields, clean) for condition in requirement.conditions]
    combine = all if requirement.match == "all" else any
    return lambda values, raw: combine(condition(values, raw) for condition in conditions)


def _condition(condition: Condition, fields: Mapping[str, Field], clean: Clean) -> Holds:
    key, _, child_key = condition.field_key.partition(".")
    is_field = key in fields
    expected = condition.value
    other = find_field(fields, condition.field_key)
    if expected is not None and other is not None and other.type != "object":
        expected = clean(expected, other)
    expect_equal = condition.operator == "is"

    def holds(values: JsonObject, raw: JsonObject) -> bool:
        # A mapping may hold keys that are no fields (the sync mode): only the raw payload has them.
        value = (values if is_field else raw).get(key, MISSING)
        if child_key:
            value = value.get(child_key, MISSING) if isinstance(value, dict) else MISSING
        if expected is None:
            return (value is None or value is MISSING) == expect_equal
        return value is not MISSING and _equal(value, expected) == expect_equal

    return holds


def _equal(left: Json, right: Json) -> bool:
    """Return whether scalars, or lists of scalars, are equal in JSON: true is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
