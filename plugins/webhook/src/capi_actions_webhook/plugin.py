"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Sequence

from capi_actions import Destination, Normalizer, hookimpl
from capi_actions_webhook.destination import Webhook
from capi_actions_webhook.event import Event
from capi_actions_webhook.normalization import NORMALIZERS


@hookimpl
def capi_destinations() -> Sequence[type[Destination]]:
    """Offer endpoints."""
    return [Webhook]


@hookimpl
def capi_actions() -> Sequence[type]:
    """Offer the action that passes events on."""
    return [Event]


@hookimpl
def capi_normalizers() -> Sequence[Normalizer]:
    """Offer the profile ``webhook``."""
    return NORMALIZERS
