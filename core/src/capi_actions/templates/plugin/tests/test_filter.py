"""The filter's own answers."""

import pytest
from capi_actions import Held, Json

from capi_actions_acme.filter import hold_back_monitors


def test_events_of_monitors_are_held_back() -> None:
    """With a reason that is the same for all of them."""
    event = {"type": "page", "context": {"userAgent": "uptime-check/1.0"}}

    assert hold_back_monitors(event) == Held("a monitor sent it")


@pytest.mark.parametrize("context", [{"userAgent": "Mozilla/5.0"}, {"userAgent": 5}, {}, None, "odd"])
def test_all_others_go_on(context: Json) -> None:
    """Whatever a sender puts there."""
    event = {"type": "page", "context": context}

    assert hold_back_monitors(event) == event
