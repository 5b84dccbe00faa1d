"""What prebuilt mappings choose where an event has a value in several places, or none."""

from typing import Any

import pytest

from capi_actions import EventError, Plugins
from capi_actions.testing import build_item


def event(**members: Any) -> dict[str, Any]:
    """Make an order that happened in no browser."""
    good = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "timestamp": "2026-11-23T17:24:12Z",
        "userId": "User 42",
    }
    return {**good, **members}


@pytest.mark.parametrize("action", ["facebook.custom", "facebook.lead", "facebook.page_view"])
def test_the_traits_of_group_calls_are_nobody_s(action: str, plugins: Plugins) -> None:
    """A group call's describe a company: hashed as a person's they'd match all its people, or the wrong one."""
    address = {"city": "Paris", "state": "x", "postalCode": "75001", "country": "fr"}
    company = {"email": "info@acme.example", "phone": "1234567", "firstName": "Acme", "address": address}
    call = event(type="group", groupId="g", traits=company, context={"traits": {"phone": "7654321"}})
    user = build_item(plugins, action, call)["user_data"]
    of_identify = build_item(plugins, action, {**call, "type": "identify"})["user_data"]

    assert set(user) == {"external_id", "ph"}
    assert set(of_identify) == {"external_id", "ph", "em", "fn", "ct", "st", "zp", "country"}
    assert of_identify["ph"] == user["ph"]


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_text_counts_as_none(empty: str | None, plugins: Plugins) -> None:
    """Libraries and forms fill with it what they don't know; what does know the value stands elsewhere."""
    call = event(
        userId=empty,
        anonymousId="user42",
        timestamp=empty,
        sentAt="2026-11-23T17:24:12Z",
        context={
            "page": {"url": empty},
            "traits": {"email": empty},
            "fbc": "fb.1.1714566896000.Own",
            "fbp": "fb.1.1714566000000.1098115397",
        },
        traits={"email": "a@b.co"},
        properties={"url": "https://shop.example", "fbc": empty, "fbp": empty},
    )
    data = build_item(plugins, "facebook.custom", {**call, "type": "identify"})
    user = data["user_data"]

    assert (data["event_time"], data["event_source_url"]) == (1795454652, "https://shop.example")
    assert {"external_id", "em", "fbc", "fbp"} <= set(user)


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"revenue": "", "total": 5}, 5),
        ({"revenue": None, "total": "", "value": "2.5"}, 2.5),
        ({"revenue": 0, "total": 5}, 0),
        ({"revenue": "0", "total": 5}, 0),
        ({"revenue": 3, "total": 5}, 3),
        ({"total": 0.0, "value": 5}, 0),
    ],
)
def test_the_first_amount_counts_and_nothing_is_an_amount(
    properties: dict[str, Any], value: float, plugins: Plugins
) -> None:
    """A free order is worth 0; one whose revenue is an empty text is worth its total."""
    data = build_item(plugins, "facebook.purchase", event(properties={"currency": "EUR", **properties}))

    assert value == data["custom_data"]["value"]


def test_prebuilt_mappings_can_be_pasted_where_they_come_from(plugins: Plugins) -> None:
    """Only directives of the reference, but for products and people."""

    def directives(mapping: Any) -> set[str]:
        if isinstance(mapping, list):
            return set().union(*map(directives, mapping))
        if not isinstance(mapping, dict):
            return set()
        own = {key for key in mapping if key.startswith("@")}
        return own.union(*map(directives, mapping.values()))

    used = set().union(*(directives(action.mapping) for action in plugins.actions.values()))

    own = {"@products", "@product_ids", "@product_count", "@person_id", "@person"}

    assert own <= used
    assert used <= {"@path", "@if", "@literal", "@template", *own}


@pytest.mark.parametrize(
    ("properties", "mapped", "codes"),
    [
        ({}, {}, [2804010, 2804009]),
        ({"currency": "EUR"}, {}, [2804009]),
        ({"currency": "EUR", "revenue": "abc"}, {}, [2804009]),
        ({"currency": "Euro", "revenue": 1}, {}, [2804011]),
        ({"currency": "EUR", "revenue": 1}, {"action_source": "web"}, [2804019]),
    ],
)
def test_what_a_purchase_lacks_has_meta_s_own_number(
    properties: dict[str, Any], mapped: dict[str, Any], codes: list[int], plugins: Plugins
) -> None:
    """Whether the fields say it or the checks."""
    mapping = {**plugins.actions["facebook.purchase"].mapping, **mapped}
    with pytest.raises(EventError) as caught:
        build_item(plugins, "facebook.purchase", event(properties=properties), mapping=mapping)

    assert codes == [problem.code for problem in caught.value.problems]
