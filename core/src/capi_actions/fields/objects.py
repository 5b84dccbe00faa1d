"""Fields that hold an object, and the payload itself."""

from collections.abc import Mapping
from typing import Any

from capi_actions.fields.node import Check, Node, Problems, RefusedError, kind, leaf
from capi_actions.fields.place import Place
from capi_actions.model import MISSING


def free_form(label: str, *, nullable: bool) -> Node:
    """Compile a field that holds any object; what is in it is passed on as it is."""
    return leaf(_object(nullable), label)


def _object(nullable: bool) -> Check:
    reason = "must be an object or null" if nullable else "must be an object"

    def check(value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if value is None:
            return None if nullable else MISSING
        if value == "":
            return MISSING
        raise RefusedError(f"{reason} but it was {kind(value)}")

    return check


def structured(
    nodes: Mapping[str, Node],
    required: list[str],
    label: str,
    *,
    nullable: bool,
    keeps_others: bool,
) -> Node:
    """Compile an object of known keys.

    :param required: the keys that must be there, whatever the others hold.
    :param nullable: whether null is kept in its place.
    :param keeps_others: whether unknown keys are kept as they are, or left out.
    """
    check_object = _object(nullable)
    names = {key: node.sent_as for key, node in nodes.items() if node.sent_as is not None}
    checks = {key: node.check for key, node in nodes.items()}
    # Most values have the right type already.  Copying the object whole and calling a check only for
    # the others takes 80 ns a key; calling each key's check and storing its answer takes 200 ns.
    plain = {key: node.plain for key, node in nodes.items() if node.plain}.get
    floats = frozenset(key for key, node in nodes.items() if node.floats)

    def check(value: Any) -> Any:
        if type(value) is not dict:
            value = check_object(value)
            if not isinstance(value, dict):
                return value
        clean = value.copy()
        for key, raw in value.items():
            if type(raw) is not plain(key) or not raw:
                if type(raw) is float and key in floats and raw - raw == 0:  # neither infinite nor NaN
                    continue
                if key in checks:
                    each = checks[key](raw)
                    if each is MISSING:
                        del clean[key]
                    elif each is not raw:
                        clean[key] = each
                elif not keeps_others:
                    del clean[key]
        for key in required:
            if key not in clean:
                raise RefusedError(missing(key))
        return _renamed(clean, names) if names else clean

    def explain(value: Any, place: Place, problems: Problems) -> Any:
        try:
            value = check_object(value)
        except RefusedError as refused:
            problems.add(place, label, *refused.reasons)
            return value
        if not isinstance(value, dict):
            return value
        clean = {key: raw for key, raw in value.items() if keeps_others and key not in nodes}
        below = Problems()
        for key, node in nodes.items():
            each = node.explain(value.get(key), place.child(key), below) if key in value else MISSING
            if each is not MISSING:
                clean[key] = each
        for key in required:
            if key not in clean:
                problems.add(place, label, missing(key), code=nodes[key].code)
        problems.extend(below)
        return _renamed(clean, names)

    return Node(check, explain, members=nodes, required=tuple(required), keeps_others=keeps_others)


def _renamed(clean: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in clean.items()}


def missing(key: str) -> str:
    """Say that an object lacks a key."""
    return f"is missing the required field '{key}'"
