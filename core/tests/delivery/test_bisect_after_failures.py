"""An event that makes the platform fail, rather than refuse it, must not hold up the others."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.delivery import Summary
from capi_actions.errors import TransportError

MakeWorld = Callable[..., Any]
NOW = 1_800_000_000.0
WEEK = 7 * 86_400


def failing_on(item: str) -> Callable[[list[str]], Any]:
    """Answer every request that holds this item with an error that seems to pass."""
    return lambda ids: {"verdict": "later", "code": 1, "reason": "Unknown error."} if item in ids else None


def test_a_batch_that_fails_while_others_succeed_is_bisected(make_world: MakeWorld) -> None:
    """Its good items arrive after a few tries; the item at fault waits alone, and isn't buried."""
    world = make_world(failing_on("bad"))
    world.put(*(str(number) for number in range(50)), "bad", after=WEEK)
    deliverer = world.deliverer()

    for _ in range(20):  # others pass all the time
        deliverer.drain(world.clock.now + 10)
        world.put("fresh", after=2 * WEEK)
        world.clock.now += 10

    assert {str(number) for number in range(50)} <= set(world.platform.arrived)
    assert world.dead() == {}
    assert world.left() >= 1


def test_it_is_buried_when_its_deadline_passes(make_world: MakeWorld) -> None:
    """Nothing bad is tried for ever, nor is it tried every second until then."""
    world = make_world(failing_on("bad"))
    world.put(*"abc", "bad", after=20_000)

    world.deliverer().drain(NOW + 30_000)

    assert sorted(world.platform.arrived) == list("abc")
    assert list(world.dead()) == ["bad"]
    assert len(world.platform.requests) < 150


@pytest.mark.parametrize("position", [0, 1, 500, 999])
def test_finding_it_costs_no_more_than_finding_a_bad_one(make_world: MakeWorld, position: int) -> None:
    """Once the bisection has begun, 2·log₂ n further requests at most, and the others arrive in the same run."""
    world = make_world(failing_on(str(position)))
    world.put(*(str(number) for number in range(1000)))
    deliverer = world.deliverer(bisect_after_failures=1)

    summaries = []
    for _ in range(2):
        summaries.append(deliverer.drain())
        world.clock.now += 60

    assert summaries[0] == Summary(released=1000, requests=1, last_errors={"shop": "Unknown error."})
    assert (summaries[1].delivered, summaries[1].released) == (999, 1)
    assert summaries[1].requests <= 21


def test_items_that_are_put_later_are_not_held_up(make_world: MakeWorld) -> None:
    """Each time it is due again, while others succeed, it is isolated at once."""
    world = make_world(failing_on("bad"))
    deliverer = world.deliverer(bisect_after_failures=1)
    world.put("bad", *"abc")
    for _ in range(2):
        deliverer.drain()
        world.clock.now += 100

    for fresh in ("defg", "hijk", "lmno", "pqrs"):
        world.put(*fresh)
        assert deliverer.drain().delivered == 4
        world.clock.now += 1_000


def test_an_outage_ends_a_bisection(make_world: MakeWorld) -> None:
    """When neither half passes, no single item is to blame: the search costs two requests."""
    world = make_world(lambda ids: {"verdict": "later"})
    world.put(*(str(number) for number in range(1000)))
    deliverer = world.deliverer(bisect_after_failures=1)
    deliverer.drain()
    world.clock.now += 60

    assert deliverer.drain() == Summary(released=1000, requests=3)
    assert [len(ids) for ids in world.platform.requests] == [1000, 1000, 500, 500]


def test_a_broken_line_is_not_blamed_on_an_event(make_world: MakeWorld, outage: TransportError) -> None:
    """Without an answer there is no reason to think that an event is at fault."""
    world = make_world()
    world.platform.behave = lambda ids: outage if world.clock.now < NOW + 600 else None
    world.put(*"abcdefgh")

    world.deliverer().drain(NOW + 1_200)

    assert dict(world.platform.arrived) == dict.fromkeys("abcdefgh", 1)
    first_small = next(at for at, ids in enumerate(world.platform.requests) if len(ids) < 8)
    assert first_small >= 4
