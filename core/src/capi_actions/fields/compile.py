"""From field definitions to the function that cleans and checks payloads."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import evolve

from capi_actions.errors import EventError
from capi_actions.fields.conditions import Rule, compile_requirement
from capi_actions.fields.nodes import (
    ROOT,
    Node,
    Problems,
    RefusedError,
    coded,
    free_form,
    kind,
    leaf,
    listed,
    single,
    structured,
)
from capi_actions.fields.scalars import flat, hashed, hashed_list, scalar
from capi_actions.fields.validate import verify
from capi_actions.hashing import Hasher
from capi_actions.model import MISSING, Field, Json, JsonObject, Requirement

Fields: TypeAlias = Mapping[str, Field]
Hashers: TypeAlias = Mapping[str, Hasher]

_NONE: Hashers = {}


def compile_fields(fields: Fields, hashers: Hashers = _NONE) -> "CheckFields":
    """Compile the fields of an action, once, into the function that checks payloads.

    The function leaves out what counts as absent (null, empty strings at the root, unknown keys),
    coerces scalars of another type, and replaces the values of hashed fields.  It never changes the
    payload; objects without ``properties`` are passed on as they are, not copied.  Checking its result
    again changes nothing, unless fields are hashed.

    :param hashers: what makes hashes, by the normalizer's key.
    :raises ConfigError: when a definition can't be meant, or names a hasher that isn't there.

    >>> check = compile_fields({"quantity": Field(type="integer", label="Quantity", required=True)})
    >>> check({"quantity": " 2 ", "colour": "red"})
    {'quantity': 2}
    >>> check({"quantity": "two"})
    Traceback (most recent call last):
    capi_actions.errors.EventError: $.quantity: Quantity must be an integer but it was a string.
    """
    verify(fields, hashers)
    root = _object(fields, hashers, "", nullable=False, keeps_others=False, drops_empty=True)
    rules = tuple(_rules(fields, fields, (), ("",)))

    return CheckFields(root, rules)


class CheckFields:
    """Call it with a payload: gives a new and clean one.

    :ivar root: what stands for the payload, without conditions.
    :ivar rules: the fields that are required under conditions.
    """

    __slots__ = ("root", "rules")

    def __init__(self, root: Node, rules: tuple[Rule, ...]) -> None:
        self.root = root
        self.rules = rules

    def __call__(self, payload: Any) -> JsonObject:
        """Clean and check.

        :raises EventError: with everything that is wrong.
        """
        if not isinstance(payload, dict):
            raise EventError.of(f"The root value must be an object but it was {kind(payload)}.")
        try:
            clean: JsonObject = self.root.check(payload)
        except RefusedError:
            raise EventError(_explain(self.root, self.rules, payload)) from None
        if self.rules and any(rule.broken(clean, payload) for rule in self.rules):
            raise EventError(_explain(self.root, self.rules, payload))
        return clean


def _explain(root: Node, rules: tuple[Rule, ...], payload: JsonObject) -> Problems:
    below = Problems()
    clean = root.explain(payload, ROOT, below)
    problems = Problems()
    for rule in rules:
        rule.explain(clean, payload, problems)
    problems.extend(below)
    if problems.enough:
        problems.add(ROOT, "", "has more problems than are listed here")
    return problems


def _object(
    fields: Fields, hashers: Hashers, label: str, *, nullable: bool, keeps_others: bool, drops_empty: bool
) -> Node:
    return structured(
        {key: _node(field, hashers, drops_empty=drops_empty) for key, field in fields.items()},
        [key for key, field in fields.items() if field.required is True],
        label,
        nullable=nullable,
        keeps_others=keeps_others,
    )


def _node(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    node = _value(field, hashers, drops_empty=drops_empty)
    if field.code is not None:
        node = coded(node, field.code)
    return evolve(node, sent_as=field.sent_as) if field.sent_as is not None else node


def _value(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    if field.hashed is not None:
        return _hashed(field, hashers[field.hashed])
    item = _item(field, hashers, drops_empty=drops_empty and not field.multiple)
    if not field.multiple:
        return item
    if not field.keeps_single:
        return listed(item)
    node = single(listed(item))
    return evolve(node, plain=str) if item.plain is str else node


def _hashed(field: Field, hasher: Hasher) -> Node:
    raw = scalar(field, drops_empty=True, nullable=field.allow_null and not field.multiple)
    item = leaf(hashed(raw.check, hasher, raw.plain), field.label)
    if field.multiple:
        many = listed(item, hashed_list(raw.check, hasher, raw.plain), flat)
        item = single(many, item) if field.keeps_single else many
    wraps = field.multiple and not field.keeps_single
    return evolve(item, hasher=hasher, wraps=wraps) if raw.plain is str else item


def _item(field: Field, hashers: Hashers, *, drops_empty: bool) -> Node:
    nullable = field.allow_null and not field.multiple
    if field.type != "object":
        return scalar(field, drops_empty=drops_empty, nullable=nullable)
    if field.properties is None:
        return free_form(field.label, nullable=nullable)
    return _object(
        field.properties,
        hashers,
        field.label,
        nullable=nullable,
        keeps_others=field.additional_properties,
        drops_empty=False,
    )


def _rules(fields: Fields, at: Fields, keys: tuple[str, ...], labels: tuple[str, ...]) -> Iterator[Rule]:
    for key, field in at.items():
        if isinstance(field.required, Requirement):
            holds = compile_requirement(field.required, fields, _condition_value)
            yield Rule((*keys, key), labels, holds, field.code)
        if field.properties:
            yield from _rules(fields, field.properties, (*keys, key), (*labels, field.label))


def _condition_value(value: Json, field: Field) -> Json:
    try:
        clean = _node(field, _NONE, drops_empty=False).check(value)
    except RefusedError:
        return value
    return value if clean is MISSING else clean
