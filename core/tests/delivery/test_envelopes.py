"""What a destination gets to make a request of: every item with its id and time, and the clock's now."""

from typing import Any

from capi_actions.model import Batch, Request


def test_the_envelope_gets_ids_times_and_the_present(world: Any) -> None:
    """A signature needs the present, and a receiver that drops repeats needs the ids."""
    account, batches = world.accounts["shop"], []
    envelope = account.envelope

    def watched(batch: Batch) -> Request:
        batches.append(batch)
        return envelope(batch)  # type: ignore[no-any-return]

    account.envelope = watched
    world.put("a", "b", group="T1")
    waiting = list(world.outbox.claim("shop", 2, 1_000, 1, world.clock()).items)
    world.clock.now += 2

    world.deliverer().drain()

    (batch,) = batches
    assert batch == Batch(group="T1", items=waiting, now=world.clock())
    assert ["a", "b"] == [item.event_id for item in batch.items]
    assert all(type(item.event_time) is int for item in batch.items)
    assert "items=<2 items>" in repr(batch)
