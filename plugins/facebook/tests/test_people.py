"""Who an event is about: ids and their placeholders, traits and where they may stand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import MISSING, MappingError, Plugins
from capi_actions.mapping import compile_mapping
from capi_actions.testing import build_item, json_values
from capi_actions_facebook.people import PLACEHOLDERS, is_id, person, person_id

BLANKS = st.sampled_from(["", " ", "\t", "\u00a0"])


def built(plugins: Plugins, **event: Any) -> dict[str, Any]:
    """Return the user data of a lead."""
    call = {
        "type": "track",
        "timestamp": "2026-11-23T17:24:12Z",
        "messageId": "m",
        "anonymousId": "a-1",
        **event,
    }
    user: dict[str, Any] = build_item(plugins, "facebook.lead", call)["user_data"]
    return user


@given(st.sampled_from(sorted(PLACEHOLDERS)), BLANKS, BLANKS, st.booleans())
def test_a_placeholder_does_not_hide_the_anonymous_id(
    text: str, before: str, after: str, upper: bool
) -> None:
    """Hashed, it would make one person of all who have it."""
    user_id = before + (text.upper() if upper else text) + after

    assert "a-1" == person_id({"userId": user_id, "anonymousId": "a-1"})
    assert person_id({"userId": user_id, "anonymousId": user_id}) is MISSING


@given(json_values())
def test_any_id_is_an_id_or_nobody_s(value: Any) -> None:
    """Whatever libraries send."""
    identifier = person_id({"userId": value, "anonymousId": "a-1"})

    assert (value if is_id(value) else "a-1") is identifier or identifier == value
    assert person_id(value) is MISSING or isinstance(value, dict)


@pytest.mark.parametrize("user_id", ["u-1", "User 42", "nullable", "00", 42, "10", 42.0, "anonymous-7"])
def test_ids_that_only_resemble_a_placeholder_stay(user_id: Any) -> None:
    """They are somebody's."""
    assert user_id == person_id({"userId": user_id, "anonymousId": "a-1"})


@pytest.mark.parametrize(
    "user_id", [None, "", "  ", 0, 0.0, -1, True, False, {}, [], ["null", 0], "NULL", "undefined"]
)
def test_ids_that_are_nobody_s(user_id: Any, plugins: Plugins) -> None:
    """The anonymous id is sent in their place."""
    assert built(plugins, userId="a-1")["external_id"] == built(plugins, userId=user_id)["external_id"]


TRAITS = {
    "email": "ada@example.com",
    "phone": "+14155550100",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "address": {"city": "Paris", "state": "x", "postalCode": "75001", "country": "fr"},
}
KEYS = {"em", "ph", "fn", "ln", "ct", "st", "zp", "country"}


@pytest.mark.parametrize(
    "action", ["facebook.lead", "facebook.purchase", "facebook.page_view", "facebook.custom"]
)
def test_a_person_is_found_wherever_the_event_has_one(action: str, plugins: Plugins) -> None:
    """In the context's traits, in the event's, and in its properties, where checkouts put them."""
    order = {"currency": "EUR", "revenue": 1}
    call = {"type": "track", "event": "E", "timestamp": "2026-11-23T17:24:12Z", "properties": order}
    events: list[dict[str, Any]] = [
        {"context": {"traits": TRAITS}},
        {"traits": TRAITS},
        {"traits": TRAITS, "context": {"traits": {"email": "", "address": {}}}},
        {"properties": {**order, **TRAITS}},
        {"properties": {**order, **TRAITS}, "traits": {}},
        {"properties": {**order, **TRAITS}, "traits": {"email": None}, "context": {"traits": {"phone": ""}}},
    ]
    users = [build_item(plugins, action, {**call, **event})["user_data"] for event in events]

    assert users[0].keys() == KEYS
    assert all(user == users[0] for user in users)


def test_the_context_s_traits_go_before_the_event_s_and_its_properties(plugins: Plugins) -> None:
    """They were set when the person was known."""
    for places in (["context", "traits", "properties"], ["traits", "properties"], ["properties"]):
        holders: dict[str, Any] = {place: {"email": f"{place}@example.com"} for place in places}
        if "context" in holders:
            holders["context"] = {"traits": holders["context"]}
        first = {"email": f"{places[0]}@example.com"}

        assert built(plugins, **holders)["em"] == built(plugins, context={"traits": first})["em"]


