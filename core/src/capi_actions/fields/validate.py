"""Validate field definitions."""

from collections.abc import Collection, Iterator, Mapping
from typing import get_args

from capi_actions.errors import ConfigError, Problem
from capi_actions.fields.coerce import COERCE, EXPECTED
from capi_actions.fields.formats import FORMATS
from capi_actions.fields.scalars import NUMERIC, TEXTUAL
from capi_actions.model import Condition, Field, FieldType, Json, Requirement
from capi_actions.text import did_you_mean

TYPES: tuple[str, ...] = get_args(FieldType)

MAX_DEPTH = 32
"""How deeply properties may be nested."""


def validate(fields: Mapping[str, Field], hashers: Collection[str]) -> None:
    """Validate the field definitions of an action.

    :param hashers: the keys for which there is a hasher.
    :raises ConfigError: with every problem; paths lead to the attribute, ``$.user_data.properties.em.hashed``.
    """
    problems = list(problems_of(fields, hashers))
    if problems:
        raise ConfigError(problems)


def problems_of(fields: Mapping[str, Field], hashers: Collection[str]) -> Iterator[Problem]:
    """Yield every problem of field definitions."""
    return _fields(fields, fields, hashers, "$", 1)


def find_field(fields: Mapping[str, Field], field_key: str) -> Field | None:
    """Return the field that a condition names, or None."""
    key, _, child_key = field_key.partition(".")
    field = fields.get(key)
    if field is None or not child_key:
        return field
    return (field.properties or {}).get(child_key)


def _fields(
    root: Mapping[str, Field], fields: Mapping[str, Field], hashers: Collection[str], path: str, depth: int
) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield Problem(f"properties may be nested {MAX_DEPTH} deep at most", path)
        return
    for key, field in fields.items():
        at = f"{path}.{key}"
        if field.type in TYPES:
            yield from _field(field, hashers, at)
            yield from _requirement(field, root, at)
        else:
            yield Problem(f"there is no type {field.type!r}; use one of {', '.join(TYPES)}", f"{at}.type")
        if field.sent_as is not None and depth == 1:
            yield Problem("only properties of an object can be sent as something else", f"{at}.sent_as")
        if field.properties is not None:
            yield from _sent_names(field, at)
            yield from _fields(root, field.properties, hashers, f"{at}.properties", depth + 1)


def _field(field: Field, hashers: Collection[str], at: str) -> Iterator[Problem]:
    is_object = field.type == "object"
    if field.properties is not None and not is_object:
        yield Problem(f"only objects have properties, this is {EXPECTED[field.type]}", f"{at}.properties")
    if field.hashed is not None:
        if is_object:
            yield Problem("an object can't be hashed; hash its properties", f"{at}.hashed")
        elif field.hashed not in hashers:
            hint = did_you_mean(field.hashed, hashers) or "; there are none"
            yield Problem(f"there is no hasher {field.hashed!r}{hint}", f"{at}.hashed")
    if field.usable is not None:
        yield from _usable(field, at)
    if field.format is not None and field.format not in FORMATS:
        yield Problem(f"there is no format {field.format!r}; use one of {', '.join(FORMATS)}", f"{at}.format")
    elif field.format is not None and field.type not in TEXTUAL | {"datetime"}:
        yield Problem(f"only strings have a format, this is {EXPECTED[field.type]}", f"{at}.format")
    yield from _choices(field, at)
    yield from _bounds(field, at)


def _usable(field: Field, at: str) -> Iterator[Problem]:
    if not callable(field.usable):
        yield Problem("should be a function that takes a text and returns whether it is sent", f"{at}.usable")
    elif field.hashed is not None:
        yield Problem("of a hashed field, the normalizer decides which texts are sent", f"{at}.usable")
    elif field.type not in TEXTUAL:
        yield Problem(f"only strings can be placeholders, this is {EXPECTED[field.type]}", f"{at}.usable")


def _sent_names(holder: Field, at: str) -> Iterator[Problem]:
    """Check that no two values of an object get the same key, and that no condition needs to know ``sent_as``."""
    properties = holder.properties or {}
    taken = {key for key, field in properties.items() if field.sent_as is None}
    for key, field in properties.items():
        if field.sent_as is None:
            continue
        if holder.additional_properties:
            problem = "an object that keeps other keys may hold one of this name already"
        elif field.sent_as in taken:
            problem = f"another property is sent as {field.sent_as!r} already"
        elif field.type == "object" or isinstance(field.required, Requirement):
            problem = "neither objects nor what is required under conditions can be sent as something else"
        else:
            taken.add(field.sent_as)
            continue
        yield Problem(problem, f"{at}.properties.{key}.sent_as")


def _choices(field: Field, at: str) -> Iterator[Problem]:
    for index, choice in enumerate(field.choices):
        if field.type == "object" or COERCE[field.type](choice.value) is None:
            yield Problem(f"a choice must be {EXPECTED[field.type]}", f"{at}.choices[{index}]")


def _bounds(field: Field, at: str) -> Iterator[Problem]:
    least, most = field.minimum, field.maximum
    if (least is not None or most is not None) and field.type not in TEXTUAL | NUMERIC:
        name = "maximum" if least is None else "minimum"
        yield Problem(f"only numbers and strings have bounds, this is {EXPECTED[field.type]}", f"{at}.{name}")
    if least is not None and most is not None and least > most:
        yield Problem("minimum is more than maximum", f"{at}.minimum")


def _requirement(field: Field, root: Mapping[str, Field], at: str) -> Iterator[Problem]:
    if not isinstance(field.required, Requirement):
        return
    if not field.required.conditions:
        yield Problem("name at least one condition, or write true", f"{at}.required.conditions")
    for index, condition in enumerate(field.required.conditions):
        yield from _condition(condition, root, f"{at}.required.conditions[{index}]")


def _condition(condition: Condition, root: Mapping[str, Field], at: str) -> Iterator[Problem]:
    if not _is_comparable(condition.value):
        yield Problem("compare with a string, a number, a boolean or a list of those", f"{at}.value")
    other = find_field(root, condition.field_key)
    if other is not None and other.hashed is not None and condition.value is not None:
        yield Problem(
            f"{condition.field_key} is hashed: ask only whether it is there, without a value", f"{at}.value"
        )
    if other is not None and other.sent_as is not None:
        yield Problem(
            f"{condition.field_key} is sent as {other.sent_as!r}: no condition can ask for it",
            f"{at}.field_key",
        )


def _is_comparable(value: Json) -> bool:
    scalars = value if isinstance(value, list) else [value]
    return all(scalar is None or isinstance(scalar, str | int | float) for scalar in scalars)
