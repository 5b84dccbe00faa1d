"""What the prebuilt mappings make of events."""

from typing import Any

import pytest

from capi_actions import EventError, Plugins
from capi_actions.testing import build_item
from capi_actions_facebook.validation import check_event

AGENT = "Mozilla/5.0"


def event(**members: Any) -> dict[str, Any]:
    """Make an order of a person on a website."""
    good = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "timestamp": "2026-11-23T17:24:12Z",
        "userId": "User 42",
        "context": {
            "ip": "203.0.113.42",
            "userAgent": AGENT,
            "page": {"url": "https://shop.example/?fbclid=IwAR-x_1"},
            "traits": {"email": "a@b.co"},
        },
        "properties": {"revenue": 1, "currency": "EUR"},
    }
    return {**good, **members}


def test_the_external_id_is_the_user_id_else_the_anonymous_id(plugins: Plugins) -> None:
    """The browser side sends the same, white space dropped and in lower case: printf user42 | sha256sum."""
    hashed = "fb44d98b9d56bbe49028eacc8574f5715178e6d3470d276a1697de3df68e7579"
    named = build_item(plugins, "facebook.purchase", event())["user_data"]["external_id"]
    anonymous = build_item(plugins, "facebook.purchase", event(userId=None, anonymousId="user42"))[
        "user_data"
    ]

    assert [hashed] == named == anonymous["external_id"]


def test_lists_go_where_meta_takes_lists(plugins: Plugins) -> None:
    """One value stays a value, several stay several, doubles and empties don't count."""
    traits = {"email": ["a@b.co", "", "c@d.co"], "phone": ["1234567"]}
    user = build_item(plugins, "facebook.purchase", event(context={"traits": traits}))["user_data"]

    assert isinstance(user["em"], list)
    assert len(user["em"]) == 2
    assert isinstance(user["ph"], str)


def test_long_ids_survive_as_exact_integers(plugins: Plugins) -> None:
    """A float would lose their last digits, and Meta the lead."""
    mapping = {
        **plugins.actions["facebook.lead"].mapping,
        "action_source": "system_generated",
        "user_data": {"leadID": {"@path": "$.lead"}, "fbLoginID": {"@path": "$.login"}},
    }
    for value in (12345678901234567, "12345678901234567"):
        user = build_item(plugins, "facebook.lead", event(lead=value, login=value), mapping=mapping)[
            "user_data"
        ]
        assert (user["lead_id"], user["fb_login_id"]) == (12345678901234567, 12345678901234567)


@pytest.mark.parametrize("value", [1.2345678901234568e22, "12345678901234567890123", 2**64 - 1])
@pytest.mark.parametrize("key", ["leadID", "fbLoginID"])
def test_ids_that_lost_their_last_digits_are_refused(key: str, value: Any, plugins: Plugins) -> None:
    """Integers over 64 bits are read as doubles: such an id is somebody else's, or nobody's."""
    mapping = {
        **plugins.actions["facebook.lead"].mapping,
        "action_source": "system_generated",
        "user_data": {key: {"@path": "$.id"}, "email": "a@b.co"},
    }
    with pytest.raises(EventError) as caught:
        data = build_item(plugins, "facebook.lead", event(id=value), mapping=mapping)
        raise EventError(check_event(data, data["event_time"]))

    assert [problem.path.rpartition(".")[2] for problem in caught.value.problems] == [
        "lead_id" if key == "leadID" else key
    ]


def test_what_is_never_hashed_passes_as_it_is(plugins: Plugins) -> None:
    """And the click id is derived from the page's URL when the event has none."""
    user = build_item(plugins, "facebook.purchase", event())["user_data"]

    assert user["client_ip_address"] == "203.0.113.42"
    assert user["client_user_agent"] == AGENT
    assert user["fbc"] == "fb.1.1795454652000.IwAR-x_1"


