"""Events that add something to an earlier one: AppendValue, AppendAttribution, and custom ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Plugins, Secret
from capi_actions.testing import build_item
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.facts import APPEND_WINDOWS, CUSTOMER_SEGMENTS
from capi_actions_facebook.settings import Settings

NOW = 1_795_454_652
HOUR = 3_600
ORIGINAL = {"event_name": "Purchase", "event_time": NOW - HOUR, "order_id": "o-1"}
ATTRIBUTION = {
    "ad_id": 120_210_000_000_000_123,
    "touchpoint_ts": "2026-11-23T15:24:12Z",
    "attribution_share": "0.5",
    "attribution_value": 12.5,
}


def event(**properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Prediction Made",
        "messageId": "m-1",
        "timestamp": "2026-11-23T17:24:12Z",
        "userId": "u",
        "properties": {"currency": "eur", "original_event_data": ORIGINAL, **properties},
    }


def build(plugins: Plugins, action: str, **properties: Any) -> dict[str, Any]:
    return build_item(plugins, f"facebook.{action}", event(**properties))


def build_mapped(plugins: Plugins, action: str, data: dict[str, Any], **mapped: Any) -> dict[str, Any]:
    """Build an item with the prebuilt mapping and some fields mapped otherwise."""
    mapping = {**plugins.actions[f"facebook.{action}"].mapping, **mapped}
    return build_item(plugins, f"facebook.{action}", data, mapping=mapping)


def problems(data: dict[str, Any], now: float = NOW) -> list[tuple[str, int | None]]:
    facebook = Facebook(Settings(pixel_id="1", access_token=Secret("t")))
    return [(problem.path, problem.code) for problem in facebook.check(data, now)]


def test_an_append_value_names_its_event_and_the_value(plugins: Plugins) -> None:
    """Prebuilt from the properties of the same names."""
    data = build(plugins, "append_value", predicted_ltv=120)

    assert ("AppendValue", ORIGINAL) == (data["event_name"], data["original_event_data"])
    assert {"predicted_ltv": 120, "currency": "EUR"} == data["custom_data"]
    assert [] == problems(data)


def test_an_append_attribution_says_which_ad_gets_the_credit(plugins: Plugins) -> None:
    """Long ids keep their digits, times become Unix seconds, numbers in text are numbers."""
    data = build(plugins, "append_attribution", attribution_data=ATTRIBUTION)

    assert data["attribution_data"] == {
        "ad_id": "120210000000000123",
        "touchpoint_ts": NOW - 2 * HOUR,
        "attribution_share": 0.5,
        "attribution_value": 12.5,
    }
    assert [] == problems(data)


@pytest.mark.parametrize(
    ("action", "properties", "path"),
    [
        ("append_value", {}, "$.custom_data.predicted_ltv"),
        (
            "append_value",
            {"value": 1, "original_event_data": {"event_name": "Purchase"}},
            "$.original_event_data.event_time",
        ),
        (
            "append_value",
            {"value": 1, "original_event_data": {"event_time": NOW, "event_name": ""}},
            "$.original_event_data.event_name",
        ),
        (
            "append_attribution",
            {"attribution_data": {**ATTRIBUTION, "ad_id": None}},
            "$.attribution_data.ad_id",
        ),
        (
            "append_attribution",
            {"attribution_data": {**ATTRIBUTION, "attribution_value": None}},
            "$.attribution_data.attribution_value",
        ),
    ],
)
def test_what_is_missing_is_named(
    action: str, properties: dict[str, Any], path: str, plugins: Plugins
) -> None:
    """Before anything is sent: Meta would refuse the request or drop the event silently."""
    assert [(path, 2804019)] == problems(build(plugins, action, **properties))


@pytest.mark.parametrize(
    ("action", "properties", "path"),
    [
        ("append_value", {"value": 1, "currency": None}, "$"),
        ("append_value", {"value": 1, "currency": "Euro"}, "$.currency"),
        (
            "append_attribution",
            {"attribution_data": {**ATTRIBUTION, "attribution_share": 1.5}},
            "$.attribution_data.attribution_share",
        ),
        (
            "append_attribution",
            {"attribution_data": {**ATTRIBUTION, "touchpoint_ts": "yesterday"}},
            "$.attribution_data.touchpoint_ts",
        ),
    ],
)
def test_what_can_t_be_read_refuses_the_event(
    action: str, properties: dict[str, Any], path: str, plugins: Plugins
) -> None:
    """With the place where it stands."""
    with pytest.raises(EventError) as caught:
        build(plugins, action, **properties)

    assert path in [problem.path for problem in caught.value.problems]


@given(st.sampled_from(sorted(APPEND_WINDOWS)), st.integers(-2 * HOUR, 10 * 24 * HOUR))
def test_an_event_is_taken_from_the_original_on_until_that_is_too_old(name: str, age: int) -> None:
    """And its deadline in the outbox is that moment, if its own age doesn't end it sooner."""
    custom = {"predicted_ltv": 1, "currency": "EUR"}
    data: dict[str, Any] = {
        "event_name": name,
        "event_time": NOW,
        "action_source": "other",
        "user_data": {"em": "a" * 64},
        "custom_data": custom,
        "original_event_data": {"event_name": "Purchase", "event_time": NOW - age},
        "attribution_data": {
            "ad_id": "1",
            "touchpoint_ts": 1,
            "attribution_share": 1,
            "attribution_value": 1,
        },
    }
    prepared = Facebook(Settings(pixel_id="1", access_token=Secret("t"))).prepare(data, "", lambda: "id")

    assert prepared.deadline == min(NOW + 7 * 24 * HOUR, NOW - age + APPEND_WINDOWS[name] - 1)
    wrong = age >= APPEND_WINDOWS[name] or age < -60
    assert wrong is (problems(data) == [("$.original_event_data.event_time", 2804019)])


