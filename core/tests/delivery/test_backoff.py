"""What may pass by itself is tried again: later, not too often, with the same bytes."""

import math
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.delivery import Options, Summary
from capi_actions.delivery.backoff import Backoff
from capi_actions.errors import TransportError

MakeWorld = Callable[..., Any]
NOW = 1_800_000_000.0


def test_a_failed_batch_stays_in_the_outbox_for_later(make_world: MakeWorld) -> None:
    """And the run ends, as nothing is due."""
    world = make_world(lambda ids: {"verdict": "later", "code": 2, "reason": "Busy."})
    world.put("a", "b")

    deliverer = world.deliverer()

    assert deliverer.drain() == Summary(released=2, requests=1, last_errors={"shop": "Busy."})
    assert world.left() == 2
    assert world.outbox.next_due("shop", NOW) == NOW + 1


def test_an_error_that_is_over_is_not_in_the_summary(make_world: MakeWorld) -> None:
    """Its reader would look for a problem that no longer exists."""
    requests = count(1)
    world = make_world(lambda ids: {"verdict": "later", "reason": "Busy."} if next(requests) == 1 else None)
    world.put("a")

    assert world.deliverer().drain(NOW + 100).last_errors == {}


def test_waits_double_up_to_a_limit(make_world: MakeWorld) -> None:
    """With the greatest jitter: 1, 2, 4 … seconds, then 300 each time."""
    world = make_world()
    world.platform.behave = lambda ids: {"verdict": "later"} if world.clock.now < NOW + 2_000 else None
    world.put("a")

    world.deliverer().drain(NOW + 5_000)

    times = world.platform.times
    assert [round(after - before) for before, after in pairwise(times)] == [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300,
    ]  # fmt: skip
    assert dict(world.platform.arrived) == {"a": 1}


@given(st.integers(0, 200), st.floats(0, 1))
def test_waits_are_random_within_their_bound(failures: int, draw: float) -> None:
    """Full jitter: any wait from nothing to the bound, so that many senders don't come back at once."""
    backoff = Backoff(Options(initial_wait=1.0, max_wait=300.0), lambda: draw)

    for _ in range(failures):
        backoff.record_failure(1, 0.0, 0.0, None)
    wait = backoff.record_failure(1, 0.0, 0.0, None)

    assert wait == draw * min(300.0, 2.0**failures if failures < 30 else math.inf)
    assert backoff.retry_delay(failures + 1, None) == wait


@pytest.mark.parametrize(
    ("after", "backoff"),
    [(30, 30), (0, 0.5), (-5, 0.5), (1e9, 86_400), (math.inf, 86_400), (math.nan, 0.5), (None, 0.5)],
)
def test_a_wait_that_the_platform_names_is_kept_to(
    make_world: MakeWorld, after: float | None, backoff: float
) -> None:
    """If it is longer than ours, and within reason."""
    world = make_world(lambda ids: {"verdict": "later", "after": after})
    world.put("a", after=1e8)

    world.deliverer(random=lambda: 0.5).drain()

    assert world.outbox.stats()["shop"].backoff_until == NOW + backoff


def test_a_whole_destination_backs_off_after_a_failure(
    make_world: MakeWorld, make_account: Callable[..., Any]
) -> None:
    """A backlog of many batches must not hammer a platform that is down."""
    world = make_world(lambda ids: {"verdict": "later"}, {"shop": make_account(max_items=1)})
    world.put(*"abcdefghij")

    world.deliverer().drain()

    assert len(world.platform.requests) == 1


def test_throttling_is_obeyed(make_world: MakeWorld) -> None:
    """To the second, by every process, and across restarts: the back-off is in the outbox."""
    world = make_world()
    world.platform.behave = lambda ids: (
        {"verdict": "throttled", "after": 120} if world.clock() < NOW + 120 else None
    )
    world.put("a")
    world.deliverer().drain()
    world.put("b")

    world.clock.now += 119
    world.deliverer().drain()
    assert len(world.platform.requests) == 1

    world.deliverer().drain(NOW + 200)
    assert world.platform.times == [NOW, NOW + 120]
    assert sorted(world.platform.requests[1]) == ["a", "b"]


def test_throttling_without_a_time_waits_longer_each_time(make_world: MakeWorld) -> None:
    """Up to a minute at first, then more."""
    world = make_world()
    world.platform.behave = lambda ids: {"verdict": "throttled"} if len(world.platform.requests) < 4 else None
    world.put("a")

    world.deliverer().drain(NOW + 1_000)

    assert [time - NOW for time in world.platform.times] == [0, 60, 180, 420]


def test_after_throttling_requests_keep_a_distance(
    make_world: MakeWorld, make_account: Callable[..., Any]
) -> None:
    """Growing with each throttling, and shrinking with each success until it is gone."""
    throttled = {1, 4}
    world = make_world(accounts={"shop": make_account(max_items=1)})
    world.platform.behave = lambda ids: (
        {"verdict": "throttled", "after": 10} if len(world.platform.requests) in throttled else None
    )
    world.put(*"abcdefghijklm")

    world.deliverer().drain(NOW + 1_000)

    times = world.platform.times
    gaps = [round(after - before, 3) for before, after in pairwise(times)]
    assert gaps == [10, 1, 0.5, 10, 1, 0.5, 0.25, 0.125, 0.062, 0, 0, 0, 0, 0]


