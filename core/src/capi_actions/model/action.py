"""An action: one kind of thing that can be sent."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from capi_actions.codec import Json, JsonObject

FieldType: TypeAlias = Literal[
    "string", "text", "password", "number", "integer", "boolean", "datetime", "object"
]


@frozen
class Choice:
    """One value that a field accepts.

    :ivar value: the value itself, compared after coercion.
    :ivar label: what people read.
    :ivar listed: False keeps it out of error messages and tables, though it is accepted.
    """

    value: str | int | float | bool
    label: str = ""
    listed: bool = True


@frozen(kw_only=True)
class Condition:
    """A field is required when another field has, or has not, a value.

    :ivar field_key: the other field; ``"parent.child"`` reaches one level down.
    :ivar operator: ``"is"`` or ``"is_not"``.
    :ivar value: what the other field is compared with after coercion; None means "is absent".
    """

    field_key: str
    operator: Literal["is", "is_not"]
    value: Json = None


@frozen(kw_only=True)
class Requirement:
    """When a field is required.

    :ivar conditions: at least one.
    :ivar match: whether all conditions must hold or any one.
    """

    conditions: tuple[Condition, ...]
    match: Literal["all", "any"] = "all"


@frozen(kw_only=True)
class Field:
    """One input of an action.

    :ivar type: what its values are; other scalars are coerced to it.
    :ivar label: its name for people; messages begin with it.
    :ivar description: one or two sentences for the field table.
    :ivar required: True, False, or the conditions under which it is.
    :ivar default: the mapping that fills it unless the user gives another.
    :ivar multiple: True when it takes a list; a single value is wrapped.
    :ivar keeps_single: for ``multiple``: hand a list of one over as the value itself.
    :ivar allow_null: True when null is a value of its own instead of "nothing".
    :ivar choices: the values it accepts; empty means any.
    :ivar format: a named string format: ``date``, ``time``, ``date-time``, ``email``, ``hostname``,
        ``ipv4``, ``ipv6``, ``uri``, ``uuid``, ``regex``, …
    :ivar properties: for ``object``: its own fields by key; None means any keys.
    :ivar additional_properties: keep keys that ``properties`` doesn't name.
    :ivar minimum: least number, or least length in code points for strings.
    :ivar maximum: greatest number, or greatest length.
    :ivar hashed: the normalizer's key (``"em"``) whose normalized SHA-256 replaces the value before
        the action sees it; None for fields that are sent as they are.
    :ivar sent_as: for properties of an object: the key under which the action gets the value, as the
        platform calls it; by default the property's own.
    :ivar code: the number by which the platform names a missing or wrong value of this field, if it has one.
    :ivar switch: for ``object``: the boolean property without which the object isn't used.  A mapping
        that leaves it off by a literal isn't evaluated for this field at all.
    :ivar groups: True when items with different values of this field must not share a request
        (Meta: the test event code); at most one field of an action.
    """

    type: FieldType
    label: str = ""
    description: str = ""
    required: bool | Requirement = False
    default: Json = None
    multiple: bool = False
    keeps_single: bool = False
    allow_null: bool = False
    choices: tuple[Choice, ...] = ()
    format: str | None = None
    properties: "Mapping[str, Field] | None" = field(default=None)
    additional_properties: bool = False
    minimum: float | None = None
    maximum: float | None = None
    hashed: str | None = None
    sent_as: str | None = None
    groups: bool = False
    code: int | None = None
    switch: str | None = None


Build: TypeAlias = Callable[[JsonObject], JsonObject]
"""Checked and hashed field values in, the platform's own object out; may raise EventError."""


@frozen(kw_only=True)
class Action:
    """One kind of thing to send.

    :ivar name: destination type, a dot, and the action's own name: ``facebook.purchase``.
    :ivar title: its name for people.
    :ivar description: a sentence or two for tables and docs.
    :ivar trigger: the prebuilt trigger; None when there is no sensible one.
    :ivar fields: its inputs by key, in the order of the docs.
    :ivar build: turns field values into the platform's object.  Pure: no clock, no randomness, no
        I/O, so that a repeated event gives a repeated item.
    :ivar sync_modes: values that a mapping's ``__segment_internal_sync_mode`` may have.
    """

    name: str
    title: str
    description: str
    trigger: str | None
    fields: Mapping[str, Field]
    build: Build
    sync_modes: tuple[str, ...] = ("add",)

    @property
    def destination(self) -> str:
        """The destination type that the action belongs to."""
        return self.name.partition(".")[0]

    @property
    def group_field(self) -> str | None:
        """The field by whose value items are kept apart in requests, if there is one."""
        return next((key for key, spec in self.fields.items() if spec.groups), None)

    @property
    def mapping(self) -> JsonObject:
        """The prebuilt mapping: every field's default."""
        return {key: default for key, spec in self.fields.items() if (default := _default(spec)) is not None}


def _default(spec: Field) -> Json:
    if spec.default is not None or not spec.properties:
        return spec.default
    inner = {key: default for key, sub in spec.properties.items() if (default := _default(sub)) is not None}
    return inner or None
