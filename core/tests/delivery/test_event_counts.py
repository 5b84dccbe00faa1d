"""A delivery is believed in only when the platform counted what was sent."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.delivery import Summary
from capi_actions.model import Judgement, Verdict

MakeWorld = Callable[..., Any]


@pytest.mark.parametrize("taken", [0, 1, 4, -1, 2**63, pytest.param(10**6_000, id="long")])
def test_another_number_than_was_sent_is_no_delivery(make_world: MakeWorld, taken: int) -> None:
    """Nobody could tell which events are missing: all are kept, and sent again as they were."""
    world = make_world()
    world.accounts["shop"].judge = lambda response: Judgement(verdict=Verdict.DONE, taken=taken)
    world.put(*"abc")

    summary = world.deliverer().drain()

    assert (summary.delivered, summary.released, summary.requests) == (0, 3, 1)
    (report,) = world.recorder.reports
    assert (report.judgement.verdict, report.items) == (Verdict.LATER, 3)
    assert " of a request that held 3: its answer can't be trusted." in report.judgement.reason
    assert world.left() == 3


@pytest.mark.parametrize("taken", [3, None, True, "2", 2.0])
def test_the_right_number_and_none_are_believed(make_world: MakeWorld, taken: Any) -> None:
    """Many platforms don't count; and what is no number says nothing."""
    world = make_world()
    world.accounts["shop"].judge = lambda response: Judgement(verdict=Verdict.DONE, taken=taken)
    world.put(*"abc")

    assert world.deliverer().drain() == Summary(delivered=3, requests=1)


@pytest.mark.parametrize("verdict", ["later", "throttled", "split", "dead", "pause"])
def test_the_number_changes_no_other_verdict(make_world: MakeWorld, verdict: str) -> None:
    """It is said of deliveries alone."""
    world = make_world(lambda ids: {"verdict": verdict, "taken": 0, "reason": "Because."})
    world.put("a")

    world.deliverer().drain()

    assert [report.judgement.reason for report in world.recorder.reports] == ["Because."]


def test_the_event_that_is_not_counted_holds_up_no_other(make_world: MakeWorld) -> None:
    """After some tries the batch is bisected, as for any event that makes a platform fail."""
    world = make_world()
    world.platform.behave = lambda ids: {"verdict": "done", "taken": len(ids) - 1} if "x" in ids else None
    world.put("a", "b", "x", "c", "d", "e")
    deliverer = world.deliverer(bisect_after_failures=1)

    for _ in range(3):
        deliverer.drain()
        world.clock.now += 600

    assert dict(world.platform.arrived) == dict.fromkeys("abcde", 1)
    assert (world.left(), world.dead()) == (1, {})
    assert all(len(bodies) == 1 for bodies in world.platform.bodies.values())
