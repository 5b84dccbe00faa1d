"""How to customize a mapping: what the page's configurations make of events."""

from collections.abc import Callable, Iterator
from time import time
from typing import Any

import orjson
import pytest

from capi_actions import Item, JsonObject
from capi_actions.pipeline.pipeline import Pipeline, Refusal
from capi_actions_facebook.facts import STATES

PAGE = "docs/how-to/customize.md"


def made(pipeline: Pipeline, **event: Any) -> list[JsonObject]:
    """Make items of an event; none may be refused."""
    full = {"messageId": "m-1", "timestamp": time(), "userId": "User 42", **event}
    outcomes = pipeline.process(full, time())
    assert all(isinstance(outcome, Item) for outcome in outcomes), outcomes
    return [orjson.loads(outcome.body) for outcome in outcomes if isinstance(outcome, Item)]


@pytest.fixture
def configured(
    page: Callable[[str], list[Any]], reader: Any, toml: Callable[..., Pipeline]
) -> Iterator[Callable[[str], Pipeline]]:
    """Write the page's files, and read the configuration under a heading."""
    blocks = page(PAGE)
    reader.follow(block for block in blocks if block.file)

    def configure(heading: str) -> Pipeline:
        (text,) = (block.text for block in blocks if (block.heading, block.language) == (heading, "toml"))
        pipeline: Pipeline = toml(text, reader.folder)
        return pipeline

    yield configure


def test_the_page_can_be_followed(page: Callable[[str], list[Any]], reader: Any) -> None:
    """Nothing is wrong with any configuration, and commands print what it says."""
    reader.follow(page(PAGE))


def test_other_events_and_other_fields(configured: Callable[[str], Pipeline]) -> None:
    """Prebuilt, with one field of its own, with one inside user_data, and custom ones for identify and group."""
    pipeline = configured("Other events, other fields")

    order = {"currency": "eur", "revenue": 5, "order_id": "o-1"}
    (purchase,) = made(pipeline, type="track", event="Order Completed", properties=order)
    (lead,) = made(
        pipeline, type="track", event="Newsletter Joined", properties={"score": 7, "currency": "EUR"}
    )
    (view,) = made(
        pipeline, type="track", event="Product Viewed", properties={"customer_email": "a@b.example"}
    )
    (identify,) = made(pipeline, type="identify")
    company = {"email": "info@acme.example"}
    (group,) = made(pipeline, type="group", groupId="g", traits=company)

    assert purchase["custom_data"] == {"currency": "EUR", "value": 5, "order_id": "o-1"}
    assert (lead["event_name"], lead["custom_data"]) == ("Lead", {"value": 7, "currency": "EUR"})
    assert sorted(view["user_data"]) == ["em", "external_id"]
    assert (identify["event_name"], group["event_name"]) == ("Identified", "Lead")
    assert set(group["user_data"]) == {"external_id"}
    assert made(pipeline, type="page") == []


@pytest.mark.parametrize(
    ("names", "sent"),
    [(("Order Completed", "Purchase"), "Purchase"), (("Product Added", "AddToCart"), "AddToCart")],
)
def test_meta_s_own_names(configured: Callable[[str], Pipeline], names: tuple[str, str], sent: str) -> None:
    """Beside those of Segment's spec."""
    pipeline = configured("Events with Meta's own names")
    properties = {"currency": "EUR", "revenue": 5}

    for name in names:
        (item,) = made(pipeline, type="track", event=name, properties=properties)
        assert item["event_name"] == sent


def test_a_mapping_from_elsewhere_is_used_as_it_is(configured: Callable[[str], Pipeline]) -> None:
    """The external id is prebuilt, and so not there."""
    properties = {"currency": "EUR", "total": 5, "email": "a@b.example"}
    context = {"page": {"url": "https://a.example"}, "userAgent": "x"}

    pipeline = configured("A mapping from elsewhere")
    (item,) = made(pipeline, type="track", event="Order Completed", properties=properties, context=context)

    assert item["custom_data"] == {"currency": "EUR", "value": 5}
    assert sorted(item["user_data"]) == ["client_user_agent", "em"]


@pytest.mark.parametrize(("written", "number"), [("1.299,50", 1299.5), ("12,50", 12.5), ("7", 7)])
def test_amounts_with_a_decimal_comma(
    configured: Callable[[str], Pipeline], written: str, number: float
) -> None:
    """Of the order, and of each product."""
    order = {
        "currency": "EUR",
        "revenue": written,
        "products": [{"product_id": "a", "price": written, "quantity": 1}],
    }
    (item,) = made(configured("Amounts"), type="track", event="Order Completed", properties=order)

    assert item["custom_data"]["value"] == number
    assert item["custom_data"]["contents"] == [{"id": "a", "quantity": 1, "item_price": number}]