@pytest.mark.parametrize(
    ("properties", "fbc"),
    [
        ({"fbc": "fb.1.1714566896000.Own", "url": ""}, "fb.1.1714566896000.Own"),
        ({"fbc": " fb.1.1714566896000.Own\n", "url": ""}, "fb.1.1714566896000.Own"),
        ({"fbc": "fb.1.1714566896000.Own"}, "fb.1.1795454652000.IwAR-x_1"),
        ({"fbc": "fb.1.1714566896000.IwAR-x_1"}, "fb.1.1714566896000.IwAR-x_1"),
        ({"fbc": "broken"}, "fb.1.1795454652000.IwAR-x_1"),
        ({"fbc": " "}, "fb.1.1795454652000.IwAR-x_1"),
        ({"fbc": "broken", "url": ""}, None),
        ({"fbc": ""}, "fb.1.1795454652000.IwAR-x_1"),
    ],
)
def test_a_damaged_click_id_does_not_cost_the_event(
    properties: dict[str, str], fbc: str | None, plugins: Plugins
) -> None:
    """Meta would refuse the whole request for it (2804001)."""
    call = event(properties=properties)
    call["context"]["page"]["url"] = properties.get("url", call["context"]["page"]["url"])
    data = build_item(plugins, "facebook.page_view", call)

    assert fbc == data["user_data"].get("fbc")


def test_of_a_chain_of_addresses_the_person_s_own_counts(plugins: Plugins) -> None:
    """Proxies append theirs."""
    for text in ("203.0.113.42, 10.0.0.1", "\t203.0.113.42\n", "\u00a0203.0.113.42\u00a0,"):
        user = build_item(plugins, "facebook.purchase", event(context={"ip": text}))["user_data"]
        assert user["client_ip_address"] == "203.0.113.42"


@pytest.mark.parametrize("address", [" ", ", 10.0.0.1", "\u00a0", "\n,"])
def test_an_address_that_is_empty_is_left_out(address: str, plugins: Plugins) -> None:
    """What comes second in a chain is a proxy's."""
    user = build_item(plugins, "facebook.purchase", event(context={"ip": address}))["user_data"]

    assert "client_ip_address" not in user


@pytest.mark.parametrize(
    ("context", "source"),
    [
        ({"userAgent": AGENT, "page": {"url": "https://a.example"}}, "website"),
        ({"page": {"url": "https://a.example"}}, "other"),
        ({"userAgent": AGENT}, "other"),
        ({"userAgent": "", "page": {"url": "https://a.example"}}, "other"),
        ({"device": {"model": "x"}, "userAgent": AGENT}, "other"),
    ],
)
def test_a_website_has_a_url_and_a_user_agent(context: dict[str, Any], source: str, plugins: Plugins) -> None:
    """Claiming one without them is refused."""
    assert source == build_item(plugins, "facebook.purchase", event(context=context))["action_source"]


def test_all_products_are_listed_and_those_without_an_id_left_out(plugins: Plugins) -> None:
    """The reference refuses the event."""
    products = [{"product_id": "a", "price": 1, "quantity": 2}, {"name": "gift"}, "odd", {"sku": "b"}]
    data = build_item(
        plugins,
        "facebook.purchase",
        event(properties={"revenue": 1, "currency": "usd", "products": products}),
    )

    assert data["custom_data"]["contents"] == [{"id": "a", "quantity": 2, "item_price": 1}, {"id": "b"}]
    assert data["custom_data"]["currency"] == "USD"


def test_segment_s_own_search_event_passes(plugins: Plugins) -> None:
    """It has no product, which the reference's prebuilt mapping stumbles over."""
    data = build_item(
        plugins, "facebook.search", event(event="Products Searched", properties={"query": "red shoes"})
    )

    assert data["custom_data"] == {"search_string": "red shoes"}


def test_limited_data_use_and_opt_out(plugins: Plugins) -> None:
    """Country and state default to 0: Meta finds out."""
    mapping = {
        **plugins.actions["facebook.page_view"].mapping,
        "data_processing_options": True,
        "opt_out": False,
    }
    data = build_item(plugins, "facebook.page_view", event(), mapping=mapping)

    assert data["data_processing_options"] == ["LDU"]
    assert (data["data_processing_options_country"], data["data_processing_options_state"]) == (0, 0)
    assert data["opt_out"] is False


