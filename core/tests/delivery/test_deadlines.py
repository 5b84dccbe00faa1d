"""Nothing is tried for ever, nothing is re-dated, and what expires first goes first."""

from collections.abc import Callable
from typing import Any

from capi_actions.delivery import Summary
from capi_actions.errors import TransportError

MakeWorld = Callable[..., Any]
NOW = 1_800_000_000.0


def test_expired_items_are_buried_without_a_request(world: Any) -> None:
    """With a sentence; the deadline itself is still in time."""
    world.put("late", after=-1)
    world.put("just", after=0)
    world.put("early", after=100)

    assert world.deliverer().drain() == Summary(delivered=2, buried=1, requests=1)

    (letter,) = world.outbox.dead()
    assert letter.item.event_id == "late"
    assert letter.reason == "The event is too old: its deadline passed before the platform could take it."
    assert letter.advice
    assert (letter.code, letter.tries) == (None, 0)
    assert world.recorder.outcomes == [("dead", 1), ("done", 2)]


def test_only_expired_items_need_no_request_at_all(world: Any) -> None:
    """A long outage, and everything is too late."""
    world.put(*"abc", after=-1)

    assert world.deliverer().drain() == Summary(buried=3)


def test_after_an_outage_the_nearest_deadline_goes_first(
    make_world: MakeWorld, make_account: Callable[..., Any]
) -> None:
    """What has most of its time left can wait longest."""
    world = make_world(accounts={"shop": make_account(max_items=2)})
    for name, after in (("c", 300), ("a", 100), ("d", 400), ("b", 200)):
        world.put(name, after=after)

    world.deliverer().drain()

    assert world.platform.requests == [["a", "b"], ["c", "d"]]


def test_what_never_gets_through_is_buried_when_its_time_is_over(
    make_world: MakeWorld, outage: TransportError
) -> None:
    """Every item ends delivered or as a dead letter that says how often it was tried."""
    world = make_world(lambda ids: outage)
    world.put("a", after=1_000)

    world.deliverer().drain(NOW + 2_000)

    (letter,) = world.outbox.dead()
    assert letter.tries == len(world.platform.requests)
    assert letter.tries > 5
    assert world.clock.now < NOW + 1_400
    assert letter.buried_at > NOW + 1_000


def test_items_of_a_paused_destination_are_kept_until_they_expire(make_world: MakeWorld) -> None:
    """A person may still save them; after that, waiting is pretence."""
    world = make_world(lambda ids: {"verdict": "pause", "code": 190, "reason": "The token has expired."})
    world.put("a", after=100)
    world.deliverer().drain()

    world.clock.now += 100
    assert world.deliverer().drain() == Summary()
    assert world.left() == 1
    world.clock.now += 1
    assert world.deliverer().drain() == Summary(buried=1)
