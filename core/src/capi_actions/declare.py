"""Declare an action as a class: annotated fields, and a ``build`` method.

>>> @action("acme.ping", trigger='type = "track"', title="Ping")
... class Ping:
...     '''Tell Acme that something happened.'''
...     name: str = from_path("$.event", label="Event name")
...     email: str | None = from_path("$.context.traits.email", label="Email", hashed="em")
...     def build(self) -> dict[str, object]:
...         return {"name": self.name, "em": self.email}
>>> ping = as_action(Ping)
>>> ping.name, ping.mapping["name"]
('acme.ping', {'@path': '$.event'})
>>> ping.build({"name": "Signed Up"})
{'name': 'Signed Up', 'em': None}
"""

import types
from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from capi_actions.model import Action, Choice, Field, FieldType, Json, JsonObject, Requirement

T = TypeVar("T")

_OPTIONS = "capi_actions.field"
_TYPES: Mapping[type, FieldType] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def field(
    default: Json = None,
    *,
    label: str = "",
    description: str = "",
    type: FieldType | None = None,
    required: bool | Requirement | None = None,
    hashed: str | None = None,
    choices: Sequence[str | int | float | Choice] = (),
    format: str | None = None,
    properties: Mapping[str, Field] | None = None,
    additional_properties: bool = False,
    allow_null: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    groups: bool = False,
    switch: str | None = None,
    code: int | None = None,
) -> Any:
    """One input of an action.

    Its type and whether it takes a list come from the annotation (``str``, ``int``, ``float``,
    ``bool``, ``dict``, and ``list`` of those), its being required from the lack of ``| None``.

    :param default: the prebuilt mapping: a literal or a directive such as ``{"@path": "$.event"}``.
    :param type: says what the annotation can't: ``datetime``, ``text``, ``password``.
    :param required: overrides what the annotation says.
    :param hashed: the normalizer's key; ``build`` then sees the hash, never the raw value.

    The other parameters are those of :class:`capi_actions.Field`.
    """
    options = {
        "default": default,
        "label": label,
        "description": description,
        "type": type,
        "required": required,
        "hashed": hashed,
        "choices": tuple(c if isinstance(c, Choice) else Choice(c) for c in choices),
        "format": format,
        "properties": properties,
        "additional_properties": additional_properties,
        "allow_null": allow_null,
        "minimum": minimum,
        "maximum": maximum,
        "groups": groups,
        "switch": switch,
        "code": code,
    }
    return attrs.field(default=None, metadata={_OPTIONS: options})


def from_path(path: str, **options: Any) -> Any:
    """Make a field whose prebuilt mapping takes the value at a path of the event.

    :param path: such as ``$.properties.revenue``.
    :param options: those of :func:`field`.
    """
    return field({"@path": path}, **options)


def action(name: str, *, title: str, trigger: str | None = None) -> Callable[[type[T]], type[T]]:
    """Declare a class with annotated fields and a ``build`` method to be an action.

    A plugin offers the class itself; :func:`as_action` gives the :class:`Action` behind it.

    Base classes may bring further fields; they must be ``attrs`` classes themselves
    (``@attrs.define(kw_only=True)``) and their fields come first.

    :param name: destination type, a dot, and the action's own name.
    :param title: its name for people.
    :param trigger: the prebuilt trigger, if there is a sensible one.
    :raises TypeError: when the class has no ``build`` method, or a field no annotation or one of no field type.
    """

    def declare(cls: type[T]) -> type[T]:
        if not callable(getattr(cls, "build", None)):
            raise TypeError(f"{name}: the class {cls.__name__} needs a method build(self)")
        made: Any = attrs.define(cls, kw_only=True, eq=False, slots=False)
        hints = get_type_hints(made)
        for attribute in attrs.fields(made):
            if attribute.name not in hints:
                key = attribute.name
                raise TypeError(f"{name}.{key} has no annotation: write {key}: str = … (or another type)")
        fields = {
            attribute.name: _field(f"{name}.{attribute.name}", hints[attribute.name], attribute.metadata)
            for attribute in attrs.fields(made)
        }

        for key in fields:
            setattr(made, key, None)

        def build(values: JsonObject) -> JsonObject:
            # The checked values become the instance's own, and the class has the Nones: 0.2 µs, where
            # attrs' __init__ takes 1.5 to store twenty attributes.
            instance = object.__new__(made)
            instance.__dict__ = values
            return cast("JsonObject", instance.build())

        made.__capi_action__ = Action(
            name=name,
            title=title,
            description=cleandoc(cls.__doc__ or ""),
            trigger=trigger,
            fields=fields,
            build=build,
        )
        return cast("type[T]", made)

    return declare


def as_action(offered: object) -> Action | None:
    """Give the action that an object is or that a class declares; None when it is neither."""
    if isinstance(offered, Action):
        return offered
    found = vars(offered).get("__capi_action__") if isinstance(offered, type) else None
    return found if isinstance(found, Action) else None


def _field(where: str, annotation: Any, metadata: Mapping[Any, Any]) -> Field:
    options = dict(metadata.get(_OPTIONS) or {})
    if not options:
        raise TypeError(f"{where}: give it a value made by field() or from_path()")
    optional, annotation = _split_optional(annotation)
    multiple = get_origin(annotation) is list
    if multiple:
        (annotation,) = get_args(annotation)
    if get_origin(annotation) is Literal:
        options["choices"] = options["choices"] or tuple(Choice(value) for value in get_args(annotation))
        annotation = type(get_args(annotation)[0])
    if options["type"] is None:
        options["type"] = _field_type(where, annotation)
    if options["required"] is None:
        options["required"] = not optional
    return Field(multiple=multiple, **options)


def _split_optional(annotation: Any) -> tuple[bool, Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return True, rest[0]
    return False, annotation


def _field_type(where: str, annotation: Any) -> FieldType:
    if annotation in _TYPES:
        return _TYPES[annotation]
    if (get_origin(annotation) or annotation) in (dict, Mapping):
        return "object"
    raise TypeError(
        f"{where}: {annotation!r} is no field type; use str, int, float, bool, dict, a list of those,"
        " with | None when the field isn't required"
    )
