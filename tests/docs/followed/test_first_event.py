"""The tutorial about the first event, to the letter."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

PAGE = "docs/tutorial/first-event.md"


def test_a_newcomer_sends_a_first_event(page: Callable[[str], list[Any]], reader: Any) -> None:
    """Both events are at the address that the page names, the first exactly as previewed."""
    blocks = page(PAGE)
    reader.follow(blocks)

    address = f"http://127.0.0.1:{reader.ports['8080']}/_sandbox/events"
    with urllib.request.urlopen(address) as answer:
        first, second = (record["event"] for record in json.load(answer)["events"])
    (shown,) = (json.loads(block.text)["item"] for block in blocks if block.language == "json")
    assert first | {"event_time": 0} == shown | {"event_time": 0}
    assert (second["event_name"], second["event_id"]) == ("PageView", "m-2")
