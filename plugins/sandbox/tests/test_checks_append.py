"""Events that add something to an earlier one, and CRM events: what they need, and until when they are taken."""

from typing import Any

import pytest

from capi_actions_sandbox import SandboxOptions, check_events

NOW = 1_795_000_000
HOUR = 3_600


def append(name: str, age: float = HOUR, **members: Any) -> dict[str, Any]:
    """Return a good event, but for what is given."""
    event = {
        "event_name": name,
        "event_time": NOW - 60,
        "action_source": "website",
        "user_data": {"em": "a" * 64},
        "original_event_data": {"event_name": "Purchase", "event_time": NOW - age, "event_id": "e-1"},
        "attribution_data": {
            "ad_id": "1",
            "touchpoint_ts": NOW - age,
            "attribution_share": 0.5,
            "attribution_value": 3,
        },
        "custom_data": {"predicted_ltv": 120, "currency": "EUR"},
    }
    return event | members


def subcode(event: dict[str, Any]) -> int | None:
    failure = check_events([event], NOW, SandboxOptions())
    return None if failure is None else failure.subcode


@pytest.mark.parametrize(
    ("name", "hours", "taken"),
    [
        ("AppendValue", 1, True),
        ("AppendValue", 7 * 24 - 0.01, True),
        ("AppendValue", 7 * 24, False),
        ("AppendAttribution", 47.99, True),
        ("AppendAttribution", 48, False),
        ("AppendAttribution", -1, False),
        ("Purchase", 500, True),
    ],
)
def test_each_is_taken_for_its_time_after_the_original_event(name: str, hours: float, taken: bool) -> None:
    """Its own time isn't what counts."""
    custom = {"value": 1, "currency": "EUR", "predicted_ltv": 120}

    assert taken is (subcode(append(name, hours * HOUR, custom_data=custom)) is None)


@pytest.mark.parametrize(
    ("name", "key", "member"),
    [
        ("AppendValue", "original_event_data", "event_name"),
        ("AppendValue", "original_event_data", "event_time"),
        ("AppendValue", "custom_data", "predicted_ltv"),
        ("AppendValue", "custom_data", "currency"),
        ("AppendAttribution", "original_event_data", "event_time"),
        ("AppendAttribution", "attribution_data", "ad_id"),
        ("AppendAttribution", "attribution_data", "touchpoint_ts"),
        ("AppendAttribution", "attribution_data", "attribution_share"),
        ("AppendAttribution", "attribution_data", "attribution_value"),
        ("AppendAttribution", "custom_data", "currency"),
    ],
)
def test_what_is_needed_is_asked_for(name: str, key: str, member: str) -> None:
    """Without the member, and without the whole object."""
    event = append(name)
    event[key] = {other: value for other, value in event[key].items() if other != member}

    assert subcode(event) == 2804019
    assert subcode(append(name) | {key: None}) == 2804019
    assert subcode(append(name) | {key: []}) == 2804019


@pytest.mark.parametrize("share", [-0.1, 1.1, "0.5", True, [], float("inf")])
def test_a_share_is_a_number_from_0_to_1(share: Any) -> None:
    """Whatever else stands there."""
    attribution = {**append("AppendAttribution")["attribution_data"], "attribution_share": share}

    assert subcode(append("AppendAttribution", attribution_data=attribution)) == 2804019


@pytest.mark.parametrize("time", ["yesterday", [], {"a": 1}, True])
def test_a_time_that_can_t_be_read_is_refused(time: Any) -> None:
    """Not taken for now."""
    original = {"event_name": "Purchase", "event_time": time}

    assert subcode(append("AppendValue", original_event_data=original)) == 2804019


@pytest.mark.parametrize(
    ("source", "custom", "taken"),
    [
        ("system_generated", {"event_source": "crm", "lead_event_source": "HubSpot"}, True),
        ("system_generated", {"event_source": "crm"}, False),
        ("website", {"event_source": "crm", "lead_event_source": "HubSpot"}, False),
        ("website", {"event_source": "shop"}, True),
    ],
)
def test_crm_events_name_their_crm(source: str, custom: dict[str, Any], taken: bool) -> None:
    """And come from no website."""
    event = append("Sales Opportunity", action_source=source, custom_data=custom)

    assert taken is (subcode(event) is None)


def test_customer_segments_are_meta_s() -> None:
    """Also beside other events."""
    assert subcode(append("AppendValue", customer_segmentation="new_customer_to_business")) is None
    assert subcode(append("AppendValue", customer_segmentation="new")) == 2804019
