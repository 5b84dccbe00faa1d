"""Random events through the whole engine: only its own errors, and never an item that Meta refuses."""

import json
from time import time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Item, Plugins, builtin
from capi_actions.config import read_config
from capi_actions.pipeline import Pipeline, decode_event
from capi_actions.testing import events, json_values
from capi_actions_facebook import plugin
from capi_actions_sandbox import SandboxOptions, check_events

PLUGINS = Plugins(builtin, plugin)
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "sesame"\n'
CUSTOM = """
[[destinations.shop.mappings]]
action = "facebook.custom"
trigger = 'type != "x"'

[[destinations.shop.mappings]]
action = "facebook.purchase"
trigger = 'type != "x"'

[[destinations.shop.mappings]]
action = "facebook.page_view"
trigger = 'type != "x"'
mapping.action_source = "app"
mapping.app_data_field.use_app_data = true
"""
NAMES = st.sampled_from(
    ["Order Completed", "Product Viewed", "Products Searched", "Signed Up", "Lead Generated", "Trial Started"]
)
RECENT = st.integers(int(time()) - 9 * 86_400, int(time()) + 3600)
PIPELINES = [Pipeline.build(read_config(text, PLUGINS), PLUGINS) for text in (CONFIG, CONFIG + CUSTOM)]


def refused(items: list[Item]) -> list[Any]:
    """Ask the sandbox about each item, strict in all but what a real call has shown to be accepted."""
    now = time()
    options = evolve(SandboxOptions.strict(now=lambda: now), strict_user_agent=False)
    return [
        (item.action, failure, item.body)
        for item in items
        if (failure := check_events([json.loads(item.body)], now, options)) is not None
    ]


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["prebuilt", "custom"])
@given(event=events(NAMES, RECENT))
def test_no_item_is_ever_refused(pipeline: Pipeline, event: dict[str, Any]) -> None:
    """One refused event costs the whole request."""
    outcomes = pipeline.process(event, time())

    assert refused([each for each in outcomes if isinstance(each, Item)]) == []


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["prebuilt", "custom"])
@given(event=json_values(20), kind=st.sampled_from(["track", "page", "identify", "group", "screen"]))
def test_random_json_gives_our_own_errors_only(pipeline: Pipeline, event: Any, kind: str) -> None:
    """Whatever a stranger sends; as bytes, as it comes."""
    for value in (
        event,
        {"type": kind, "event": event, "properties": event, "context": event, "timestamp": event},
    ):
        try:
            decoded = decode_event(json.dumps(value))
        except EventError:
            continue
        outcomes = pipeline.process(decoded, time())
        assert refused([each for each in outcomes if isinstance(each, Item)]) == []


@given(event=events(NAMES, RECENT))
def test_the_same_event_gives_the_same_bytes(event: dict[str, Any]) -> None:
    """So that a repeat is a repeat, with or without an id of its own."""
    first, second = (
        [(each.event_id, each.body) for each in PIPELINES[0].process(event, time()) if isinstance(each, Item)]
        for _ in range(2)
    )

    assert first == second
    assert all(event_id for event_id, _ in first)
