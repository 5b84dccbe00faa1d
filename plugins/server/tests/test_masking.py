"""What the live view shows of an event."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from capi_actions_server.pages.masking import event_name, mask_event

SECRETS = st.sampled_from(
    [
        "ada@example.com",
        "+1 415 555 0132",
        "4155550132",
        "Ada Lovelace",
        "203.0.113.7",
        "user-4711-of-ours",
        "94107",
    ]
)
KEYS = st.sampled_from(["email", "phone", "name", "userId", "ip", "url", "title", "coupon_code", "x", "zip"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | SECRETS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=15,
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page"])},
    optional=dict.fromkeys(
        ("userId", "anonymousId", "traits", "properties", "context", "messageId", "more", "name"), JSON
    ),
)


@given(EVENTS, SECRETS, KEYS, st.sampled_from(["traits", "properties", "context", "more"]))
def test_what_a_person_has_never_shows(event: dict[str, Any], secret: str, key: str, part: str) -> None:
    """Wherever it stands: only what is known not to be personal is shown."""
    event = {
        **event,
        "userId": secret,
        part: {key: secret, "list": [secret, {key: secret}], "deep": {key: [secret]}},
    }

    text = json.dumps(
        {name: value for name, value in mask_event(event).items() if name == part or name == "userId"}
    )

    assert secret not in text


@given(
    st.sampled_from(["ada@example.com", "+1 415 555 0132", "mailto:ada@example.com", "call 415 555 0132 now"])
)
def test_personal_data_in_the_wrong_place_doesn_t_show_either(secret: str) -> None:
    """A name that is shown as a rule, and keys, may hold it, too."""
    event = {
        "type": "track",
        "event": secret,
        secret: 1,
        "properties": {"currency": secret, secret: 1, "products": [{"sku": secret, "brand": secret}]},
        "context": {"library": {"name": secret}, "locale": secret},
    }

    assert secret not in json.dumps(mask_event(event))
    assert secret not in event_name(event)


@given(JSON)
def test_any_value_can_be_masked(value: Any) -> None:
    """Strangers send anything."""
    json.dumps(mask_event(value))
    event_name(value)


def test_what_was_bought_shows() -> None:
    """It is what one looks for when a mapping fails."""
    event = {
        "type": "track",
        "event": "Order Completed",
        "timestamp": "2026-11-30T12:00:00.123Z",
        "userId": "u-1",
        "properties": {
            "order_id": "o-1",
            "revenue": 25.5,
            "currency": "eur",
            "gift": True,
            "products": [{"product_id": "p-1", "quantity": 2, "name": "Shoe"}],
        },
        "context": {
            "locale": "de-DE",
            "library": {"name": "analytics.js", "version": "2.1.0"},
            "consent": {"categoryPreferences": {"Advertising": False}},
            "page": {"url": "https://shop.example/"},
        },
        "integrations": {"All": False},
    }

    assert mask_event(event) == {
        "type": "track",
        "event": "Order Completed",
        "timestamp": "2026-11-30T12:00:00.123Z",
        "userId": "(text of 3 characters)",
        "properties": {
            "order_id": "(text of 3 characters)",
            "revenue": 25.5,
            "currency": "eur",
            "gift": True,
            "products": [{"product_id": "p-1", "quantity": 2, "name": "(text of 4 characters)"}],
        },
        "context": {
            "locale": "de-DE",
            "library": {"name": "analytics.js", "version": "2.1.0"},
            "consent": {"categoryPreferences": {"Advertising": False}},
            "page": {"url": "(text of 21 characters)"},
        },
        "integrations": {"All": False},
    }


def test_an_event_without_a_name_has_one_all_the_same() -> None:
    """Something must be in the table."""
    assert event_name({"type": "track", "event": "A"}) == "track A"
    assert event_name({"type": 7}) == event_name([]) == "no event"