def test_a_platform_that_asks_for_time_with_its_answer_gets_it(
    make_world: MakeWorld, make_account: Callable[..., Any]
) -> None:
    """It took the events, and its usage headers ask to slow down before there is a wall."""
    world = make_world(accounts={"shop": make_account(max_items=1)})
    world.platform.behave = lambda ids: world.platform.arrived.update(ids) or {"verdict": "done", "after": 7}
    world.put("a", "b", "c")

    world.deliverer().drain(NOW + 100)

    assert world.platform.times == [NOW, NOW + 7, NOW + 14]


@pytest.mark.parametrize(("after", "slept"), [(2, True), (30, False)])
def test_a_batch_that_is_split_keeps_to_the_back_off_too(
    make_world: MakeWorld, after: float, slept: bool
) -> None:
    """The worker waits out a short back-off; for a long one the items are released."""
    world = make_world()
    world.platform.behave = lambda ids: (
        {"verdict": "split", "after": after} if "a" in ids else {"verdict": "done", "after": after}
    )
    world.put(*"abcd")

    world.deliverer().drain(NOW + 1_000)

    assert list(world.dead()) == ["a"]
    assert world.left() == 0
    times = world.platform.times
    assert all(later - earlier >= after for earlier, later in pairwise(times))
    assert world.platform.requests[1] == ["a", "b"]
    assert (2.0 in world.clock.slept) is slept


def test_every_repeat_has_the_same_bytes(make_world: MakeWorld, outage: TransportError) -> None:
    """And so the same event id: that is how the platform knows a repeat."""
    answers = iter(
        [outage, {"verdict": "later"}, TransportError("broke", sent=True), {"verdict": "split"}] * 3
    )
    world = make_world(lambda ids: next(answers, None))
    world.put("a", "b", "c", text="ü\u2028", number=1.10)

    world.deliverer().drain(NOW + 3_000)

    assert len(world.platform.requests) > 5
    assert all(len(bodies) == 1 for bodies in world.platform.bodies.values())


@pytest.mark.parametrize(("sent", "is_uncertain"), [(True, True), (False, False)])
def test_no_answer_is_no_verdict(make_world: MakeWorld, sent: bool, is_uncertain: bool) -> None:
    """The reason says whether a repeat may reach the platform twice."""
    world = make_world(lambda ids: TransportError("the connection broke", sent))
    world.put("a")

    world.deliverer().drain()

    (report,) = world.recorder.reports
    assert report.judgement.reason.startswith("No answer came: the connection broke.")
    assert ("same event ids" in report.judgement.reason) is is_uncertain
    assert world.left() == 1


def test_requests_get_smaller_while_nothing_works(make_world: MakeWorld, outage: TransportError) -> None:
    """A line too slow for a whole batch still gets a small one through; each success doubles the size again."""
    world = make_world(lambda ids: outage if len(ids) > 10 else None)
    world.put(*(str(number) for number in range(100)))

    world.deliverer().drain(NOW + 3_600)

    sizes = [len(ids) for ids in world.platform.requests]
    assert sizes[:4] == [100, 100, 100, 100]
    assert min(sizes) <= 10
    assert sum(world.platform.arrived.values()) == 100


def test_the_size_of_batches_comes_back() -> None:
    """Halved by each failure after the fourth, doubled by each success, and not by a mere refusal."""
    backoff = Backoff(Options(), lambda: 1.0)
    limits = []
    for _ in range(6):
        backoff.record_failure(backoff.batch_size(1000), 0.0, 0.0, None)
        limits.append(backoff.batch_size(1000))
    for delivered in (False, True, True, True, True):
        backoff.record_answer(None, delivered=delivered)
        limits.append(backoff.batch_size(1000))

    assert limits == [1000, 1000, 1000, 500, 250, 125, 125, 250, 500, 1000, 1000]


def test_several_failures_at_once_count_as_one() -> None:
    """Sixteen threads that run into the same outage must not wait sixteen doublings."""
    backoff = Backoff(Options(), lambda: 1.0)

    times = [(0, 10), (1, 10), (2, 11), (12, 13)]

    assert [backoff.record_failure(1, started, now, None) for started, now in times] == [1, 1, 1, 2]
    assert [backoff.record_throttling(started + 100, now + 100, None) for started, now in times] == [
        240,
        240,
        240,
        300,
    ]


def test_a_drain_waits_no_longer_than_it_may(make_world: MakeWorld) -> None:
    """What isn't done by then stays for the next run."""
    world = make_world(lambda ids: {"verdict": "later"})
    world.put("a")

    world.deliverer().drain(NOW + 20)

    assert world.clock.now <= NOW + 20
    assert world.left() == 1


def test_a_clock_that_is_put_right_ends_the_back_off_of_the_wrong_one(make_world: MakeWorld) -> None:
    """A day ahead when the platform asked for an hour: the same process goes on, and doesn't hammer."""
    requests = count(1)
    world = make_world(lambda ids: {"verdict": "throttled", "after": 3600} if next(requests) == 1 else None)
    world.put("a", "b")
    deliverer = world.deliverer()
    world.clock.now += 30 * 3600
    deliverer.drain()
    world.clock.now -= 30 * 3600
    deliverer.drain()

    assert world.platform.arrived == {"a": 1, "b": 1}
    assert len(world.platform.requests) == 2
