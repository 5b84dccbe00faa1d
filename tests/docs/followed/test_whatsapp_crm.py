"""The page on messages and leads: what its configurations make of events."""

import io
from collections.abc import Callable
from time import time
from typing import Any

import orjson
import pytest

from capi_actions import Item, Plugins
from capi_actions.config import read_config
from capi_actions.inputs import CsvInput, read_events
from capi_actions.pipeline import Pipeline, Refusal
from capi_actions_facebook.facts import CHANNEL_KEYS, LEAD_ID_DIGITS, MESSAGING_EVENT_NAMES

PAGE = "docs/how-to/whatsapp-crm.md"
ACCOUNT = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "sesame"\n'


@pytest.fixture
def configured(page: Callable[[str], list[Any]], toml: Callable[..., Pipeline]) -> Callable[[str], Pipeline]:
    """Read the configuration under a heading."""

    def configure(heading: str) -> Pipeline:
        text = next(
            block.text for block in page(PAGE) if (block.heading, block.language) == (heading, "toml")
        )
        return toml(text)

    return configure


def outcome(pipeline: Pipeline, **event: Any) -> Any:
    """Return what becomes of an event, decoded if it is an item."""
    full = {"type": "track", "messageId": "m-1", "timestamp": time(), "userId": "u-1", **event}
    (made,) = pipeline.process(full, time())
    return orjson.loads(made.body) if isinstance(made, Item) else made


def test_the_page_can_be_followed(page: Callable[[str], list[Any]], reader: Any) -> None:
    """No configuration has errors or warnings."""
    reader.follow(page(PAGE))


@pytest.mark.parametrize(
    ("name", "sent"), [("Chat Lead Qualified", "QualifiedLead"), ("Order Completed", "Purchase")]
)
def test_messages_of_whatsapp(configured: Callable[[str], Pipeline], name: str, sent: str) -> None:
    """With the click; without it they are refused."""
    properties = {"channel": "whatsapp", "currency": "EUR", "revenue": 5}
    item = outcome(configured("WhatsApp"), event=name, properties={**properties, "ctwa_clid": "ARAkLkA8"})
    refusal = outcome(configured("WhatsApp"), event=name, properties=properties)

    assert (sent, "business_messaging", "whatsapp") == (
        item["event_name"],
        item["action_source"],
        item["messaging_channel"],
    )
    assert {"ctwa_clid": "ARAkLkA8", "whatsapp_business_account_id": "1020304050"}.items() <= item[
        "user_data"
    ].items()
    assert isinstance(refusal, Refusal)
    assert [2804071] == [problem.code for problem in refusal.error.problems]


def test_the_tables_are_those_of_the_facts(root: Any) -> None:
    """Every channel with its keys, and every name."""
    text = (root / PAGE).read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}

    assert CHANNEL_KEYS.keys() == rows.keys() - {"messaging_channel"}
    for channel, groups in CHANNEL_KEYS.items():
        assert all(f"`{key}`" in rows[channel] for keys, _ in groups for key in keys)
    assert all(f"`{name}`" in text for name in MESSAGING_EVENT_NAMES)
    assert "{} to {} digits".format(*LEAD_ID_DIGITS) in text


def test_stages_of_leads(configured: Callable[[str], Pipeline]) -> None:
    """Under the CRM's own names, with all digits of the lead's id."""
    properties = {"stage": "Sales Opportunity", "lead_id": "12345678901234567"}
    stage = outcome(
        configured("Stages of leads from a CRM"), event="Lead Stage Changed", properties=properties
    )

    assert ("Sales Opportunity", "system_generated") == (stage["event_name"], stage["action_source"])
    assert 12345678901234567 == stage["user_data"]["lead_id"]
    assert {"event_source": "crm", "lead_event_source": "HubSpot"}.items() <= stage["custom_data"].items()


def test_an_export_of_a_crm(page: Callable[[str], list[Any]], configured: Callable[[str], Pipeline]) -> None:
    """Read by the page's table, sent by its mapping; an id that the spreadsheet rounded is refused."""
    text = [block.text for block in page(PAGE) if block.language == "toml"][-1]
    options = read_config(ACCOUNT + text, Plugins.installed(), need_secrets=False).inputs["stages"]
    rows = (
        "Lead ID,Stage,Changed,Record\n"
        "12345678901234567,Won,2026-11-29 10:00,r-1\n"
        "1.23457E+16,Won,2026-11-29 10:00,r-2\n"
    )
    first, second = (
        record.event for record in read_events([io.BytesIO(rows.encode())], CsvInput(options), print)
    )
    assert isinstance(first, dict)
    stage = outcome(configured("Stages of leads from a CRM"), **{**first, "timestamp": time()})

    assert (12345678901234567, "Won", "r-1") == (
        stage["user_data"]["lead_id"],
        stage["event_name"],
        stage["event_id"],
    )
    assert "holds a number with an exponent" in str(second)
