"""The outbox's own answers."""

import pytest
from capi_actions import Item, OutboxError

from capi_actions_acme.outbox import MemoryOutbox


def make_item(number: int, deadline: int = 2_000) -> Item:
    """Return an item of the destination ``shop``."""
    return Item(
        destination="shop",
        action="shop.ping",
        group="",
        message_id=f"event-{number}",
        event_id=f"event-{number}",
        event_time=1_000,
        deadline=deadline,
        body=b"{}",
    )


def test_what_was_put_is_claimed_and_acknowledged() -> None:
    """The nearest deadline comes first."""
    with MemoryOutbox() as outbox:
        outbox.put([make_item(1), make_item(2, deadline=1_500)])
        claim = outbox.claim("shop", 10, 1_000, 60.0, 1_000.0)

        assert claim is not None
        assert [item.event_id for item in claim.items] == ["event-2", "event-1"]
        outbox.acknowledge(claim.lease, [item.id for item in claim.items])
        assert outbox.destinations() == []


def test_a_closed_outbox_takes_nothing() -> None:
    """Rather than to lose it."""
    outbox = MemoryOutbox()
    outbox.close()

    with pytest.raises(OutboxError):
        outbox.put([make_item(1)])
