"""An hour of random outages and throttling, on a fake clock: every item arrives, or its deadline passes."""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions.errors import TransportError
from support.length import examples

pytestmark = pytest.mark.soak

MakeWorld = Callable[..., Any]
NOW = 1_800_000_000.0
HOUR = 3_600
SOAK = int(os.environ.get("CAPI_SOAK", "1"))  # `nox -s chaos` tries twenty times as many

answers = st.one_of(
    st.none(),
    st.booleans().map(lambda sent: TransportError("broke", sent)),
    st.just({"verdict": "later", "code": 2}),
    st.integers(0, 300).map(lambda after: {"verdict": "throttled", "code": 4, "after": after}),
    st.integers(0, 30).map(lambda after: {"verdict": "later", "after": after}),
)
schedules = st.lists(st.tuples(st.integers(1, 600), answers), max_size=12)


def answer_at(schedule: list[tuple[int, Any]], seconds: float) -> Any:
    """Return what the platform answers this long after the beginning; None takes all items."""
    for length, answer in schedule:
        seconds -= length
        if seconds < 0:
            return answer
    return None


@settings(
    max_examples=examples(40) * SOAK,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    schedules,
    st.sets(st.integers(0, 39), max_size=5),
    st.lists(st.integers(1, HOUR), min_size=1, max_size=4),
    st.integers(0, 2**32),
    st.integers(1, 20),
)
def test_an_hour_of_random_outages(
    make_world: MakeWorld,
    make_account: Callable[..., Any],
    schedule: Any,
    bad: set[int],
    lifetimes: list[int],
    seed: int,
    max_items: int,
) -> None:
    """Whatever the platform answers: each item ends once, bad ones dead, others delivered unless they expired.

    Repeats have equal bytes; the run takes an hour and a half of fake time and a bounded number of requests.
    """
    world = make_world(accounts={"shop": make_account(max_items=max_items)})
    names = {str(number) for number in bad}

    def behave(ids: list[str]) -> Any:
        answer = answer_at(schedule, world.clock.now - NOW)
        world.clock.now += 0.1
        if answer is not None or names.isdisjoint(ids):
            return answer
        return {"verdict": "split", "reason": "Bad."}

    world.platform.behave = behave
    lifetime_of = {str(number): lifetimes[number % len(lifetimes)] for number in range(40)}
    for name, lifetime in lifetime_of.items():
        world.put(name, after=lifetime)

    world.deliverer(random=Random(seed).random).drain(NOW + 3 * HOUR)

    dead = world.dead()
    assert world.left() == 0
    assert set(world.platform.arrived) | set(dead) == set(lifetime_of)
    assert set(world.platform.arrived).isdisjoint(dead)
    assert set(world.platform.arrived.values()) <= {1}
    assert names <= set(dead)
    assert all(len(bodies) == 1 for bodies in world.platform.bodies.values())
    assert all("too old" in reason for name, reason in dead.items() if name not in names)
    outage = sum(length for length, answer in schedule)
    assert all(lifetime_of[name] <= outage + 600 for name in dead if name not in names)
    assert len(world.platform.requests) < 2_000