@pytest.mark.parametrize(
    ("traits", "first", "last"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace"}, "Ada", "Lovelace"),
        ({"firstName": "Ada", "first_name": "Other"}, "Ada", None),
        ({"name": "Ada Lovelace"}, "Ada", "Lovelace"),
        ({"name": " Ada  King of Lovelace "}, "Ada", "King of Lovelace"),
        ({"name": "Ada"}, "Ada", None),
        ({"name": "Ada Lovelace", "lastName": "King"}, "Ada", "King"),
        ({"name": "", "firstName": ""}, None, None),
        ({"name": ["Ada"]}, None, None),
    ],
)
def test_names_in_their_spellings(
    traits: dict[str, Any], first: str | None, last: str | None, plugins: Plugins
) -> None:
    """A full name is split at its first space, as Segment's own libraries do."""
    expected = {key: value for key, value in {"firstName": first, "lastName": last}.items() if value}
    parts = ("fn", "ln")
    for call in ({"context": {"traits": traits}}, {"traits": traits}):
        user, plain = built(plugins, **call), built(plugins, context={"traits": expected})
        assert [user.get(part) for part in parts] == [plain.get(part) for part in parts]


def test_the_name_among_the_properties_is_a_product_s(plugins: Plugins) -> None:
    """Or a page's; and a gender there may be that of a garment."""
    user = built(plugins, properties={"name": "Red Shoes", "gender": "f", "birthday": "2001-01-01"})

    assert user.keys() == {"external_id"}


@pytest.mark.parametrize("key", ["postalCode", "postal_code", "zip"])
def test_zip_codes_in_their_spellings(key: str, plugins: Plugins) -> None:
    """As shops' databases name the column."""
    address = {"address": {key: "75001"}}
    users = [
        built(plugins, **call)
        for call in ({"context": {"traits": address}}, {"traits": address}, {"properties": address})
    ]

    assert all(user["zp"] == users[0]["zp"] for user in users)


@given(st.sampled_from(["email", "firstName", "address.postalCode", "gender"]), json_values())
def test_any_event_has_a_trait_or_not(field: str, value: Any) -> None:
    """Nothing that a stranger sends breaks the search."""
    for event in (
        value,
        {"context": value},
        {"context": {"traits": value}},
        {"traits": value, "properties": value},
    ):
        trait = person(field, event)
        assert trait is MISSING or (trait is not None and trait != "")


@pytest.mark.parametrize("mapping", [{"@person": "shoe_size"}, {"@person": {}}, {"@person_id": {"x": 1}}])
def test_a_wrong_option_is_told(mapping: Any, plugins: Plugins) -> None:
    """When the configuration is read."""
    with pytest.raises(MappingError, match="should be"):
        compile_mapping({"a": mapping}, plugins.directives)


def test_the_referrer_is_the_page_s(plugins: Plugins) -> None:
    """Where the visitor came from."""
    page = {"url": "https://shop.example/", "referrer": "https://search.example/"}
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "userId": "u", "context": {"page": page}}

    assert build_item(plugins, "facebook.page_view", event)["referrer_url"] == "https://search.example/"


@pytest.mark.parametrize(
    ("field", "event", "value"),
    [
        (
            "email",
            {"traits": {"email": "null"}, "properties": {"email": "ada@example.com"}},
            "ada@example.com",
        ),
        (
            "email",
            {"traits": {"email": "ada@"}, "properties": {"email": "ada@example.com"}},
            "ada@example.com",
        ),
        ("email", {"context": {"traits": {"email": "N/A"}}, "traits": {"email": "a@b.io"}}, "a@b.io"),
        ("email", {"traits": {"email": "null"}}, "null"),
        ("phone", {"traits": {"phone": "0"}, "properties": {"phone": "+16505551212"}}, "+16505551212"),
        ("phone", {"traits": {"phone": " undefined"}}, " undefined"),
        ("firstName", {"traits": {"firstName": "undefined", "name": "Ada Lovelace"}}, "Ada"),
        ("lastName", {"traits": {"lastName": "Null"}}, "Null"),
        (
            "address.city",
            {"traits": {"address": {"city": "-"}}, "properties": {"address": {"city": "Bonn"}}},
            "Bonn",
        ),
        ("gender", {"traits": {"gender": ["f"]}}, ["f"]),
    ],
)
def test_a_placeholder_counts_only_where_nothing_else_stands(
    field: str, event: dict[str, Any], value: Any
) -> None:
    """It hides nothing; alone, it is for the profile to judge, and somebody's name may be Null."""
    assert value == person(field, event)
