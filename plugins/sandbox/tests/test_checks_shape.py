"""Keys and types: what is required, and what nobody knows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions_sandbox import SandboxOptions, check_events
from capi_actions_sandbox.checks.shape import EVENT_KEYS, USER_KEYS

Make = Callable[..., dict[str, Any]]
HASH = "0" * 64


def said(event: Any, index: int = 0, options: SandboxOptions | None = None) -> str | None:
    """Give the explanation of the refusal, of an event that stands at this index."""
    good = {"event_name": "Lead", "event_time": 0, "action_source": "other", "user_data": {"em": HASH}}
    failure = check_events([good] * index + [event], 0, options or SandboxOptions())
    assert failure is None or (failure.subcode, failure.index) == (2804019, index)
    return None if failure is None else failure.msg


@pytest.mark.parametrize("key", ["event_name", "event_time", "user_data", "action_source"])
@pytest.mark.parametrize("empty", [None, ""])
def test_the_four_required_keys_are_missed_in_meta_s_words(make_event: Make, key: str, empty: Any) -> None:
    """The only answer that says which event of a batch is bad; clients read the index from it."""
    assert said(make_event() | {key: empty}, 7) == f"The parameter $['data'][7]['{key}'] is required"


def test_an_empty_event_lacks_its_name_first() -> None:
    """As a real call showed."""
    assert said({}) == "The parameter $['data'][0]['event_name'] is required"


def test_an_unknown_key_of_an_event_is_refused_in_meta_s_words(make_event: Make) -> None:
    """With the period that was seen at event level."""
    event = make_event(advertiser_tracking_enabled=1)
    assert said(event) == """Unexpected key "advertiser_tracking_enabled" on param "$['data'][0]"."""


def test_an_unknown_key_of_user_data_is_refused_in_meta_s_words(make_event: Make) -> None:
    """Without the period, as it was seen there."""
    event = make_event(user_data={"em": HASH, "click_id": "x"})
    assert said(event) == """Unexpected key "click_id" on param "$['data'][0]['user_data']\""""


def test_a_long_key_is_not_repeated_whole(make_event: Make) -> None:
    """An answer must not grow with what somebody sent."""
    assert len(said(make_event(**{"x" * 10_000: 1})) or "") < 200


def test_every_known_key_is_taken(make_event: Make) -> None:
    """A key that a vendor's tool sends must not be refused here while Meta takes it."""
    event = make_event(
        event_source_url="https://shop.example.com/",
        event_id="1",
        opt_out=False,
        referrer_url="https://example.com/",
        data_processing_options=[],
        data_processing_options_country=0,
        data_processing_options_state=0,
        app_data={"advertiser_tracking_enabled": 1, "extinfo": ["a2", "", "", "", "14"] + [""] * 11},
        custom_data={"anything": {"at": "all"}},
        customer_segmentation="new_customer_to_business_line",
        original_event_data={"event_name": "Purchase"},
        attribution_data={"ad_id": "1"},
        store_data={"store_code": "1"},
        messaging_channel="whatsapp",
        advanced_measurement_table="x",
    )
    assert set(event) == EVENT_KEYS
    assert said(event | {"event_time": 0}) is None


def test_every_key_of_user_data_is_taken(make_event: Make) -> None:
    """Those of the documentation, of other tools and of the SDK."""
    values = dict.fromkeys(USER_KEYS, HASH) | {"fbc": "fb.1.1.x", "lead_id": 10**15}
    assert said(make_event(event_time=0, user_data=values)) is None
    assert len(USER_KEYS) == 34


@pytest.mark.parametrize("event", [None, 1, "x", [], [1], True, 1.5])
def test_what_is_no_object_is_refused(event: Any) -> None:
    """The wording is ours; the place is Meta's way of writing it."""
    assert said(event, 2) == "The parameter $['data'][2] must be an object"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user_data", "x"),
        ("user_data", [1]),
        ("custom_data", "x"),
        ("app_data", 1),
        ("data_processing_options", "LDU"),
        ("event_name", 1),
        ("event_id", {}),
        ("event_id", ["1"]),
        ("action_source", ["web"]),
        ("action_source", "web"),
        ("messaging_channel", "signal"),
        ("customer_segmentation", "old"),
    ],
)
def test_a_value_of_a_wrong_kind_is_refused(make_event: Make, key: str, value: Any) -> None:
    """Whatever else is unknown, an object is an object."""
    assert said(make_event(**{key: value}))


@pytest.mark.parametrize("key", ["custom_data", "app_data", "user_data"])
def test_an_empty_list_is_an_empty_object(make_event: Make, key: str) -> None:
    """PHP writes it so."""
    failure = check_events([make_event(event_time=0, **{key: []})], 0, SandboxOptions())
    assert failure is None or (key, failure.subcode) == ("user_data", 2804050)


def test_shape_comes_before_meaning(make_event: Make) -> None:
    """A documented choice: the order of Meta's own checks isn't known."""
    failure = check_events([make_event(event_time=1), {}], 1e9, SandboxOptions())
    assert failure is not None
    assert (failure.subcode, failure.index) == (2804019, 1)


def test_the_user_agent_and_the_address_of_websites_are_switches(make_event: Make) -> None:
    """The documentation requires both, a real call went through without."""
    event = make_event(event_time=0)
    assert said(event) is None
    agent = SandboxOptions(strict_user_agent=True)
    assert said(event, 0, agent) == "The parameter $['data'][0]['user_data']['client_user_agent'] is required"
    assert said(make_event(event_time=0, user_data={"em": HASH, "client_user_agent": "x"}), 0, agent) is None
    assert said(make_event(event_time=0, action_source="email"), 0, agent) is None
    url = SandboxOptions(strict_source_url=True)
    assert said(event, 0, url) == "The parameter $['data'][0]['event_source_url'] is required"
    assert said(make_event(event_time=0, event_source_url="https://example.com/"), 0, url) is None


@pytest.mark.parametrize("where", ['"{}"', '{{"a": ["{}"]}}', '{{"{}": 1}}'])
def test_the_longest_string_is_a_switch(make_event: Make, where: str) -> None:
    """Meta's limits aren't known; senders can rehearse with their own guess."""
    event = make_event(event_time=0, custom_data={"x": json.loads(where.format("y" * 65))})
    assert said(event) is None
    assert said(event, 0, SandboxOptions(max_string=65)) is None
    assert said(event, 0, SandboxOptions(max_string=64))
