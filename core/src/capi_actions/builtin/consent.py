"""Consent: hold back events that must not go to a destination, by what they say themselves.

Two members of an event count: ``integrations``, which names destinations, and ``context.consent``, which has a
person's preferences by category.  Sources: https://segment.com/docs/guides/filtering-data/ and
https://segment.com/docs/privacy/consent-management/consent-in-segment-connections/ (read 2026-11-30).  What they leave
open is decided for holding back.
"""

import logging
from collections.abc import Sequence
from typing import Any

from capi_actions.model import DestinationInfo, EventFilter, EventFunction, Held, JsonObject

_LOGGER = logging.getLogger("capi_actions.consent")


def consent_check(destination: DestinationInfo) -> EventFunction | None:
    """Return the function that holds back what must not go to a destination; None if its check is switched off."""
    settings = destination.consent
    if not settings.check_consent:
        return None
    names, categories = tuple(settings.integration_names or ()), tuple(settings.consent_categories)
    required = settings.consent_required
    warn = _UncheckedPreferences(destination.name)

    def check(event: JsonObject) -> JsonObject | Held:
        integrations, context = event.get("integrations"), event.get("context")
        # Most events say nothing of consent: 0.1 µs for them, of an event's 14.
        if (
            not required
            and (integrations is None or (not integrations and type(integrations) is dict))
            and (context is None or (type(context) is dict and "consent" not in context))
        ):
            return event
        if categories:
            reason = preferences_objection(context, categories, required=required)
        else:
            reason = None
            warn(context)
        reason = reason or integrations_objection(integrations, names)
        return Held(reason) if reason else event

    return check


CONSENT = EventFilter(
    name="consent",
    apply_for=consent_check,
    description="holds back what an event's integrations or context.consent don't allow",
)


def integrations_objection(integrations: Any, names: Sequence[str]) -> str | None:
    """Return why an event's ``integrations`` keep it from a destination, or None.

    A name counts as true if its value is true or an object of options, and as false otherwise.  A false counts
    however the name is spelled; a true only if it is spelled exactly.

    :param names: names of the destination.
    """
    if integrations is None:
        return None
    if not isinstance(integrations, dict):
        return "integrations is not an object"
    refusals = {
        _fold(key) for key, value in integrations.items() if value is not True and type(value) is not dict
    }
    if not refusals:
        return None
    for name in names:
        if _fold(name) in refusals:
            return f'"{name}" is not true in integrations'
    if "all" in refusals and not any(name in integrations for name in names):
        return "All is not true in integrations, nor is any name of this destination"
    return None


def preferences_objection(context: Any, categories: Sequence[str], *, required: bool) -> str | None:
    """Return why an event's ``context.consent`` keeps it from a destination, or None.

    :param categories: the categories that must be true.
    :param required: whether an event without preferences is held back.
    """
    if context is not None and not isinstance(context, dict):
        return "context is not an object, so consent can't be checked"
    consent = context.get("consent") if context else None
    if consent is None or consent == {}:
        return "it has no consent preferences" if required else None
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(preferences, dict):
        return "context.consent has no object categoryPreferences, so consent can't be checked"
    for category in categories:
        if preferences.get(category) is not True:
            return f'no consent to "{category}"'
    return None


def _fold(name: str) -> str:
    return name.strip().casefold()


class _UncheckedPreferences:
    """Warns once that events have preferences that nobody checks."""

    def __init__(self, destination: str) -> None:
        self._destination = destination
        self._warned = False

    def __call__(self, context: Any) -> None:
        if not self._warned and isinstance(context, dict) and context.get("consent"):
            self._warned = True
            _LOGGER.warning(
                "%s: events have consent preferences, but they are not checked:"
                " set consent_categories for this destination",
                self._destination,
            )
