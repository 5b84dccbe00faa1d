"""The client in a program: threads, event loops, forks, and what it raises, to the letter."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions import Client, OutboxError

PAGE = "docs/how-to/python.md"


def test_every_program_of_the_page_sends(page: Callable[[str], list[Any]], reader: Any) -> None:
    """All that was accepted arrives: from threads, from tasks, from forked workers."""
    blocks = page(PAGE)
    reader.follow(blocks)

    assert "DEBUG:capi_actions.delivery:shop: 1 item delivered." in reader.err
    address = f"http://127.0.0.1:{reader.ports['8080']}/_sandbox/events?limit=1000"
    with urllib.request.urlopen(address) as answer:
        ids = Counter(record["event"]["event_id"].partition("-")[0] for record in json.load(answer)["events"])
    assert ids == {"thread": 100, "async": 100, "fork": 3, "status": 1, "logged": 1}


def test_a_client_of_another_process_says_what_the_page_quotes(config: Any, root: Any) -> None:
    """The sentence stands on the page, so that it can be searched for."""
    client = Client.from_config(config, deliver=False)
    client._process += 1
    with pytest.raises(OutboxError) as caught:
        client.send({})
    client._process -= 1
    client.close()

    text = " ".join((root / PAGE).read_text(encoding="utf-8").split())
    assert f"OutboxError: {caught.value}" in text
