"""Apps, conversations, and Limited Data Use."""

from collections.abc import Callable
from typing import Any

import pytest

Subcode = Callable[..., int | None]
HASH = "0" * 64
EXTINFO = ["a2", "com.example", "1.0", "1.0 long", "14", *[""] * 11]


@pytest.mark.parametrize("extinfo", [EXTINFO, ["i2", *EXTINFO[1:]], [*EXTINFO[:15], None]])
@pytest.mark.parametrize("flag", [0, 1, True, False, "1"])
def test_app_events_are_taken(subcode: Subcode, extinfo: Any, flag: Any) -> None:
    """Version and OS version are enough of the sixteen."""
    app_data = {"advertiser_tracking_enabled": flag, "extinfo": extinfo}
    assert subcode(action_source="app", app_data=app_data) is None


@pytest.mark.parametrize(
    "extinfo",
    [
        None,
        "a2",
        [],
        EXTINFO[:15],
        [*EXTINFO, ""],
        ["", *EXTINFO[1:]],
        ["w2", *EXTINFO[1:]],
        [*EXTINFO[:4], "", *EXTINFO[5:]],
    ],
)
def test_extinfo_has_sixteen_parts_and_two_are_needed(subcode: Subcode, extinfo: Any) -> None:
    """Wherever there is app_data."""
    app_data = {"advertiser_tracking_enabled": 1, "extinfo": extinfo}
    assert subcode(action_source="app", app_data=app_data) == 2804043


@pytest.mark.parametrize(
    "app_data", [None, {}, {"extinfo": EXTINFO}, {"advertiser_tracking_enabled": 2, "extinfo": EXTINFO}]
)
def test_app_events_need_app_data_and_its_flag(subcode: Subcode, app_data: Any) -> None:
    """Both are required."""
    assert subcode(action_source="app", app_data=app_data) == 2804019


def message(channel: str | None, name: str = "Purchase", **user: Any) -> dict[str, Any]:
    """Give the changes that make an event one of a conversation."""
    return {
        "action_source": "business_messaging",
        "messaging_channel": channel,
        "event_name": name,
        "user_data": user,
        "custom_data": {"value": 1, "currency": "EUR"},
    }


@pytest.mark.parametrize(
    ("channel", "user", "expected"),
    [
        ("whatsapp", {"page_id": "1", "ctwa_clid": "x"}, None),
        ("whatsapp", {"whatsapp_business_account_id": "1", "ctwa_clid": "x"}, None),
        ("whatsapp", {"ctwa_clid": "x"}, 2804116),
        ("whatsapp", {"page_id": "1"}, 2804071),
        ("whatsapp", {"page_id": "1", "ctwa_clid": 5}, 2804087),
        ("messenger", {"page_id": "1", "page_scoped_user_id": "2"}, None),
        ("messenger", {"page_scoped_user_id": "2"}, 2804069),
        ("messenger", {"page_id": "1"}, 2804019),
        ("instagram", {"ig_account_id": "1", "ig_sid": "2"}, None),
        ("instagram", {"ig_sid": "2"}, 2804079),
        ("instagram", {"ig_account_id": "1"}, 2804075),
        (None, {"page_id": "1"}, 2804019),
    ],
)
def test_each_channel_has_its_keys(
    subcode: Subcode, channel: str | None, user: dict[str, Any], expected: int | None
) -> None:
    """The matrix of the specification, whole."""
    assert subcode(**message(channel, **user)) == expected


@pytest.mark.parametrize("name", ["Lead", "purchase", "PageView"])
def test_conversations_have_their_own_event_names(subcode: Subcode, name: str) -> None:
    """Lead is the one that most people try."""
    assert subcode(**message("messenger", name, page_id="1", page_scoped_user_id="2")) == 2804066


def test_a_channel_without_a_conversation_is_let_be(subcode: Subcode) -> None:
    """What Meta says to it isn't known."""
    assert subcode(messaging_channel="whatsapp") is None


@pytest.mark.parametrize(
    ("options", "country", "state", "address", "taken"),
    [
        ([], None, None, None, True),
        ([], 1, None, None, False),
        ([], 1, 1000, None, True),
        (["LDU"], None, None, "1.2.3.4", True),
        (["LDU"], None, None, None, False),
        (["LDU"], 0, None, None, False),
        (["LDU"], 0, 0, None, True),
        (["LDU"], 1, 1013, None, True),
        (["LDU"], "1", "1000", None, True),
        (["LDU"], 1, 1014, "1.2.3.4", False),
        (["LDU"], 2, 0, "1.2.3.4", False),
        (["ldu"], 1, 1000, None, False),
        ([1], 1, 1000, None, False),
    ],
)
def test_limited_data_use_says_where(
    subcode: Subcode, options: Any, country: Any, state: Any, address: str | None, taken: bool
) -> None:
    """A country goes with a state, and without an IP address both are needed."""
    refusal = subcode(
        data_processing_options=options,
        data_processing_options_country=country,
        data_processing_options_state=state,
        user_data={"em": HASH} | ({"client_ip_address": address} if address else {}),
    )
    assert refusal == (None if taken else 2804019)
