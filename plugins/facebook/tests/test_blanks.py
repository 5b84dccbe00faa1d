"""Blanks and placeholders: what says nothing hides nothing, and isn't sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Plugins, Secret
from capi_actions.notes import Notes, collect_notes
from capi_actions.testing import build_item
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.fields.user_data import USER_FIELDS
from capi_actions_facebook.placeholders import NO_IDS
from capi_actions_facebook.presets import first_of
from capi_actions_facebook.settings import Settings

TIME = "2026-11-23T17:24:12Z"
blanks = st.text(alphabet=" \t\n\r\u00a0\u2003", max_size=5)


def built(plugins: Plugins, **parts: Any) -> dict[str, Any]:
    """Return the item of a page view."""
    event = {"type": "page", "timestamp": TIME, "userId": "u-1", **parts}
    context = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64)", **event.pop("context", {})}
    item: dict[str, Any] = build_item(plugins, "facebook.page_view", {**event, "context": context})
    return item


def prepare(data: dict[str, Any]) -> None:
    """Let the destination complete an item."""
    Facebook(Settings(pixel_id="1", access_token=Secret("unused"))).prepare(data, "", lambda: "e-1")


@given(blank=blanks)
def test_a_blank_elsewhere_hides_no_other(plugins: Plugins, blank: str) -> None:
    """What isn't in the context's traits is looked for in several places, under several names."""
    expected = built(plugins, properties={"first_name": "Ada"})["user_data"]["fn"]
    parts = {
        "traits": {"firstName": blank, "first_name": blank},
        "properties": {"firstName": blank, "first_name": "Ada"},
    }

    assert expected == built(plugins, **parts)["user_data"]["fn"]


PROFILES = {
    "pixel": ["email"],
    "documented": ["email", "phone", "lastName", "firstName", "city", "state", "zip", "country"],
}
TRAITS: dict[str, tuple[str, str, str]] = {
    "email": ("em", "email", "ada@example.com"),
    "phone": ("ph", "phone", "+442079460000"),
    "lastName": ("ln", "lastName", "Lovelace"),
    "firstName": ("fn", "firstName", "Ada"),
    "city": ("ct", "address.city", "London"),
    "state": ("st", "address.state", "CA"),
    "zip": ("zp", "address.postalCode", "94025"),
    "country": ("country", "address.country", "GB"),
}


def nested(path: str, value: str) -> dict[str, Any]:
    """Return an object with a value at a path."""
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


@given(
    chosen=st.sampled_from([(profile, field) for profile, fields in PROFILES.items() for field in fields]),
    blank=blanks,
    place=st.sampled_from(["traits", "properties"]),
)
def test_a_blank_in_the_context_s_traits_hides_no_other(
    plugins: Plugins, chosen: tuple[str, str], blank: str, place: str
) -> None:
    """The reference's own condition takes a space for a value; nothing of it would be sent."""
    profile, field = chosen
    key, path, value = TRAITS[field]

    def user_data(context: dict[str, Any]) -> dict[str, Any]:
        parts = {"userId": "u-1", "context": context, place: nested(path, value)}
        item = build_item(
            plugins, "facebook.page_view", {"type": "page", "timestamp": TIME, **parts}, profile=profile
        )
        found: dict[str, Any] = item["user_data"]
        return found

    agent = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}
    assert key in user_data(agent)
    assert user_data(agent) == user_data({**agent, "traits": nested(path, blank)})


@pytest.mark.parametrize(
    "text",
    ["undefined", "null", " NULL ", "[object Object]", "NaN", "None", "n/a", "(not set)", 5, 1.5, "42"],
)
def test_a_placeholder_is_no_address_and_no_user_agent(plugins: Plugins, text: object) -> None:
    """It would be an address of no page, the same for everybody."""
    notes = Notes()
    page = {"page": {"url": text, "referrer": text}, "userAgent": text}
    with collect_notes(notes):
        item = built(plugins, context=page)
        prepare(item)

    assert not {"event_source_url", "referrer_url"} & item.keys()
    assert "client_user_agent" not in item["user_data"]
    assert {"$.event_source_url", "$.referrer_url", "$.user_data.client_user_agent"} == {
        path for path, _ in notes.dropped
    }


CLICK = "fb.1.1796008738000.IwAR2F4dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk"
BROWSER = "fb.1.1796008738000.1098115397"
GARBAGE = [
    "undefined",
    " ",
    "null",
    " NULL ",
    "fb.1.undefined.undefined",
    "[object Object]",
    5,
    "42",
    ["undefined"],
]


@pytest.mark.parametrize("text", GARBAGE)
def test_a_placeholder_hides_no_click_or_browser_id(plugins: Plugins, text: object) -> None:
    """Some shop systems write the cookies into properties and context, whether they have them or not."""
    hidden = {"properties": {"fbc": text, "fbp": text}, "context": {"fbc": f" {CLICK}", "fbp": BROWSER}}
    notes = Notes()
    with collect_notes(notes):
        user_data = built(plugins, **hidden)["user_data"]

    assert (CLICK, BROWSER) == (user_data["fbc"], user_data["fbp"])
    assert not notes.dropped


@pytest.mark.parametrize("text", ["undefined", " ", "null", "-", 5, "42", ["undefined"]])
def test_a_placeholder_hides_no_address(plugins: Plugins, text: object) -> None:
    """A page's URL may stand in the context or in properties."""
    parts = {"properties": {"url": "https://shop.example/"}, "context": {"page": {"url": text}}}
    notes = Notes()
    with collect_notes(notes):
        item = built(plugins, **parts)
        prepare(item)

    assert "https://shop.example/" == item["event_source_url"]
    assert not notes.dropped


