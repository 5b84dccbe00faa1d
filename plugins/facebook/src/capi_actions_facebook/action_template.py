"""An action for Facebook: a custom event."""

from collections.abc import Sequence

from capi_actions import action, from_path, hookimpl
from capi_actions_facebook import CommerceEvent


@action("facebook.acme", title="Acme", trigger='type = "track" and event = "Acme"')
class Acme(CommerceEvent):
    """A custom event with value and currency; the base class brings the fields of every event.

    ``capi_actions_facebook`` has further base classes: ``ServerEvent`` and ``LeadEvent``.
    """

    meta_name = "Acme"

    value: float | None = from_path("$.properties.total", label="Value", description="What it was worth.")


@hookimpl
def capi_actions() -> Sequence[type]:
    """Offer the actions of this module."""
    return [Acme]
