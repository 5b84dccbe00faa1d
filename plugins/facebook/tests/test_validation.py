"""What Meta would refuse is said before anything is sent, with Meta's own subcode."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.notes import Notes, collect_notes
from capi_actions_facebook.validation import check_event, is_too_broad

NOW = 1_795_454_652.0
DAY = 86_400


def event(**members: Any) -> dict[str, Any]:
    """Make a server event that Meta takes, but for what is given."""
    good = {
        "event_name": "Lead",
        "event_time": int(NOW) - 60,
        "action_source": "website",
        "user_data": {"em": "a" * 64},
    }
    return {**good, **members}


def subcodes(data: dict[str, Any]) -> list[int | None]:
    """Give the subcodes of all problems."""
    return [problem.code for problem in check_event(data, NOW)]


def test_a_good_event_has_no_problems() -> None:
    """The tests below change one thing each."""
    assert subcodes(event()) == []


@pytest.mark.parametrize(
    ("age", "source", "codes"),
    [
        (7 * DAY - 1, "website", []),
        (7 * DAY + 1, "website", [2804003]),
        (7 * DAY + 1, "physical_store", []),
        (62 * DAY - 1, "physical_store", []),
        (62 * DAY + 1, "physical_store", [2804003]),
        (-59, "website", []),
        (-3600, "website", [2804004]),
    ],
)
def test_age_counts_to_the_second(age: int, source: str, codes: list[int]) -> None:
    """One event that is too old costs the whole request."""
    assert codes == subcodes(event(event_time=int(NOW) - age, action_source=source))


@pytest.mark.parametrize("number", [0, 46_355, 2026, 20_261_129, 99_999_999])
def test_a_number_that_counts_days_or_is_a_date_gets_its_likely_cause(number: int) -> None:
    """Spreadsheets have 46355 for 2026-11-29: as seconds it is 1970, which nobody means."""
    (problem,) = check_event(event(event_time=number), NOW)

    assert "a spreadsheet's day number or a year isn't read, write 2026-11-29T15:00:00Z" in problem.message
    (problem,) = check_event(event(event_time=10**8), NOW)
    assert "spreadsheet" not in problem.message


def test_a_purchase_below_zero_is_sent_with_a_word() -> None:
    """Meta says nothing about it, and takes back nothing."""
    notes = Notes()
    for value in (-12.5, -1, "-3.50", 0, 0.0, 5):
        with collect_notes(notes):
            assert [] == subcodes(
                event(event_name="Purchase", custom_data={"value": value, "currency": "EUR"})
            )

    assert [3] == list(notes.uncertain.values())


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (8 * DAY, "happened 8 days ago; "),
        (10**290, "happened more than 100 years ago; "),
        (-3600, "lies 3600 seconds in the future: "),
        (-DAY, "lies 1 day in the future: "),
        (-300 * DAY, "lies 300 days in the future: "),
        (-(10**290), "lies more than 100 years in the future: "),
    ],
)
def test_ages_are_said_in_units_that_people_use(age: int, words: str) -> None:
    """Not in 290 digits."""
    (problem,) = check_event(event(event_time=int(NOW) - age), NOW)

    assert problem.message.startswith(words)


@pytest.mark.parametrize(
    ("keys", "too_broad"),
    [
        ("", True),
        ("ct country st zp ge client_user_agent", True),
        ("ge", True),
        ("db client_user_agent", True),
        ("fn ge", True),
        ("ln ge", True),
        ("fn ln", False),
        ("db ge", False),
        ("fn client_user_agent", False),
        ("ct em", False),
        ("client_ip_address client_user_agent", False),
        ("external_id", False),
        ("fbp", False),
    ],
)
def test_the_minimum_match_rule_is_meta_s(keys: str, too_broad: bool) -> None:
    """Exactly the sets that the best practices name, and their parts."""
    present = frozenset(keys.split())

    assert too_broad is is_too_broad(present)
    assert ([2804050] if too_broad else []) == subcodes(event(user_data=dict.fromkeys(present, "x")))


@given(
    st.sets(st.sampled_from("em ph fn ln ge db ct st zp country external_id fbp client_user_agent".split()))
)
def test_adding_a_key_never_makes_it_broader(keys: set[str]) -> None:
    """More data can't be worse."""
    for key in ("em", "external_id"):
        assert not is_too_broad(frozenset(keys | {key}))


