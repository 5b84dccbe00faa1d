"""Business messaging: which keys and event names a conversation takes.

Source: "server event" in ``docs/reference/sources.md``.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import is_required
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

EVENT_NAMES = frozenset(
    """
    LeadSubmitted QualifiedLead Purchase AddToCart InitiateCheckout ViewContent OrderCreated OrderShipped
    OrderDelivered OrderCanceled OrderReturned CartAbandoned RatingProvided ReviewProvided
    """.split()
)

# channel -> (keys of which one is needed, subcode of the refusal)
_NEEDED = {
    "whatsapp": (
        (("page_id", "whatsapp_business_account_id"), 2804116),
        (("ctwa_clid",), 2804071),
    ),
    "messenger": ((("page_id",), 2804069), (("page_scoped_user_id",), None)),
    "instagram": ((("ig_account_id",), 2804079), (("ig_sid",), 2804075)),
}


def check_messaging(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check the channel, the event's name (2804066) and the keys that the channel needs."""
    if event["action_source"] != "business_messaging":
        return None
    channel = event.get("messaging_channel")
    if channel is None:
        return is_required(index, "messaging_channel")
    if event["event_name"] not in EVENT_NAMES:
        return refuse_event(2804066, index)
    user_data = event["user_data"] or {}
    for keys, subcode in _NEEDED[channel]:
        if not any(user_data.get(key) for key in keys):
            return refuse_event(subcode, index) if subcode else is_required(index, "user_data", *keys)
    click_id = user_data.get("ctwa_clid")
    return None if click_id is None or isinstance(click_id, str) else refuse_event(2804087, index)