@pytest.mark.parametrize(("system", "version"), [("iOS", "i2"), ("Android", "a2"), ("Windows", "")])
def test_extinfo_has_sixteen_parts(system: str, version: str, plugins: Plugins) -> None:
    """Its version follows from the operating system when nothing else is mapped."""
    prebuilt = plugins.actions["facebook.page_view"].mapping
    mapping = {**prebuilt, "app_data_field": {**prebuilt["app_data_field"], "use_app_data": True}}
    context = {
        "os": {"name": system, "version": "17.1"},
        "device": {"model": "iPhone15,2", "adTrackingEnabled": True},
        "app": {"namespace": "com.shop", "version": "3.2"},
        "screen": {"width": 1179, "height": 2556, "density": 3},
        "madId": "mad",
    }
    app = build_item(plugins, "facebook.page_view", event(context=context), mapping=mapping)["app_data"]

    assert app["extinfo"] == [
        *(version, "com.shop", "", "3.2", "17.1", "iPhone15,2"),
        *("", "", "", "1179", "2556", "3", "", "", "", ""),
    ]
    assert (app["advertiser_tracking_enabled"], app["application_tracking_enabled"], app["madid"]) == (
        0,
        1,
        "mad",
    )


def test_identify_calls_have_their_traits_at_the_top(plugins: Plugins) -> None:
    """And can be sent under any name."""
    identify = event(type="identify", event=None, context={}, traits={"email": "a@b.co"})
    data = build_item(plugins, "facebook.custom", identify)

    assert data["event_name"] == "identify"
    assert "em" in data["user_data"]


@pytest.mark.parametrize("timestamp", [None, "", "soon", {}, [], True])
def test_an_event_without_a_usable_time_is_refused_alone(timestamp: Any, plugins: Plugins) -> None:
    """Its time is never made up."""
    with pytest.raises(EventError) as caught:
        build_item(plugins, "facebook.purchase", event(timestamp=timestamp))

    assert "vent_time" in str(caught.value)


def test_the_time_of_sending_serves_when_there_is_no_other(plugins: Plugins) -> None:
    """Libraries fill some of them."""
    data = build_item(plugins, "facebook.purchase", event(timestamp=None, sentAt="2026-11-23T17:24:12Z"))

    assert data["event_time"] == 1795454652


@pytest.mark.parametrize("action", ["facebook.view_content", "facebook.custom", "facebook.page_view"])
def test_contents_among_an_event_s_own_properties_keep_what_meta_knows(action: str, plugins: Plugins) -> None:
    """Where the mapping takes all properties for custom_data; the event stays as it is."""
    mapping = {**plugins.actions[action].mapping, "custom_data": {"@path": "$.properties"}, "contents": None}
    call = event(properties={"contents": [{"id": "a", "name": "x"}, "odd"], "colour": "red"})
    data = build_item(plugins, action, call, mapping=mapping)

    assert data["custom_data"] == {"contents": [{"id": "a"}, "odd"], "colour": "red"}
    assert call["properties"]["contents"][0] == {"id": "a", "name": "x"}


def test_custom_data_of_the_mapping_stays_unless_a_field_has_a_value(plugins: Plugins) -> None:
    """The reference erases its value and currency."""
    prebuilt = plugins.actions["facebook.view_content"].mapping
    mapping = {**prebuilt, "custom_data": {"value": 5, "colour": "red"}}
    data = build_item(plugins, "facebook.view_content", event(properties={}), mapping=mapping)

    assert data["custom_data"] == {"value": 5, "colour": "red"}


def test_fields_that_nothing_fills_by_itself_arrive_when_they_are_mapped(plugins: Plugins) -> None:
    """Under Meta's names, in the event or in its custom data."""
    own = {
        **plugins.actions["facebook.lead"].mapping,
        "referrer_url": {"@path": "$.context.page.referrer"},
        "opt_out": False,
        "predicted_ltv": {"@path": "$.properties.ltv"},
        "status": "registered",
        "net_revenue": 3,
        "num_items": 2,
        "content_ids": ["a"],
        "content_name": "Shoes",
        "content_type": "product",
        "content_category": "Apparel",
    }
    context = {"page": {"url": "https://x.example/", "referrer": "https://y.example/"}, "userAgent": AGENT}
    data = build_item(
        plugins, "facebook.lead", event(context=context, properties={"ltv": "12.5", "value": 1}), mapping=own
    )

    assert (data["referrer_url"], data["opt_out"]) == ("https://y.example/", False)
    assert data["custom_data"] == {
        "value": 1,
        "net_revenue": 3,
        "num_items": 2,
        "content_ids": ["a"],
        "content_name": "Shoes",
        "content_type": "product",
        "content_category": "Apparel",
        "predicted_ltv": 12.5,
        "status": "registered",
    }