def test_the_message_about_an_amount_is_the_page_s(root: Any, toml: Callable[..., Pipeline]) -> None:
    """Word for word, so that a search finds the page."""
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines()
    quote = " ".join(line.removeprefix("> ") for line in lines if line.startswith("> "))
    event = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "timestamp": time(),
        "userId": "u",
    }
    # Made at run time: Python shares equal literals, and a shared text has no one place.
    properties = {"currency": "EUR", "revenue": ",".join(("12", "50"))}
    (refusal,) = toml("").process({**event, "properties": properties}, time())

    assert isinstance(refusal, Refusal)
    assert refusal.error.message == quote


@pytest.mark.parametrize(("cents", "value"), [(1250, 12.5), ("999", 9.99), (0, 0)])
def test_amounts_in_cents(configured: Callable[[str], Pipeline], cents: Any, value: float) -> None:
    """Meta takes the major unit."""
    order = {"currency": "EUR", "total_cents": cents}
    (item,) = made(configured("Amounts in cents"), type="track", event="Order Completed", properties=order)

    assert item["custom_data"]["value"] == value


@pytest.mark.parametrize("ids", ['["a","b"]', ["a", "b"]])
def test_content_ids_that_are_json_in_a_text(configured: Callable[[str], Pipeline], ids: Any) -> None:
    """Decoded by the mapping; a list stays one."""
    (item,) = made(
        configured("Products"), type="track", event="Product Viewed", properties={"content_ids": ids}
    )

    assert item["custom_data"]["content_ids"] == ["a", "b"]


def test_every_state_that_meta_knows_is_on_the_page(root: Any) -> None:
    """With its number, and none that it doesn't know."""
    text = " ".join((root / PAGE).read_text(encoding="utf-8").split())

    assert all(f"{state} {name}" in text for state, name in STATES.items() if state)


def test_app_events(configured: Callable[[str], Pipeline], toml: Callable[[str], Pipeline]) -> None:
    """With app_data as the page says; without, of source other."""
    context = {
        "app": {"namespace": "example.shop", "version": "2.1"},
        "os": {"name": "iOS", "version": "17.5"},
        "device": {"model": "Phone", "adTrackingEnabled": True},
        "network": {"carrier": "Net"},
        "screen": {"width": 390, "height": 844},
    }
    (item,) = made(configured("App events"), type="screen", context=context)
    (plain,) = made(toml('[[destinations.shop.mappings]]\naction = "facebook.page_view"'), type="screen")

    assert item["action_source"] == "app"
    assert item["app_data"]["advertiser_tracking_enabled"] == 1
    assert len(item["app_data"]["extinfo"]) == 16
    assert {"i2", "example.shop", "2.1", "17.5", "Phone", "Net", "390", "844"} < set(
        item["app_data"]["extinfo"]
    )
    assert plain["action_source"] == "other"


def test_adding_to_an_earlier_event(configured: Callable[[str], Pipeline]) -> None:
    """Members that are mapped go before prebuilt ones, which fill the others."""
    pipeline = configured("Add to an earlier event")
    ordered = int(time()) - 3600
    order = {"currency": "EUR", "order_id": "o-1", "ordered_at": ordered, "prediction": 120}
    original = {"event_name": "Purchase", "event_time": ordered, "order_id": "o-1"}
    (value,) = made(pipeline, type="track", event="Lifetime Value Predicted", properties=order)
    attribution = {"ad_id": "7", "touchpoint_ts": ordered, "attribution_share": 1, "attribution_value": 5}
    attributed = {"currency": "EUR", "original_event_data": original, "attribution_data": attribution}
    (credit,) = made(pipeline, type="track", event="Order Attributed", properties=attributed)

    assert ("AppendValue", original, 120) == (
        value["event_name"],
        value["original_event_data"],
        value["custom_data"]["predicted_ltv"],
    )
    assert ("AppendAttribution", original, attribution) == (
        credit["event_name"],
        credit["original_event_data"],
        credit["attribution_data"],
    )


def test_limited_data_use(configured: Callable[[str], Pipeline], toml: Callable[[str], Pipeline]) -> None:
    """Left out, country and state are 0."""
    order = {"type": "track", "event": "Order Completed", "properties": {"currency": "EUR", "revenue": 5}}
    bare = (
        '[[destinations.shop.mappings]]\naction = "facebook.purchase"\nmapping.data_processing_options = true'
    )
    keys = ("data_processing_options", "data_processing_options_country", "data_processing_options_state")

    (item,) = made(configured("Limited Data Use"), **order)
    (zeros,) = made(toml(bare), **order)

    assert [item[key] for key in keys] == [["LDU"], 1, 1000]
    assert [zeros[key] for key in keys] == [["LDU"], 0, 0]


def test_one_event_goes_to_every_destination_that_takes_it(configured: Callable[[str], Pipeline]) -> None:
    """Both pixels get the page."""
    assert len(made(configured("Several pixels"), type="page")) == 2
