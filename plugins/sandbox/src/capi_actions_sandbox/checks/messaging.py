"""Checks of business messaging: keys and event names.

Source: "server event" in ``docs/reference/sources.md``.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import CHANNEL_KEYS, missing_parameter
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

MESSAGING_EVENT_NAMES = frozenset(
    """
    LeadSubmitted QualifiedLead Purchase AddToCart InitiateCheckout ViewContent OrderCreated OrderShipped
    OrderDelivered OrderCanceled OrderReturned CartAbandoned RatingProvided ReviewProvided
    """.split()
)


def check_messaging(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check the channel, the event's name (2804066) and the keys that the channel needs."""
    if event["action_source"] != "business_messaging":
        return None
    channel = event.get("messaging_channel")
    if channel is None:
        return missing_parameter(index, "messaging_channel")
    if event["event_name"] not in MESSAGING_EVENT_NAMES:
        return refuse_event(2804066, index)
    user_data = event["user_data"] or {}
    for alternatives, subcode in CHANNEL_KEYS[channel]:
        if not any(user_data.get(key) for key in alternatives):
            if subcode is None:
                return missing_parameter(index, "user_data", *alternatives)
            return refuse_event(subcode, index)
    click_id = user_data.get("ctwa_clid")
    return None if click_id is None or isinstance(click_id, str) else refuse_event(2804087, index)
