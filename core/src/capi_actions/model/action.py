"""An action: one kind of thing that can be sent."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import frozen

from capi_actions.model.field import Field
from capi_actions.model.json import Json, JsonObject

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
