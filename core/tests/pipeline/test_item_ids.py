"""An item's ids: that of the event as it came, and the one by which the platform drops duplicates."""

from typing import Any

import pytest

from capi_actions import Item, Plugins
from capi_actions.codec import content_id, message_id
from capi_actions.config import read_config
from capi_actions.pipeline import Pipeline

CONFIG = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'
NOW = 1_000_000


@pytest.mark.parametrize("raw_id", ["m-1", "ö", "\ud800x", "", " ", 7, 7.5, None, [], {}])
def test_both_ids_are_text_that_can_be_stored(raw_id: Any, plugins: Plugins) -> None:
    """Mostly they are one text, which isn't looked at twice."""
    pipeline = Pipeline.build(read_config(CONFIG, plugins), plugins)
    event = {"type": "track", "event": "Ping", "timestamp": NOW, "messageId": raw_id}
    outcomes = [item for item in pipeline.process(event, NOW) if isinstance(item, Item)]

    for item in outcomes:
        assert message_id(event) == item.message_id
        assert (message_id(event) or content_id(event)) == item.event_id
        assert item.event_id.encode()
    assert outcomes or isinstance(raw_id, list | dict)