def test_times_without_a_zone_are_in_the_destination_s(plugins: Plugins) -> None:
    """As the event's own time is."""
    original = {**ORIGINAL, "event_time": "2026-11-23 17:24:12"}
    data = build(plugins, "append_value", value=1, original_event_data=original)
    settings = Settings(pixel_id="1", access_token=Secret("t"), time_zone="Europe/Berlin")
    Facebook(settings).prepare(data, "", lambda: "id")

    assert NOW - HOUR == data["original_event_data"]["event_time"]


def test_custom_events_may_name_an_original_event(plugins: Plugins) -> None:
    """Under any name, without limits; under the two names by their rules."""
    mapping = {
        "event_name": {"@path": "$.properties.name"},
        "original_event_data": {"event_name": "Purchase", "event_time": "2026-01-01T00:00:00Z"},
        "attribution_data": {"ad_id": "7", "adset_id": ""},
    }
    data = build_mapped(plugins, "custom", event(name="Renewal"), **mapping)
    assert {"event_name": "Purchase", "event_time": 1767225600} == data["original_event_data"]
    assert {"ad_id": "7"} == data["attribution_data"]
    assert [] == problems(data)

    data = build_mapped(plugins, "custom", event(name="AppendAttribution"), **mapping)
    assert ("$.original_event_data.event_time", 2804019) in problems(data)


@pytest.mark.parametrize("action", ["purchase", "append_value", "custom", "page_view"])
@pytest.mark.parametrize("segment", CUSTOMER_SEGMENTS)
def test_every_event_may_say_whether_the_customer_is_new(action: str, segment: str, plugins: Plugins) -> None:
    """In the event itself, where Meta's table of parameters has it."""
    order = {**event(value=1, revenue=1), "context": {"userAgent": "Mozilla/5.0"}}
    data = build_mapped(plugins, action, order, customer_segmentation=segment)

    assert segment == data["customer_segmentation"]


def test_other_segments_are_refused(plugins: Plugins) -> None:
    """Meta would refuse the whole request."""
    with pytest.raises(EventError):
        build_mapped(plugins, "custom", event(), customer_segmentation="new")
