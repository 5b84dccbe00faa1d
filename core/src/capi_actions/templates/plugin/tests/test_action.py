"""The action's own answers."""

from typing import Any

import pytest
from capi_actions import EventError, Plugins, builtin
from capi_actions.testing import build_item

import capi_actions_acme.plugin

EVENT = {"type": "track", "event": "Signed Up", "messageId": "m-1", "timestamp": "2026-11-30T12:00:00Z"}
PLUGINS = Plugins(builtin, capi_actions_acme.plugin)


def test_an_event_becomes_an_item() -> None:
    """With the time in Unix seconds, and without what the event doesn't have."""
    item = build_item(PLUGINS, "acme.ping", EVENT)

    assert item == {"id": "m-1", "name": "Signed Up", "at": 1796040000}


@pytest.mark.parametrize("missing", ["event", "timestamp"])
def test_an_event_without_what_is_required_is_refused(missing: str) -> None:
    """It is reported, and others are not affected."""
    event: dict[str, Any] = {key: value for key, value in EVENT.items() if key != missing}

    with pytest.raises(EventError):
        build_item(PLUGINS, "acme.ping", event)
