"""Leases and retention: what a run leaves to others, and what it clears away."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import OutboxError

MakeWorld = Callable[..., Any]


def test_a_lost_lease_stops_a_batch(make_world: MakeWorld) -> None:
    """This process slept for long: others have the items now, so it sends no more of them."""
    world = make_world()

    def behave(ids: list[str]) -> dict[str, Any] | None:
        if len(world.platform.requests) == 1:
            world.clock.now += 1_000  # the machine was suspended
            other = world.outbox.claim("shop", 100, 10**6, 60, world.clock.now)
            assert other is not None
            assert len(other.items) == 4
        return {"verdict": "split"}

    world.platform.behave = behave
    world.put(*"abcd")

    assert world.deliverer().drain().requests == 1
    assert world.outbox.stats()["shop"].leased == 4


def test_splitting_for_long_keeps_the_lease(make_world: MakeWorld) -> None:
    """Each request takes half a minute: nobody else gets the items meanwhile."""
    world = make_world()
    others: list[Any] = []

    def behave(ids: list[str]) -> dict[str, Any] | None:
        world.clock.now += 29
        others.append(world.outbox.claim("shop", 100, 10**6, 60, world.clock.now))
        return {"verdict": "split"} if "a" in ids else None

    world.platform.behave = behave
    world.put(*(f"{number}" for number in range(63)), "a")

    summary = world.deliverer().drain()

    assert others == [None] * summary.requests
    assert (summary.delivered, summary.buried) == (63, 1)


def test_dead_letters_are_purged_after_their_time(make_world: MakeWorld) -> None:
    """At the start of a run, and every hour while serving."""
    world = make_world(lambda ids: {"verdict": "dead", "reason": "No."})
    world.put("a")
    world.deliverer(keep_dead_letters=1_000).drain()
    world.clock.now += 999
    world.deliverer(keep_dead_letters=1_000).drain()
    assert list(world.dead()) == ["a"]
    world.clock.now += 2
    world.deliverer().drain()
    assert list(world.dead()) == ["a"]
    world.deliverer(keep_dead_letters=1_000).drain()
    assert world.dead() == {}


def test_a_failing_outbox_ends_a_drain(make_world: MakeWorld) -> None:
    """The caller learns why; nothing was lost."""
    world = make_world()
    world.put("a")
    world.outbox._database._connection.execute("DROP TABLE lease")

    with pytest.raises(OutboxError):
        world.deliverer().drain()
