"""Business messaging: which keys and event names each channel needs.

Source: "server event" in ``docs/reference/sources.md``.
"""

from collections.abc import Iterator

from capi_actions import JsonObject, Problem

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
    "messenger": ((("page_id",), 2804069), (("page_scoped_user_id",), 2804019)),
    "instagram": ((("ig_account_id",), 2804079), (("ig_sid",), 2804075)),
}
CHANNELS = frozenset(_NEEDED)


def check_messaging(data: JsonObject) -> Iterator[Problem]:
    """Say what Meta would refuse about an event of a conversation."""
    channel = data.get("messaging_channel")
    if channel is None:
        yield Problem("business messaging needs a messaging_channel", "$.messaging_channel", 2804019)
        return
    if data["action_source"] != "business_messaging":
        yield Problem(
            "a messaging_channel goes with the action source business_messaging", "$.action_source", 2804019
        )
    if data["event_name"] not in EVENT_NAMES:
        allowed = ", ".join(sorted(EVENT_NAMES))
        yield Problem(f"isn't allowed in a conversation; allowed are: {allowed}", "$.event_name", 2804066)
    for keys, subcode in _NEEDED[channel]:
        if not any(key in data["user_data"] for key in keys):
            needed = " or ".join(keys)
            yield Problem(f"{channel} events need {needed}", f"$.user_data.{keys[0]}", subcode)
