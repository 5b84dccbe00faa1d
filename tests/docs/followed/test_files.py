"""The pages about CSV and about webhooks, to the letter."""

import io
import json
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from time import time
from typing import Any
from zoneinfo import ZoneInfo

from capi_actions import Plugins
from capi_actions.config import read_config
from capi_actions.inputs import CsvInput, read_events

CSV = "docs/how-to/csv.md"
WEBHOOKS = "docs/how-to/shopify-stripe.md"


def test_offline_orders_arrive_as_the_page_says(page: Callable[[str], list[Any]], reader: Any) -> None:
    """Two orders, one of two rows; the second run leaves both out."""
    blocks = page(CSV)
    reader.follow(blocks)
    with urllib.request.urlopen(f"http://127.0.0.1:{reader.ports['8080']}/_sandbox/events") as answer:
        sofa, lamp = (event["event"] for event in json.load(answer)["events"])

    assert {"physical_store"} == {event["action_source"] for event in (sofa, lamp)}
    assert sofa["custom_data"] == {
        "currency": "EUR",
        "value": 1225.5,
        "order_id": "K-1001",
        "contents": [
            {"id": "sofa", "quantity": 1, "item_price": 1200},
            {"id": "cushion", "quantity": 2, "item_price": 12.75},
        ],
        "content_ids": ["sofa", "cushion"],
        "content_type": "product",
    }
    assert {"em", "ph", "zp"} == set(sofa["user_data"])
    summary = json.loads(reader.out)["summary"]
    assert (summary["stored"], summary["already_sent"]) == (0, 2)


def test_what_a_column_can_t_do_a_mapping_does(page: Callable[[str], list[Any]], toml: Any) -> None:
    """Two columns make the time, cents the amount."""
    (text,) = (block.text for block in page(CSV) if "[inputs.till]" in block.text)
    options = read_config(text, Plugins.installed(), need_secrets=False).inputs["till"]
    day = datetime.now(ZoneInfo("Europe/Berlin")) - timedelta(days=1)
    rows = f"No,Day,Time,Cents,Customer,Currency\n7,{day:%Y-%m-%d},14:05,1250,ADA@example.com,EUR\n"
    ((_, _, event),) = read_events([io.BytesIO(rows.encode())], CsvInput(options), print)
    (item,) = toml(text).process(event, time())
    body = json.loads(item.body)

    assert int(day.replace(hour=14, minute=5, second=0).timestamp()) == body["event_time"]
    assert {"value": 12.5, "currency": "EUR", "order_id": "7"} == body["custom_data"]
    assert {"em", "external_id"} == body["user_data"].keys()


def test_a_webhook_becomes_what_the_page_shows(page: Callable[[str], list[Any]], reader: Any) -> None:
    """Yen as yen."""
    reader.follow(page(WEBHOOKS))


def test_the_plugins_readme(page: Callable[[str], list[Any]]) -> None:
    """It has no snippets yet; one that comes must be run."""
    assert page("plugins/webhooks/README.md") == []
