"""What came in last is kept in a bounded memory, whatever it is."""

from typing import Any

import pytest
from hypothesis import given

from capi_actions import Receipt
from capi_actions.testing import json_values
from capi_actions_server.recent_events import RecentEvents, compact


def shown(event: Any) -> Any:
    """Return an event as the live view gets it."""
    events = RecentEvents()
    events.add(0.0, "main", "/v1/track", compact(event), Receipt())
    return events.latest()[0].event


@given(json_values())
def test_an_event_of_usual_size_is_kept_as_it_is(event: Any) -> None:
    """Also one that holds what orjson can't write."""
    assert event == shown(event)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "properties", [{"text": "x" * 70_000}, {"text": "\ud800" + "x" * 70_000}, [0] * 40_000, nested(50_000)]
)
def test_of_a_very_long_event_only_its_name_and_ids_are_kept(properties: Any) -> None:
    """Anybody who reads a page's key may send events of megabytes: 500 of them would fill the memory."""
    event = {
        "type": "track",
        "event": "Order",
        "messageId": "m-1",
        "userId": "u" * 101,
        "properties": properties,
    }
    name = {"type": "track", "event": "Order", "messageId": "m-1"}

    assert {**name, "more than 64 KiB, left out": True} == shown(event)


@pytest.mark.parametrize("value", ["x" * 70_000, [0] * 40_000])
def test_of_what_is_no_event_nothing_is_kept_if_it_is_very_long(value: Any) -> None:
    """It has no name."""
    assert shown(value) is None
