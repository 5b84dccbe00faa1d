"""An hour of bad weather, of any kind and order, in no time: everything arrives, or its time runs out."""

import os
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions.errors import TransportError

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
spells = st.lists(st.tuples(st.integers(1, 600), answers), max_size=12)


def at(weather: list[tuple[int, Any]], seconds: float) -> Any:
    """What the platform answers so long after the beginning; None is fair weather."""
    for length, answer in weather:
        seconds -= length
        if seconds < 0:
            return answer
    return None


@settings(max_examples=40 * SOAK, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spells,
    st.sets(st.integers(0, 39), max_size=5),
    st.lists(st.integers(1, HOUR), min_size=1, max_size=4),
    st.integers(0, 2**32),
    st.integers(1, 20),
)
def test_an_hour_of_bad_weather(
    make_world: MakeWorld,
    make_account: Callable[..., Any],
    weather: Any,
    bad: set[int],
    lives: list[int],
    seed: int,
    max_items: int,
) -> None:
    """Whatever the weather: each item ends once, bad ones dead, others delivered unless they expired.

    Repeats have equal bytes; the run takes an hour and a half of fake time and a bounded number of requests.
    """
    world = make_world(accounts={"shop": make_account(max_items=max_items)})
    names = {str(number) for number in bad}

    def behave(ids: list[str]) -> Any:
        answer = at(weather, world.clock.now - NOW)
        world.clock.now += 0.1
        if answer is not None or names.isdisjoint(ids):
            return answer
        return {"verdict": "split", "reason": "Bad."}

    world.platform.behave = behave
    lifetime = {str(number): lives[number % len(lives)] for number in range(40)}
    for name, life in lifetime.items():
        world.put(name, after=life)

    world.deliverer(random=Random(seed).random).drain(NOW + 3 * HOUR)

    dead = world.dead()
    assert world.left() == 0
    assert set(world.platform.arrived) | set(dead) == set(lifetime)
    assert set(world.platform.arrived).isdisjoint(dead)
    assert set(world.platform.arrived.values()) <= {1}
    assert names <= set(dead)
    assert all(len(bodies) == 1 for bodies in world.platform.bodies.values())
    assert all("too old" in reason for name, reason in dead.items() if name not in names)
    storm = sum(length for length, answer in weather)
    assert all(lifetime[name] <= storm + 600 for name in dead if name not in names)
    assert len(world.platform.requests) < 2_000
