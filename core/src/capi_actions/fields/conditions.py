"""Fields that are required when other fields have, or lack, a value."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from capi_actions.fields.nodes import ROOT, Place, Problems, missing
from capi_actions.fields.validate import find
from capi_actions.model import MISSING, Condition, Field, Json, JsonObject, Requirement

Holds: TypeAlias = Callable[[JsonObject, JsonObject], bool]
"""Clean payload and raw payload in; whether a condition holds."""

Clean: TypeAlias = Callable[[Json, Field], Json]
"""A condition's value as the field that it is compared with would hold it."""


@frozen
class Rule:
    """A field is required when its conditions hold.

    :ivar keys: the way to the field from the root; lists on the way are left out, the rule counts for
        each of their items.
    :ivar labels: of the objects on the way, the root's (empty) first.
    :ivar code: the platform's number for the lack of it, if it has one.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    holds: Holds
    code: int | None = None

    def broken(self, clean: JsonObject, raw: JsonObject) -> bool:
        """Say whether the field is required but absent."""
        return self.holds(clean, raw) and next(_lacking(clean, self.keys, ROOT), None) is not None

    def explain(self, clean: JsonObject, raw: JsonObject, problems: Problems) -> None:
        """Note where the field is required but absent."""
        if self.holds(clean, raw):
            for place, depth in _lacking(clean, self.keys, ROOT):
                if problems.enough:
                    break
                problems.add(place, self.labels[depth], missing(self.keys[depth]), code=self.code)


def _lacking(value: Any, keys: tuple[str, ...], place: Place, depth: int = 0) -> Iterator[tuple[Place, int]]:
    """Find objects on the way that lack the next key.  Where there is none, its parent is at fault."""
    for at, each in _objects(value, place):
        key = keys[depth]
        if key not in each:
            yield at, depth
        elif depth + 1 < len(keys):
            yield from _lacking(each[key], keys, at.child(key), depth + 1)


def _objects(value: Any, place: Place) -> Iterator[tuple[Place, JsonObject]]:
    if isinstance(value, dict):
        yield place, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield place.child(index), item


def compile_requirement(requirement: Requirement, fields: Mapping[str, Field], clean: Clean) -> Holds:
    """Compile the conditions of a requirement.

    :param fields: the fields at the root; conditions name those.
    """
    conditions = [_condition(each, fields, clean) for each in requirement.conditions]
    combine = all if requirement.match == "all" else any
    return lambda values, raw: combine(condition(values, raw) for condition in conditions)


def _condition(condition: Condition, fields: Mapping[str, Field], clean: Clean) -> Holds:
    key, _, below = condition.field_key.partition(".")
    is_field = key in fields
    wanted = condition.value
    other = find(fields, condition.field_key)
    if wanted is not None and other is not None and other.type != "object":
        wanted = clean(wanted, other)
    wants_equal = condition.operator == "is"

    def holds(values: JsonObject, raw: JsonObject) -> bool:
        # A mapping may hold keys that are no fields (the sync mode): only the raw payload has them.
        value = (values if is_field else raw).get(key, MISSING)
        if below:
            value = value.get(below, MISSING) if isinstance(value, dict) else MISSING
        if wanted is None:
            return (value is None or value is MISSING) == wants_equal
        return value is not MISSING and same(value, wanted) == wants_equal

    return holds


def same(one: Json, other: Json) -> bool:
    """Compare scalars, and lists of scalars, as JSON does: true is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return False
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
