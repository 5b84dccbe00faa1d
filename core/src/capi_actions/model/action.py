"""An action, one kind of thing that can be sent, and the fields that it takes."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from capi_actions.codec import Json, JsonObject


@frozen(kw_only=True)
class Action:
    """One kind of thing to send.

    :ivar name: destination type, a dot, and the action's own name: ``acme.purchase``.
    :ivar title: its name for people.
    :ivar description: a sentence or two for tables and docs.
    :ivar trigger: the prebuilt trigger; None if no trigger suits most users.
    :ivar fields: its inputs by key, in the order of the docs.
    :ivar build: turns field values into the platform's object.  Pure: no clock, no randomness, no I/O, so that a
        repeated event gives an equal item.
    :ivar sync_modes: values that a mapping's ``__segment_internal_sync_mode`` may have.
    """

    name: str
    title: str
    description: str
    trigger: str | None
    fields: "Mapping[str, Field]"
    build: "Build"
    sync_modes: tuple[str, ...] = ("add",)

    @property
    def destination(self) -> str:
        """The destination type that the action belongs to."""
        return self.name.partition(".")[0]

    @property
    def group_field(self) -> str | None:
        """The key of the field whose value becomes the item's group, or None."""
        return next((key for key, field in self.fields.items() if field.groups), None)

    @property
    def mapping(self) -> JsonObject:
        """The prebuilt mapping: the defaults of all fields that have one."""
        return _defaults(self.fields)


def _defaults(fields: "Mapping[str, Field]") -> JsonObject:
    return {key: default for key, field in fields.items() if (default := _default(field)) is not None}


def _default(field: "Field") -> Json:
    if field.default is not None or not field.properties:
        return field.default
    return _defaults(field.properties) or None


Build: TypeAlias = Callable[[JsonObject], JsonObject]
"""Returns the platform's own object for the values of an action's fields.

The values come in a dictionary by the fields' keys, checked, converted to the fields' types, and hashed where the field
says so; a field that the event gives no value isn't in it.  The result is a new dictionary of JSON values: texts,
finite numbers, booleans, None, lists, and dictionaries with texts as keys.  A plain function, not ``async``.  It raises
EventError, with the path of the field, for what can never be sent; any other exception refuses the event as well, with
file and line.  The same values must give an equal result, so that a repeated event is recognized.
"""

FieldType: TypeAlias = Literal[
    "string", "text", "password", "number", "integer", "boolean", "datetime", "object"
]


@frozen(kw_only=True)
class Field:
    """One input of an action.

    :ivar type: the type of its values; other scalars are coerced to it.
    :ivar label: its name for people; messages begin with it.
    :ivar description: one or two sentences for the field table.
    :ivar required: True, False, or the conditions under which it is.
    :ivar default: the mapping that fills it unless the user writes another.
    :ivar multiple: True if it takes a list; a single value is wrapped.
    :ivar keeps_single: for ``multiple``: pass a list of one value as the value itself.
    :ivar allow_null: True if null is a value of its own instead of "nothing".
    :ivar choices: the values it accepts; empty means any.
    :ivar format: a named string format: ``date``, ``time``, ``date-time``, ``email``, ``hostname``,
        ``ipv4``, ``ipv6``, ``uri``, ``uuid``, ``regex``, …
    :ivar properties: for ``object``: its own fields by key; None means any keys.
    :ivar additional_properties: keep keys that ``properties`` doesn't name.
    :ivar minimum: the least number, or the least length of a string in code points.
    :ivar maximum: the greatest number, or the greatest length of a string in code points.
    :ivar hashed: the key of the normalizer (``"em"``) whose normalized SHA-256 replaces the value before the action
        gets it; None for fields that are sent as they are.
    :ivar usable: whether something is sent of a text; None if of any.  A mapping that takes a path's own value, or else
        something else, passes over other texts, such as placeholders.  Pure and quick; not for hashed fields, whose
        normalizers decide.
    :ivar sent_as: for properties of an object: the key under which the action gets the value, as the platform calls
        it; by default the property's own.
    :ivar groups: True if items with different values of this field must not share a request (a test event
        code); at most one field of an action.
    :ivar code: the number by which the platform names a missing or wrong value of this field, if it has one.
    :ivar switch: for ``object``: the boolean property without which the object isn't used.  A mapping that leaves it
        off by a literal isn't evaluated for this field at all.
    """

    type: FieldType
    label: str = ""
    description: str = ""
    required: "bool | Requirement" = False
    default: Json = None
    multiple: bool = False
    keeps_single: bool = False
    allow_null: bool = False
    choices: "tuple[Choice, ...]" = ()
    format: str | None = None
    properties: "Mapping[str, Field] | None" = None
    additional_properties: bool = False
    minimum: float | None = None
    maximum: float | None = None
    hashed: str | None = None
    usable: "Callable[[str], bool] | None" = None
    sent_as: str | None = None
    groups: bool = False
    code: int | None = None
    switch: str | None = None


@frozen(kw_only=True)
class Requirement:
    """The conditions under which a field is required.

    :ivar conditions: at least one.
    :ivar match: whether all conditions must hold or any of them.
    """

    conditions: "tuple[Condition, ...]"
    match: Literal["all", "any"] = "all"


@frozen(kw_only=True)
class Condition:
    """A field is required if another field has, or has not, a value.

    :ivar field_key: the other field; ``"parent.child"`` reaches one level down.
    :ivar operator: ``"is"`` or ``"is_not"``.
    :ivar value: what the other field is compared with after coercion; None means "is absent".
    """

    field_key: str
    operator: Literal["is", "is_not"]
    value: Json = None


@frozen
class Choice:
    """One value that a field accepts.

    :ivar value: the value itself, compared after coercion.
    :ivar label: what people read.
    :ivar listed: False leaves it out of error messages and tables, though it is accepted.
    """

    value: str | int | float | bool
    label: str = ""
    listed: bool = True
