"""What a field demands of a value that has the right type."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from capi_actions.fields.coerce import COERCE
from capi_actions.fields.formats import FORMATS
from capi_actions.model import Field
from capi_actions.text import number_text

Limit: TypeAlias = Callable[[Any], str | None]
"""Clean value in, the end of a sentence about it out, or None when it is fine."""

TEXTUAL = frozenset({"string", "text", "password"})
NUMERIC = frozenset({"number", "integer"})


def limits(field: Field) -> Iterator[Limit]:
    """Give the demands of one field, in the order in which they are reported."""
    if field.choices:
        yield _one_of(field)
    if field.type in TEXTUAL:
        yield from _length(field.minimum, field.maximum)
        if field.format not in (None, "text", "password"):
            yield _format(field.format)
    elif field.type in NUMERIC:
        yield from _size(field.minimum, field.maximum)


def allowed_values(field: Field) -> frozenset[Any]:
    """Give the values of a field's choices as the field holds them."""
    return frozenset(COERCE[field.type](choice.value) for choice in field.choices)


def _one_of(field: Field) -> Limit:
    allowed = allowed_values(field)
    named = [json.dumps(choice.value, ensure_ascii=False) for choice in field.choices if choice.listed]
    if field.allow_null and not field.multiple:
        named.append("null")
    reason = f"must be one of: {_or(list(dict.fromkeys(named)))}"
    return lambda value: None if value in allowed else reason


def _or(words: list[str]) -> str:
    if len(words) <= 2:
        return " or ".join(words)
    return ", ".join(words[:-1]) + ", or " + words[-1]


def _length(least: float | None, most: float | None) -> Iterator[Limit]:
    if least is not None:
        words = f"must be {_characters(least)} or more but it was"
        yield lambda value: f"{words} {_characters(len(value))}" if len(value) < least else None
    if most is not None:
        limit = f"must be {_characters(most)} or fewer but it was"
        yield lambda value: f"{limit} {_characters(len(value))}" if len(value) > most else None


def _characters(count: float) -> str:
    return f"{number_text(count)} character" + ("" if count == 1 else "s")


def _size(least: float | None, most: float | None) -> Iterator[Limit]:
    if least is not None:
        too_little = f"must be equal to or greater than {number_text(least)}"
        yield lambda value: too_little if value < least else None
    if most is not None:
        too_much = f"must be equal to or less than {number_text(most)}"
        yield lambda value: too_much if value > most else None


def _format(name: str) -> Limit:
    form = FORMATS[name]
    reason = f"must be a valid {form.words} string but it was not"
    return lambda value: None if form.fits(value) else reason
