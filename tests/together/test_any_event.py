"""Random events through the whole engine: only its own errors, and never an item that Meta refuses."""

import json
from time import time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Item, Plugins, builtin
from capi_actions.codec import decode_event
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline, Refusal
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
# As people paste them: the event's own properties and name, whatever they are.
PASTED = """
[[destinations.shop.mappings]]
action = "facebook.custom"
trigger = 'type != "x"'
mapping.event_name = { "@path" = "$.event" }
mapping.custom_data = { "@path" = "$.properties" }
mapping.user_data.leadID = { "@path" = "$.properties.lead" }
mapping.user_data.fbLoginID = { "@path" = "$.properties.login" }

[[destinations.shop.mappings]]
action = "facebook.custom"
trigger = 'type != "x"'
mapping.event_name = "Purchase"
mapping.custom_data = { "@path" = "$.properties" }
mapping.user_data = { fbLoginID = { "@path" = "$.properties.login" }, client_ip_address = { "@path" = "$.context.ip" } }

[[destinations.shop.mappings]]
action = "facebook.view_content"
trigger = 'type != "x"'
mapping.custom_data = { "@path" = "$.properties" }
mapping.contents = { "@path" = "$.nothing" }

[[destinations.shop.mappings]]
action = "facebook.page_view"
trigger = 'type != "x"'
mapping.custom_data = { "@path" = "$.properties" }
"""
NAMES = st.sampled_from(
    [
        *("Purchase", "Order Completed", "Product Viewed", "Products Searched"),
        *("Signed Up", "Lead Generated", "Trial Started"),
    ]
)
RECENT = st.integers(int(time()) - 9 * 86_400, int(time()) + 3600)
PIPELINES = [
    Pipeline.build(read_config(text, PLUGINS), PLUGINS) for text in (CONFIG, CONFIG + CUSTOM, CONFIG + PASTED)
]


def chains(value: int) -> Any:
    """Nest something."""
    made: Any = {}
    for _ in range(value):
        made = {"a": made}
    return made


IDS = st.sampled_from([None, 0, 5, 123456789012345, 2**64 - 1, 1e22, "123456789012345", "1" * 30])
CLICKS = st.sampled_from(
    [
        *(
            "fb.1.1796008738000.1098115397",
            "fb.7.1796008738000.1098115397.AQICAQMC",
            " fb.1.1796008738000.12 ",
        ),
        *(
            "fb.1.1500000000000.IwAR2F4-dbP0l7",
            "fb.1.1796008738000.null",
            "undefined",
            '"fb.1.1796008738000.1"',
        ),
        *("GA1.1.123.456", "", None, True, 5, "a.b.c.d"),
    ]
)
CONTENT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["p-1", "", 7, 0, None, False, []]),
        "quantity": st.integers(0, 3),
        "name": st.just("x"),
        "delivery_category": st.sampled_from(["in_store", "drone", None, []]),
    },
)
AWKWARD = st.fixed_dictionaries(
    {},
    optional={
        "contents": st.lists(CONTENT | st.none(), max_size=2) | st.sampled_from(["x", None, {}, 5, [], ""]),
        "value": st.sampled_from([1, 0, "2.50", "abc", "", None, True, [], {}, "nan", "1e999"]),
        "currency": st.sampled_from(
            ["EUR", "eur", "mru", "Euro", " EUR ", "", None, 978, ["EUR"], {}, "xyz"]
        ),
        "lead": IDS,
        "login": IDS,
        "fbc": CLICKS,
        "fbp": CLICKS,
        "deep": st.sampled_from([0, 240, 248, 249, 250, 251, 252, 253, 254, 300, 1000]).map(chains),
    },
)
ADDRESSES = st.sampled_from(
    [
        *(
            " ",
            "",
            ",",
            ", 1.2.3.4",
            "\t1.2.3.4\n",
            "\u00a01.2.3.4\u00a0",
            "1.2.3.4,5.6.7.8",
            "unknown",
            "fe80::1%eth0",
        ),
        *("[2001:db8::1]:443", ["10.0.0.1", "1.2.3.4"], [], 3405803781, None),
    ]
)


def awkward(event: dict[str, Any], properties: dict[str, Any], address: Any) -> dict[str, Any]:
    """Lay properties that platforms look at over an event's own, and an address over its context's."""
    own, context = event.get("properties"), event.get("context")
    event = {**event, "properties": {**(own if isinstance(own, dict) else {}), **properties}}
    return {**event, "context": {**(context if isinstance(context, dict) else {}), "ip": address}}


EVENTS = events(NAMES, RECENT)
ALL_EVENTS = EVENTS | st.builds(awkward, EVENTS, AWKWARD, ADDRESSES)
KINDS = pytest.mark.parametrize("pipeline", PIPELINES, ids=["prebuilt", "custom", "pasted"])


def refused(items: list[Item], now: float) -> list[Any]:
    """Ask the sandbox about each item, strict in all but what a real call has shown to be accepted.

    :param now: when the event was mapped: a second later it may be too old.
    """
    options = evolve(SandboxOptions.strict(now=lambda: now), strict_user_agent=False)
    return [
        (item.action, failure, item.body)
        for item in items
        if (failure := check_events([json.loads(item.body)], now, options)) is not None
    ]


@KINDS
@given(event=ALL_EVENTS)
def test_no_item_is_ever_refused(pipeline: Pipeline, event: dict[str, Any]) -> None:
    """One refused event costs the whole request."""
    now = time()
    outcomes = pipeline.process(event, now)

    assert not [
        outcome
        for outcome in outcomes
        if isinstance(outcome, Refusal) and "failed on" in outcome.error.message
    ]
    assert refused([outcome for outcome in outcomes if isinstance(outcome, Item)], now) == []


@KINDS
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
        now = time()
        outcomes = pipeline.process(decoded, now)
        assert refused([outcome for outcome in outcomes if isinstance(outcome, Item)], now) == []


@given(event=EVENTS)
def test_the_same_event_gives_the_same_bytes(event: dict[str, Any]) -> None:
    """So that a repeat is a repeat, with or without an id of its own."""
    first, second = (
        [
            (outcome.event_id, outcome.body)
            for outcome in PIPELINES[0].process(event, time())
            if isinstance(outcome, Item)
        ]
        for _ in range(2)
    )

    assert first == second
    assert all(event_id for event_id, _ in first)