@pytest.mark.parametrize("elsewhere", [{}, {"fbp": ""}, {"fbp": None}, {"fbp": "null"}])
def test_a_placeholder_that_nothing_replaces_is_noted(plugins: Plugins, elsewhere: dict[str, Any]) -> None:
    """Otherwise nobody would find out why ids are missing."""
    notes = Notes()
    with collect_notes(notes):
        user_data = built(plugins, properties={"fbp": "undefined"}, context=elsewhere)["user_data"]

    assert "fbp" not in user_data
    assert ["$.user_data.fbp"] == [path for path, _ in notes.dropped]


OF_USERS = (
    "subscriptionID",
    "anonId",
    "madId",
    "partner_id",
    "page_id",
    "ctwa_clid",
    "ig_sid",
    "client_user_agent",
)


@pytest.mark.parametrize(
    ("mapping", "path", "text", "usual"),
    [
        *(
            (("user_data", key), ("user_data", USER_FIELDS[key].sent_as or key), "null", "u-77")
            for key in OF_USERS
        ),
        (("user_data", "client_ip_address"), ("user_data", "client_ip_address"), "10.0.0.1", "203.0.113.7"),
        (
            ("user_data", "client_ip_address"),
            ("user_data", "client_ip_address"),
            ["10.0.0.1", "10.0.0.2"],
            "203.0.113.7",
        ),
        (("user_data", "fbclid"), ("user_data", "fbc"), "undefined", "?fbclid=IwAR2F4dbP0l7Mn"),
        (("event_id",), ("event_id",), "undefined", "e-7"),
        (("referrer_url",), ("referrer_url",), "undefined", "https://www.example.com/"),
        (("order_id",), ("custom_data", "order_id"), "undefined", "o-7"),
        (("content_name",), ("custom_data", "content_name"), "undefined", "Chess"),
        (("content_category",), ("custom_data", "content_category"), "(not set)", "Games"),
        (("item_number",), ("custom_data", "item_number"), "undefined", "7"),
        (("delivery_category",), ("custom_data", "delivery_category"), "by drone", "curbside"),
    ],
)
def test_in_a_mapping_of_one_s_own_a_placeholder_hides_nothing(
    plugins: Plugins, mapping: tuple[str, ...], path: tuple[str, ...], text: object, usual: str
) -> None:
    """Whichever field it is that leaves such texts out."""
    prebuilt = plugins.actions["facebook.purchase"].mapping
    choice: Any = first_of("$.properties.first", "$.properties.second")
    if mapping[1:]:
        choice = prebuilt["user_data"] | {mapping[1]: choice}
    properties = {"first": text, "second": usual, "currency": "EUR", "value": 1}
    event = {"type": "track", "timestamp": TIME, "userId": "u-1", "properties": properties}
    event |= {"context": {"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}}
    notes = Notes()
    with collect_notes(notes):
        item: Any = build_item(plugins, "facebook.purchase", event, mapping=prebuilt | {mapping[0]: choice})
        prepare(item)
    for key in path:
        item = item[key]

    assert usual.removeprefix("?fbclid=") in item
    assert not notes.dropped


@pytest.mark.parametrize("url", ["https://shop.example/null", "/undefined", "about:blank", "shop.example"])
def test_other_addresses_stay_byte_for_byte(plugins: Plugins, url: str) -> None:
    """Only Meta knows what it makes of them."""
    assert url == built(plugins, context={"page": {"url": url}})["event_source_url"]


def test_placeholders_of_other_fields_are_left_out() -> None:
    """Ids, and names that only a program writes; a person may search for anything."""
    data: dict[str, Any] = {
        "event_time": 1_796_000_000,
        "user_data": {
            "madid": "00000000-0000-0000-0000-000000000000",
            "partner_id": "None",
            "page_id": "5",
            "em": "undefined",
        },
        "custom_data": {
            "order_id": "\t\n",
            "content_name": "Null",
            "content_category": "None",
            "search_string": "null",
        },
    }

    prepare(data)

    assert {
        "event_id": "e-1",
        "event_time": 1_796_000_000,
        "user_data": {"page_id": "5", "em": "undefined"},
        "custom_data": {"content_category": "None", "search_string": "null"},
    } == data


@pytest.mark.parametrize("text", sorted(NO_IDS))
def test_a_placeholder_is_no_event_id(text: str) -> None:
    """All events would have the same, and Meta drops repeats."""
    notes = Notes()
    data: dict[str, Any] = {"event_time": 1_796_000_000, "event_id": text}
    with collect_notes(notes):
        prepare(data)

    assert "e-1" == data["event_id"]
    assert ["$.event_id"] == [path for path, _ in notes.dropped]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("fn", "undefined", "is a placeholder"),
        ("ln", "N/A", "is a placeholder"),
        ("external_id", "{{ user.id }}", "is a template's placeholder"),
        ("em", "${email}", "is a template's placeholder"),
        ("external_id", "123.0", "ends in .0"),
        ("ph", "16505551212.0", "ends in .0"),
        ("zp", "94025.0", "ends in .0"),
        ("ph", "+16505551212,+16505550000", "has more than 15 digits"),
        ("ph", "+1 650 555 1212 ext. 12345", "has more than 15 digits"),
        ("ln", "Null", ""),
        ("ct", "Nan", ""),
        ("country", "NA", ""),
        ("em", "ada@example.com", ""),
        ("fn", "Ada", ""),
    ],
)
def test_hashed_placeholders_get_a_warning(key: str, value: str, words: str) -> None:
    """The pixel's profile hashes them as the pixel does: `capi preview --summary` says so."""
    warning = Facebook(Settings(pixel_id="1", access_token=Secret("unused"))).value_warning(key, value)

    assert warning.startswith(words)
    assert bool(words) is bool(warning)
