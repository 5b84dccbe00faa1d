"""Fields that hold one string, number, boolean or point in time."""

from typing import Any

from attrs import evolve

from capi_actions.fields.coerce import COERCE, LARGEST, WANTED
from capi_actions.fields.limits import TEXTUAL, allowed_values, limits
from capi_actions.fields.node import Check, Node, RefusedError, kind, leaf
from capi_actions.fields.times import is_iso
from capi_actions.model import MISSING, Field

_PLAIN: dict[str, type] = {
    "string": str,
    "text": str,
    "password": str,
    "number": int,
    "integer": int,
    "boolean": bool,
}


def scalar(field: Field, *, drops_empty: bool, nullable: bool) -> Node:
    """Compile a field that holds one value.

    :param drops_empty: whether an empty string counts as absent; it always does for fields that don't
        hold strings.
    :param nullable: whether null is kept.
    """
    check = _check(field, drops_empty=drops_empty or field.type not in TEXTUAL, nullable=nullable)
    plain = None if any(limits(field)) else _PLAIN.get(field.type)
    node = leaf(_quick(field, check), field.label, plain)
    return evolve(node, floats=True) if plain and field.type == "number" else node


def _check(field: Field, *, drops_empty: bool, nullable: bool) -> Check:
    coerce = COERCE[field.type]
    demands = tuple(limits(field))
    wanted = f"must be {WANTED[field.type]}" + (" or null" if nullable else "")
    is_time = field.type == "datetime"

    def check(value: Any) -> Any:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None:
            return None if nullable else MISSING
        if drops_empty and value == "":
            return MISSING
        clean = coerce(value)
        if clean is None:
            found = "not" if is_time and isinstance(value, str) else kind(value)
            raise RefusedError(f"{wanted} but it was {found}")
        for demand in demands:
            if demand(clean):
                raise RefusedError(*filter(None, (each(clean) for each in demands)))
        return clean

    return check


def _quick(field: Field, check: Check) -> Check:
    """Let the usual values of some fields through at once: 0.1 to 0.3 µs instead of 0.4 to 0.6."""
    plain, allowed, demands = _PLAIN.get(field.type), allowed_values(field), len(list(limits(field)))
    least, most = -LARGEST, LARGEST

    def choice(value: Any) -> Any:
        return value if type(value) is plain and value in allowed else check(value)

    def number(value: Any) -> Any:
        return value if type(value) is float and least <= value <= most else check(value)

    def time(value: Any) -> Any:
        return value if type(value) is str and is_iso(value) else check(value)

    if field.choices and demands == 1:
        return choice
    if field.type == "number" and not demands:
        return number
    if field.type == "datetime" and not demands:
        return time
    return check
