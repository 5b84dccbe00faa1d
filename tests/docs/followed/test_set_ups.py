"""The three set-ups: what the page says of browser and server is so."""

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from time import time
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from py_mini_racer import MiniRacer

from capi_actions import Item, JsonObject
from capi_actions.pipeline.pipeline import Pipeline, Refusal

PAGE = "docs/how-to/set-ups.md"


@pytest.fixture
def pipeline(toml: Callable[[str], Pipeline]) -> Pipeline:
    """Every action with a prebuilt trigger."""
    return toml("")


def made(pipeline: Pipeline, **event: Any) -> JsonObject:
    """Make the one item of an event."""
    (outcome,) = pipeline.process({"timestamp": time(), **event}, time())
    assert isinstance(outcome, Item), outcome
    item: JsonObject = orjson.loads(outcome.body)
    return item


def test_browser_and_server_send_the_same_ids(page: Callable[[str], list[Any]], pipeline: Pipeline) -> None:
    """The page's own calls of the pixel, beside our item of the same event."""
    order = {"currency": "usd", "revenue": 25.5}
    event = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "userId": "User 42",
        "properties": order,
    }
    with MiniRacer() as browser:
        browser.eval("const calls = [], fbq = (...given) => calls.push(given)")
        browser.eval("const messageId = 'm-1', userId = 'User 42', anonymousId = 'a-1'")
        for block in page(PAGE):
            if block.language == "js":
                browser.eval(block.text)
        track, start = json.loads(str(browser.eval("JSON.stringify(calls)")))
    item = made(pipeline, **event)

    assert track[1] == item["event_name"]
    assert track[3] == {"eventID": item["event_id"]}
    assert track[2] == {key: item["custom_data"][key] for key in ("value", "currency")}
    assert start[2] == {"external_id": event["userId"]}
    assert item["user_data"]["external_id"] == [sha256(b"user42").hexdigest()]


def test_what_only_the_browser_knows_has_its_place(root: Any, pipeline: Pipeline) -> None:
    """Each row of the page's table: put in where it says, it comes out where it says."""
    rows = [
        [cell.strip() for cell in line.split("|")[2:4]]
        for line in (root / PAGE).read_text(encoding="utf-8").splitlines()
        if "| `user_data." in line or "| `event_source_url`" in line
    ]
    values = {"fbc": f"fb.1.{int(time())}000.AbCd", "fbp": "fb.1.1714566000000.1098115397"}

    for places, field in rows:
        for place in places.replace("`", "").split(" or "):
            parent, *middle, name = place.split(".")
            value = values.get(name, "https://a.example/" if name == "url" else "203.0.113.42")
            inner: Any = {name: value}
            for key in middle:
                inner = {key: inner}
            item: Any = made(pipeline, type="page", anonymousId="a-1", **{parent: inner})
            for key in field.strip("`").split("."):
                item = item[key]
            assert item == value, place
    assert len(rows) == 5


def test_a_click_id_is_derived_from_the_page(pipeline: Pipeline) -> None:
    """When the cookie was not passed on."""
    page = {"page": {"url": "https://shop.example/?fbclid=IwAR0AbC-_x"}}

    assert made(pipeline, type="page", userId="u", context=page)["user_data"]["fbc"].endswith(".IwAR0AbC-_x")


def test_a_time_without_a_zone_is_in_the_setting_s(
    page: Callable[[str], list[Any]], toml: Callable[[str], Pipeline], caplog: pytest.LogCaptureFixture
) -> None:
    """As the page sets it, with the refusal that it quotes for those who don't, and no warning with it."""
    text, _ = (block.text for block in page(PAGE) if block.language == "toml")
    now = time()
    local = datetime.fromtimestamp(now, ZoneInfo("Europe/Berlin")).replace(microsecond=0)
    event = {"type": "page", "userId": "u", "timestamp": local.isoformat()[:19]}

    (item,) = toml(text).process(event, now)
    assert isinstance(item, Item)
    assert item.event_time == int(now)
    assert caplog.records == []
    (refusal,) = toml("").process(event, now)
    assert isinstance(refusal, Refusal)
    assert "had lost its zone" in refusal.error.message


def test_only_what_is_listed_is_sent(
    page: Callable[[str], list[Any]], toml: Callable[[str], Pipeline]
) -> None:
    """Some and some: the browser sends the page, the server the renewal."""
    _, text = (block.text for block in page(PAGE) if block.language == "toml")
    some = toml(text)
    renewal = {"type": "track", "event": "Subscription Renewed", "userId": "u", "timestamp": time()}

    (item,) = some.process(renewal, time())
    assert isinstance(item, Item)
    assert orjson.loads(item.body)["action_source"] == "system_generated"
    assert some.process({"type": "page", "userId": "u", "timestamp": time()}, time()) == []


def test_who_could_be_anybody_is_refused_before_sending(pipeline: Pipeline) -> None:
    """With Meta's number."""
    event = {"type": "page", "timestamp": time(), "context": {"userAgent": "x", "traits": {"gender": "f"}}}
    (outcome,) = pipeline.process(event, time())

    assert isinstance(outcome, Refusal)
    assert "user_data fits too many people" in outcome.error.message
    assert [problem.code for problem in outcome.error.problems] == [2804050]


def test_all_that_is_said_to_have_a_prebuilt_mapping_has_one(pipeline: Pipeline) -> None:
    """From context.traits."""
    address = {"city": "Paris", "state": "CA", "postalCode": "94107", "country": "US"}
    traits = {
        "email": "a@b.example",
        "phone": "+14155550132",
        "firstName": "A",
        "lastName": "B",
        "address": address,
    }

    item = made(pipeline, type="page", context={"traits": traits})

    assert sorted(item["user_data"]) == ["country", "ct", "em", "fn", "ln", "ph", "st", "zp"]


def test_a_test_event_code_is_reminded_of(reader: Any) -> None:
    """Capi check reminds you."""
    (reader.folder / "capi.toml").write_text(
        '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\n'
        'access_token = { env = "FACEBOOK_ACCESS_TOKEN" }\ntest_event_code = "TEST1"\n'
    )

    reader.paste("capi check")

    assert "test_event_code" in reader.out
