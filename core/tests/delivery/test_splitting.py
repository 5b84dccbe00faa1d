"""A batch refused for an event's sake: the bad ones are found, the good ones arrive in the same run."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions.delivery import Summary
from capi_actions.delivery.chunks import Chunk, split
from capi_actions.model import Claimed
from support.length import examples

MakeWorld = Callable[..., Any]


def refusing(
    bad: set[str], index: Callable[[list[str]], object] = lambda ids: None
) -> Callable[[list[str]], Any]:
    """Refuse every request that holds a bad item, perhaps with its position."""

    def behave(ids: list[str]) -> dict[str, Any] | None:
        if bad.isdisjoint(ids):
            return None
        return {"verdict": "split", "code": 100, "reason": "One is bad.", "index": index(ids)}

    return behave


def first_bad(bad: set[str]) -> Callable[[list[str]], int]:
    """Return a function for the position of the first bad item."""
    return lambda ids: next(at for at, name in enumerate(ids) if name in bad)


def most_requests(items: int, bad: int) -> int:
    """Return the bound on requests: two for each chunk that is split, at most ``bad`` a level."""
    levels = math.ceil(math.log2(items)) if items > 1 else 0
    return 1 + 2 * sum(min(int(2**level), bad) for level in range(levels))


batches = st.integers(1, 70).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), max_size=size))
)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches)
def test_any_bad_items_are_found(make_world: MakeWorld, batch: tuple[int, set[int]]) -> None:
    """All good ones are delivered once, all bad ones are dead, and requests stay within the bound."""
    size, positions = batch
    bad = {str(position) for position in positions}
    world = make_world(refusing(bad))
    world.put(*(str(position) for position in range(size)))

    summary = world.deliverer().drain()

    assert dict(world.platform.arrived) == {str(p): 1 for p in range(size) if p not in positions}
    assert world.dead() == dict.fromkeys(bad, "One is bad.")
    assert world.left() == 0
    assert (summary.delivered, summary.buried) == (size - len(bad), len(bad))
    assert len(world.platform.requests) <= most_requests(size, len(bad))


@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches)
def test_a_position_in_the_answer_is_used(make_world: MakeWorld, batch: tuple[int, set[int]]) -> None:
    """Then each bad item costs two requests: itself, and the others without it."""
    size, positions = batch
    bad = {str(position) for position in positions}
    world = make_world(refusing(bad, first_bad(bad)))
    world.put(*(str(position) for position in range(size)))

    world.deliverer().drain()

    assert dict(world.platform.arrived) == {str(p): 1 for p in range(size) if p not in positions}
    assert set(world.dead()) == bad
    assert len(world.platform.requests) <= 1 + 2 * len(bad)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches, st.one_of(st.integers(-5, 80), st.just(True), st.just("1"), st.just(1.0), st.just([0])))
def test_a_wrong_position_does_no_harm(
    make_world: MakeWorld, batch: tuple[int, set[int]], index: object
) -> None:
    """Nonsense is ignored, and a position that names a good item only costs requests."""
    size, positions = batch
    bad = {str(position) for position in positions}
    world = make_world(refusing(bad, lambda ids: index))
    world.put(*(str(position) for position in range(size)))

    world.deliverer().drain()

    assert dict(world.platform.arrived) == {str(p): 1 for p in range(size) if p not in positions}
    assert set(world.dead()) == bad
    assert world.left() == 0


@pytest.mark.parametrize("position", [0, 1, 499, 500, 700, 998, 999])
def test_one_bad_among_a_thousand_costs_twenty_more_requests_at_most(
    make_world: MakeWorld, position: int
) -> None:
    """2·log₂ 1000 is 19.9."""
    world = make_world(refusing({str(position)}))
    world.put(*(str(number) for number in range(1000)))

    summary = world.deliverer().drain()

    assert summary.delivered == 999
    assert summary.requests <= 1 + 20


def test_ten_bad_among_a_thousand_stay_bounded(make_world: MakeWorld) -> None:
    """Spread evenly, the worst case: 1 + 2·(1 + 2 + 4 + 8 + 10·6)."""
    bad = {str(number) for number in range(50, 1000, 100)}
    world = make_world(refusing(bad))
    world.put(*(str(number) for number in range(1000)))

    summary = world.deliverer().drain()

    assert (summary.delivered, summary.buried) == (990, 10)
    assert summary.requests <= most_requests(1000, 10) == 151


def test_all_bad_costs_less_than_two_requests_each(make_world: MakeWorld) -> None:
    """A wrong mapping makes every item bad; each still gets its own reason."""
    names = [str(number) for number in range(100)]
    world = make_world(refusing(set(names)))
    world.put(*names)

    assert world.deliverer().drain() == Summary(buried=100, requests=199)


def test_a_lone_bad_item_is_dead(make_world: MakeWorld) -> None:
    """There is nothing left to split; tries and codes are those of its own requests."""
    world = make_world(refusing({"a"}))
    world.put("a")

    world.deliverer().drain()

    (letter,) = world.outbox.dead()
    assert (letter.code, letter.reason, letter.tries) == (100, "One is bad.", 1)


def test_tries_count_every_request_that_an_item_was_part_of(make_world: MakeWorld) -> None:
    """Of four items the last is bad: together, with its neighbour left out untested, and alone."""
    world = make_world(refusing({"d"}))
    world.put(*"abcd")

    world.deliverer().drain()

    assert world.platform.requests == [list("abcd"), list("ab"), ["c"], ["d"]]
    assert [letter.tries for letter in world.outbox.dead()] == [2]


def test_a_dead_verdict_concerns_the_whole_request(make_world: MakeWorld) -> None:
    """The destination knows that none of them can ever pass."""
    world = make_world(lambda ids: {"verdict": "dead", "reason": "Gone for good."})
    world.put("a", "b")

    assert world.deliverer().drain() == Summary(buried=2, requests=1)
    assert world.dead() == {"a": "Gone for good.", "b": "Gone for good."}


def test_an_outage_in_the_middle_keeps_everything_that_is_left(make_world: MakeWorld) -> None:
    """What was found out stays so; all other items are tried again later."""
    bad = refusing({"d"})
    world = make_world()
    world.platform.behave = lambda ids: (
        {"verdict": "later"} if len(world.platform.requests) == 3 else bad(ids)
    )
    world.put(*"abcdefgh")

    summary = world.deliverer().drain()
    assert (summary.delivered, summary.released) == (0, 8)
    world.clock.now += 10
    world.deliverer().drain()

    assert sorted(world.platform.arrived) == list("abcefgh")
    assert list(world.dead()) == ["d"]


@given(st.integers(2, 1000), st.one_of(st.none(), st.integers(-3, 1003), st.floats(), st.booleans()))
def test_splitting_loses_and_doubles_nothing(size: int, index: object) -> None:
    """Two chunks, neither of them empty, with their order kept."""
    items = [Claimed(number, 0, 0, "e", 0, b"") for number in range(size)]

    first, last = split(Chunk(items, tries=3), index)

    assert sorted([*first.ids, *last.ids]) == list(range(size))
    assert first.ids
    assert last.ids == sorted(last.ids)
    assert first.sibling is last
    assert (first.tries, last.tries) == (3, 3)
