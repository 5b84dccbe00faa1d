"""Event filters: what holds an event back from a destination, or enriches it, before any trigger reads it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from attrs import Attribute, field, frozen

from capi_actions.codec import JsonObject


def _check_reason(_: object, __: "Attribute[str]", reason: object) -> None:
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("Held needs a reason, as text")


@frozen
class Held:
    """A filter's answer that an event must not go on.

    :ivar reason: why, in a few words.  Events are counted by it, and it is printed and logged, so that it may hold
        nothing that differs from event to event, and no personal data.
    :raises ValueError: if there is no reason.
    """

    reason: str = field(validator=_check_reason)


def _check_names(_: object, attribute: "Attribute[Any]", names: Sequence[str] | None) -> None:
    if names is not None and not all(name.strip() for name in names):
        raise ValueError(f"{attribute.name} should hold no empty text")


def _check_required(settings: "ConsentSettings", _: "Attribute[bool]", required: bool) -> None:
    if required and not settings.consent_categories:
        raise ValueError("needs consent_categories, the categories that must be true")


@frozen(kw_only=True)
class ConsentSettings:
    """Keys of a ``[destinations.<name>]`` table that say which events may go there.

    :ivar consent_categories: categories that must all be true in an event's ``context.consent.categoryPreferences``,
        if it has preferences.
    :ivar consent_required: hold back events without preferences, too.
    :ivar integration_names: names that mean this destination in an event's ``integrations``; by default those of the
        destination type.
    :ivar check_consent: false sends every event, whatever ``integrations`` and ``context.consent`` say.
    """

    consent_categories: Sequence[str] = field(
        default=(), validator=_check_names, metadata={"example": ["Advertising"]}
    )
    consent_required: bool = field(default=False, validator=_check_required)
    integration_names: Sequence[str] | None = field(default=None, validator=_check_names)
    check_consent: bool = True


RESERVED_SETTINGS = frozenset(
    {"type", "mappings", "consent_categories", "consent_required", "integration_names", "check_consent"}
)
"""Keys of a destination's table that the core reads: no ``settings_type`` may have one of them."""


@frozen(kw_only=True)
class DestinationInfo:
    """What a filter can know about a destination.

    :ivar name: its name in the configuration: ``shop``.
    :ivar type: the name of its type: ``acme``.
    :ivar consent: its settings for consent, with ``integration_names`` filled in.
    """

    name: str
    type: str
    consent: ConsentSettings = field(factory=ConsentSettings)


EventFunction: TypeAlias = Callable[[JsonObject], JsonObject | Held]
"""Returns the event that goes on, or why none does."""


@frozen(kw_only=True)
class EventFilter:
    """Holds events back or enriches them, before triggers read them.  Has either ``apply`` or ``apply_for``.

    The function is called with a copy of the event: it may change the copy and return it, or return another event.
    It must be pure: no I/O, no clock, no randomness, and the same answer for the same event each time.  If it raises,
    or returns anything else, the event is held back.

    :ivar name: one word.
    :ivar apply: the function, called once for each event; its answer counts for all destinations.
    :ivar apply_for: called once for each destination when the configuration is compiled; returns the function for
        that destination, or None if the filter has nothing to do there.
    :ivar description: a sentence for the docs.
    """

    name: str
    apply: EventFunction | None = None
    apply_for: Callable[[DestinationInfo], EventFunction | None] | None = None
    description: str = ""
