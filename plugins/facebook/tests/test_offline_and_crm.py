"""Stages of leads from a CRM, offline events of a store, and what else an app says of itself."""

from time import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Plugins, Secret
from capi_actions.testing import build_item
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings

NOW = 1_795_454_652
EVENT = {
    "type": "track",
    "event": "Sales Opportunity",
    "messageId": "m-1",
    "timestamp": "2026-11-23T17:24:12Z",
    "properties": {"lead_id": 12345678901234567, "currency": "EUR", "value": 3},
}


def build(plugins: Plugins, action: str, event: dict[str, Any] = EVENT, **mapped: Any) -> dict[str, Any]:
    """Build an item with the prebuilt mapping and some fields mapped otherwise."""
    mapping = {**plugins.actions[f"facebook.{action}"].mapping, **mapped}
    return build_item(plugins, f"facebook.{action}", event, mapping=mapping)


def problems(data: dict[str, Any]) -> list[tuple[str, int | None]]:
    facebook = Facebook(Settings(pixel_id="1", access_token=Secret("t")))
    return [(problem.path, problem.code) for problem in facebook.check(data, NOW)]


LEAD = {"leadID": {"@path": "$.properties.lead_id"}}
CRM: dict[str, Any] = {"action_source": "system_generated", "lead_event_source": "HubSpot", "user_data": LEAD}


@pytest.mark.parametrize("action", ["custom", "lead"])
def test_a_stage_of_a_lead_names_its_crm(action: str, plugins: Plugins) -> None:
    """The lead's id is enough to know the person, and keeps all 17 digits."""
    data = build(plugins, action, **CRM)

    assert ("crm", "HubSpot") == (
        data["custom_data"]["event_source"],
        data["custom_data"]["lead_event_source"],
    )
    assert {"lead_id": 12345678901234567} == data["user_data"]
    assert [] == problems(data)


@given(st.integers(10**14, 10**17 - 1), st.booleans())
def test_lead_ids_keep_their_digits(plugins: Plugins, lead: int, as_text: bool) -> None:
    """They have more than a double can hold."""
    event = {**EVENT, "properties": {"lead_id": str(lead) if as_text else lead}}

    assert lead == build(plugins, "custom", event, **CRM)["user_data"]["lead_id"]


@pytest.mark.parametrize(
    ("mapped", "path"),
    [
        ({"lead_event_source": None, "event_source": "crm"}, "$.custom_data.lead_event_source"),
        ({"action_source": "website"}, "$.action_source"),
    ],
)
def test_what_a_crm_event_lacks_is_named(mapped: dict[str, Any], path: str, plugins: Plugins) -> None:
    """Meta documents both as required."""
    assert [(path, 2804019)] == problems(build(plugins, "custom", **(CRM | mapped)))


def test_there_is_no_other_event_source(plugins: Plugins) -> None:
    """A typing error would keep the event out of the funnel."""
    with pytest.raises(EventError):
        build(plugins, "custom", **(CRM | {"event_source": "CRM"}))


def test_an_offline_purchase_names_store_and_item(plugins: Plugins) -> None:
    """Empty parts are left out."""
    store = {"store_code": "7", "store_page_id": 123456789012345678, "brand_page_id": ""}
    data = build(
        plugins,
        "purchase",
        action_source="physical_store",
        store_data=store,
        item_number="2",
        user_data={"email": "ada@example.com"},
    )

    assert {"store_code": "7", "store_page_id": "123456789012345678"} == data["store_data"]
    assert "2" == data["custom_data"]["item_number"]
    assert [] == problems(data)
    assert "store_data" not in build(
        plugins, "purchase", action_source="physical_store", store_data={"store_code": ""}, user_data=LEAD
    )


APP = {"use_app_data": True, "version": "i2", "osVersion": "17.1", "application_tracking_enabled": None}


@pytest.mark.parametrize(("said", "sent"), [(True, 1), (False, 0), ("true", 1)])
def test_tracking_inside_the_app_is_sent_only_if_it_is_said(said: Any, sent: int, plugins: Plugins) -> None:
    """Nothing said is not a no.  The answer to App Tracking Transparency is required, and no without one."""
    app = build(plugins, "custom", app_data_field=APP | {"application_tracking_enabled": said})["app_data"]
    assert sent == app["application_tracking_enabled"]

    app = build(plugins, "custom", app_data_field=APP)["app_data"]
    assert "application_tracking_enabled" not in app
    assert 0 == app["advertiser_tracking_enabled"]


def test_events_that_do_not_say_it_say_nothing_with_the_prebuilt_mapping(plugins: Plugins) -> None:
    """One that was made for the reference engine has no word for that: its requests say 0, as there."""
    event: dict[str, Any] = {
        "type": "track",
        "event": "Order Completed",
        "userId": "u",
        "timestamp": time(),
        "context": {"os": {"name": "iOS", "version": "17.1"}},
        "properties": {"revenue": 5, "currency": "EUR"},
    }
    context: dict[str, Any] = event["context"]
    prebuilt = plugins.actions["facebook.purchase"].mapping
    mapping = {
        **prebuilt,
        "action_source": "app",
        "app_data_field": {**prebuilt["app_data_field"], "use_app_data": True},
    }
    tracking = "application_tracking_enabled"

    assert tracking not in build_item(plugins, "facebook.purchase", event, mapping=mapping)["app_data"]
    for said in (True, False):
        saying = {**event, "context": {**context, "device": {"adTrackingEnabled": said}}}
        item = build_item(plugins, "facebook.purchase", saying, mapping=mapping)
        assert int(said) == item["app_data"][tracking]
    plain = {**mapping["app_data_field"], tracking: {"@path": "$.context.device.adTrackingEnabled"}}
    item = build_item(plugins, "facebook.purchase", event, mapping={**mapping, "app_data_field": plain})
    assert 0 == item["app_data"][tracking]


def test_six_more_keys_of_an_app_are_sent_by_their_names(plugins: Plugins) -> None:
    """Those that the event doesn't have are left out."""
    more = {
        "campaign_ids": "AbC",
        "install_referrer": "utm_source=x",
        "installer_package": "com.android.vending",
        "vendor_id": "6B2A…",
        "windows_attribution_id": "w",
    }
    app = build(plugins, "custom", app_data_field=APP | more | {"url_schemes": "fb123"})["app_data"]
    assert more | {"url_schemes": ["fb123"]} == {key: app[key] for key in [*more, "url_schemes"]}

    app = build(plugins, "custom", app_data_field=APP | dict.fromkeys(more, ""))["app_data"]
    assert {"advertiser_tracking_enabled", "extinfo"} == app.keys()
