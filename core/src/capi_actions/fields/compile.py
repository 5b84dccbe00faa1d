"""Compile field definitions to the function that cleans and checks payloads."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import evolve

from capi_actions.errors import EventError
from capi_actions.fields.conditions import Rule, compile_requirement
from capi_actions.fields.nodes import (
    ROOT,
    Check,
    Node,
    Problems,
    RefusedError,
    free_form,
    leaf,
    list_node,
    object_node,
    type_phrase,
    unwrapping_node,
    with_code,
)
from capi_actions.fields.scalars import flatten, hash_checked, hash_items, scalar
from capi_actions.fields.validate import validate
from capi_actions.hashing import Hasher
from capi_actions.model import MISSING, Field, Json, JsonObject, Requirement

Fields: TypeAlias = Mapping[str, Field]
Hashers: TypeAlias = Mapping[str, Hasher]

_NONE: Hashers = {}


def compile_fields(fields: Fields, hashers: Hashers = _NONE) -> "CheckFields":
    """Compile the fields of an action to the function that checks payloads.

    The function leaves out what counts as absent (null, empty strings at the root, unknown keys),
    coerces scalars of another type, and replaces the values of hashed fields.  It never changes the
    payload; objects without ``properties`` are passed on as they are, not copied.  Checking its result
    again changes nothing, unless fields are hashed.

    :param hashers: by the normalizer's key.
    :raises ConfigError: when a definition is invalid, or names a hasher that doesn't exist.

    >>> check = compile_fields({"quantity": Field(type="integer", label="Quantity", required=True)})
    >>> check({"quantity": " 2 ", "colour": "red"})
    {'quantity': 2}
    >>> check({"quantity": [1, 2]})
    Traceback (most recent call last):
    capi_actions.errors.EventError: $.quantity: Quantity must be an integer but it was an array.
    """
    validate(fields, hashers)
    root = _object(fields, hashers, "", nullable=False, keeps_others=False, drops_empty=True)
    rules = tuple(_rules(fields, fields, (), ("",)))

    return CheckFields(root, rules)


class CheckFields:
    """The compiled fields of an action.  Call it with a payload; it returns a new, clean one.

    :ivar root: the node of the payload, without conditions.
    :ivar rules: the fields that are required under conditions.
    """

    __slots__ = ("root", "rules")

    def __init__(self, root: Node, rules: tuple[Rule, ...]) -> None:
        self.root = root
        self.rules = rules

    def __call__(self, payload: Any) -> JsonObject:
        """Return the clean payload.

        :raises EventError: with everything that is wrong.
        """
        if not isinstance(payload, dict):
            raise EventError.of(f"The root value must be an object but it was {type_phrase(payload)}.")
        try:
            clean: JsonObject = self.root.check(payload)
        except RefusedError:
            raise EventError(_explain(self.root, self.rules, payload)) from None
        if self.rules and any(rule.is_broken(clean, payload) for rule in self.rules):
            raise EventError(_explain(self.root, self.rules, payload))
        return clean


def _explain(root: Node, rules: tuple[Rule, ...], payload: JsonObject) -> Problems:
    of_values = Problems()  # reported after what is missing
    clean = root.explain(payload, ROOT, of_values)
    problems = Problems()
    for rule in rules:
        rule.explain(clean, payload, problems)
    problems.extend(of_values)
    if problems.is_full:
        problems.add(ROOT, "", "has more problems than are listed here")
    return problems


def _object(
    fields: Fields, hashers: Hashers, label: str, *, nullable: bool, keeps_others: bool, drops_empty: bool
) -> Node:
    return object_node(
        {key: _node(field, hashers, drops_empty=drops_empty) for key, field in fields.items()},
        [key for key, field in fields.items() if field.required is True],
        label,
        nullable=nullable,
        keeps_others=keeps_others,
    )


def _node(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    node = _value(field, hashers, drops_empty=drops_empty)
    if field.code is not None:
        node = with_code(node, field.code)
    if field.hashed is not None:
        node = evolve(node, usable=_usable_values(node.check, _has_hash(hashers[field.hashed])))
    elif field.usable is not None:
        node = evolve(node, usable=_usable_values(node.check, field.usable))
    return evolve(node, sent_as=field.sent_as) if field.sent_as is not None else node


def _value(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    if field.hashed is not None:
        return _hashed_node(field, hashers[field.hashed])
    item = _item(field, hashers, drops_empty=drops_empty and not field.multiple)
    if not field.multiple:
        return item
    if not field.keeps_single:
        return list_node(item)
    node = unwrapping_node(list_node(item))
    return evolve(node, fast=evolve(node.fast, plain=str)) if item.fast.plain is str else node


def _hashed_node(field: Field, hasher: Hasher) -> Node:
    raw = scalar(field, drops_empty=True, nullable=field.allow_null and not field.multiple)
    plain = raw.fast.plain
    node = leaf(hash_checked(raw.check, hasher, plain), field.label)
    if field.multiple:
        many = list_node(node, hash_items(raw.check, hasher, plain), flatten)
        node = unwrapping_node(many, node) if field.keeps_single else many
    if plain is not str:
        return node
    wraps_hash = field.multiple and not field.keeps_single
    return evolve(node, fast=evolve(node.fast, hasher=hasher, wraps_hash=wraps_hash))


def _usable_values(check: Check, is_usable_text: Callable[[str], bool]) -> Callable[[Any], bool]:
    """Return what says whether a field sends anything of a raw value.

    A number is sent as a text, a list of one text may be taken for that one, and of a list one text is enough.
    """

    def is_usable(value: Any) -> bool:
        if type(value) is str:
            return is_usable_text(value)
        try:
            clean = check(value)
        except (RefusedError, EventError):  # refusing it is the field's business
            return True
        texts = clean if type(clean) is list else [clean]
        return any(is_usable_text(text) if type(text) is str else text is not MISSING for text in texts)

    return is_usable


def _has_hash(hasher: Hasher) -> Callable[[str], bool]:
    def has_hash(text: str) -> bool:
        try:
            return bool(hasher(text))
        except EventError:  # refusing it is the field's business
            return True

    return has_hash


def _item(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    nullable = field.allow_null and not field.multiple
    if field.type != "object":
        return scalar(field, drops_empty=drops_empty, nullable=nullable)
    if field.properties is None:
        return free_form(field.label, nullable=nullable)
    node = _object(
        field.properties,
        hashers,
        field.label,
        nullable=nullable,
        keeps_others=field.additional_properties,
        drops_empty=False,
    )
    return evolve(node, fast=evolve(node.fast, properties=field.properties))


def _rules(root: Fields, fields: Fields, keys: tuple[str, ...], labels: tuple[str, ...]) -> Iterator[Rule]:
    for key, field in fields.items():
        if isinstance(field.required, Requirement):
            holds = compile_requirement(field.required, root, _condition_value)
            yield Rule((*keys, key), labels, holds, field.code)
        if field.properties:
            yield from _rules(root, field.properties, (*keys, key), (*labels, field.label))


def _condition_value(value: Json, field: Field) -> Json:
    """Return a condition's value as the field that it is compared with would hold it."""
    try:
        clean = _node(field, _NONE, drops_empty=False).check(value)
    except RefusedError:
        return value
    return value if clean is MISSING else clean