@pytest.mark.parametrize(
    ("members", "codes"),
    [
        ({"user_data": {"em": "a", "lead_id": 123}}, [2804036]),
        ({"user_data": {"em": "a", "lead_id": 123456789012345}}, []),
        ({"event_name": "Purchase", "custom_data": {}}, [2804009, 2804010]),
        ({"event_name": "Purchase"}, [2804009, 2804010]),
        ({"event_name": "Purchase", "custom_data": {"value": 0, "currency": "MRU"}}, [2804011]),
        ({"event_name": "Purchase", "custom_data": {"value": 0, "currency": "EUR"}}, []),
        ({"event_name": "Purchase", "custom_data": {"value": "2.5", "currency": "eur"}}, []),
        ({"event_name": "Purchase", "custom_data": {"value": "abc", "currency": "mru"}}, [2804009, 2804011]),
        ({"event_name": "Purchase", "custom_data": {"value": None, "currency": None}}, [2804009, 2804010]),
        ({"event_name": "Purchase", "custom_data": {"value": True, "currency": ["EUR"]}}, [2804009, 2804011]),
        (
            {"event_name": "Purchase", "custom_data": {"value": "1e999", "currency": "Euro"}},
            [2804009, 2804011],
        ),
        ({"event_name": "Purchase", "custom_data": {"value": "", "currency": ""}}, [2804009, 2804010]),
        ({"custom_data": {"value": "abc", "currency": "Euro"}}, []),
        ({"custom_data": {"contents": "x"}}, [2804008]),
        ({"custom_data": {"contents": ["x", {"name": "x"}, {"id": ""}]}}, [2804008] * 3),
        ({"custom_data": {"contents": [{"id": "a", "delivery_category": "drone"}]}}, [2804008]),
        ({"custom_data": {"contents": [{"id": "a"}, {"id": 0}]}}, []),
        ({"custom_data": {"contents": None}}, []),
        ({"user_data": {"fb_login_id": 0}}, [2804050]),
        ({"user_data": {"em": "", "external_id": []}}, [2804050]),
        ({"action_source": "app"}, [2804019]),
        ({"app_data": {"extinfo": [""] * 16}}, [2804043, 2804043]),
        ({"action_source": "app", "app_data": {"extinfo": ["i2", "", "", "", "17.1", *[""] * 11]}}, []),
    ],
)
def test_other_rules(members: dict[str, Any], codes: list[int]) -> None:
    """Each of which Meta answers for the whole request."""
    assert codes == subcodes(event(**members))


@pytest.mark.parametrize(
    ("channel", "user", "codes"),
    [
        ("whatsapp", {}, [2804116, 2804071]),
        ("whatsapp", {"ctwa_clid": "c"}, [2804116]),
        ("whatsapp", {"ctwa_clid": "c", "page_id": "1"}, []),
        ("whatsapp", {"ctwa_clid": "c", "whatsapp_business_account_id": "1"}, []),
        ("messenger", {}, [2804069, 2804019]),
        ("messenger", {"page_id": "1", "page_scoped_user_id": "2"}, []),
        ("instagram", {}, [2804079, 2804075]),
        ("instagram", {"ig_account_id": "1", "ig_sid": "2"}, []),
    ],
)
def test_each_messaging_channel_needs_its_keys(channel: str, user: dict[str, str], codes: list[int]) -> None:
    """The matrix of business messaging."""
    data = event(
        event_name="Purchase",
        action_source="business_messaging",
        messaging_channel=channel,
        user_data={"em": "a", **user},
        custom_data={"value": 1, "currency": "EUR"},
    )

    assert codes == subcodes(data)


def test_messaging_has_its_own_event_names_and_source() -> None:
    """`Lead` isn't among them, `LeadSubmitted` is."""
    user = {"page_id": "1", "page_scoped_user_id": "2"}
    base = {"messaging_channel": "messenger", "user_data": user}

    assert subcodes(event(action_source="business_messaging", **base)) == [2804066]
    assert subcodes(event(action_source="business_messaging", event_name="LeadSubmitted", **base)) == []
    assert subcodes(event(event_name="LeadSubmitted", **base)) == [2804019]
    assert subcodes(event(action_source="business_messaging")) == [2804019]
