"""Refunds and cancellations: what the page's configurations make of events."""

from collections.abc import Callable
from time import time
from typing import Any

import orjson
import pytest

from capi_actions import Item
from capi_actions.pipeline.pipeline import Pipeline

PAGE = "docs/how-to/refunds.md"
PROPERTIES = {"order_id": "o-1", "total": 12.5, "currency": "EUR", "products": [{"sku": "a"}]}


def sent(pipeline: Pipeline, name: str, properties: Any) -> list[dict[str, Any]]:
    """Return the items of a track call."""
    event = {"type": "track", "event": name, "messageId": "m-1", "timestamp": time(), "userId": "u"}
    outcomes = pipeline.process({**event, "properties": properties}, time())
    assert all(isinstance(outcome, Item) for outcome in outcomes), outcomes
    return [orjson.loads(outcome.body) for outcome in outcomes if isinstance(outcome, Item)]


@pytest.fixture
def configured(page: Callable[[str], list[Any]], toml: Callable[..., Pipeline]) -> Callable[[str], Pipeline]:
    """Read the configuration under a heading."""

    def configure(heading: str) -> Pipeline:
        (text,) = (block.text for block in page(PAGE) if (block.heading, block.language) == (heading, "toml"))
        return toml(text)

    return configure


@pytest.mark.parametrize("name", ["Order Refunded", "Order Cancelled"])
def test_refunds_are_off_by_default(name: str, toml: Callable[..., Pipeline]) -> None:
    """Nothing at Meta takes a purchase back; another purchase would add one."""
    assert sent(toml(""), name, PROPERTIES) == []


@pytest.mark.parametrize(
    ("name", "sent_as", "more"),
    [
        ("Order Refunded", "OrderRefunded", {"contents": [{"id": "a"}]}),
        ("Order Cancelled", "OrderCancelled", {}),
    ],
)
def test_a_refund_is_a_custom_event(
    name: str, sent_as: str, more: dict[str, Any], configured: Callable[[str], Pipeline]
) -> None:
    """Under a name of its own, with what went back as a positive value."""
    (item,) = sent(configured("A custom event for refunds"), name, PROPERTIES)

    assert (item["event_name"], item["action_source"]) == (sent_as, "other")
    assert item["custom_data"] == {"order_id": "o-1", "value": 12.5, "currency": "EUR", **more}


def test_profit_goes_with_the_purchase(configured: Callable[[str], Pipeline]) -> None:
    """In its currency."""
    order = {"revenue": 20, "currency": "EUR", "margin_after_returns": "4.50"}
    (item,) = sent(configured("Profit instead"), "Order Completed", order)

    assert item["custom_data"] == {"currency": "EUR", "value": 20, "net_revenue": 4.5}
