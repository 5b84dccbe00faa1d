"""Time limits: each wait ends when its own time is up, though one timer serves all."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from capi_actions_server.ingest.timeouts import Timeouts

SECONDS = 10.0


class Clock:
    """An event loop that only has a clock and timers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[..., object], tuple[Any, ...]]] = []

    def time(self) -> float:
        """Return the time."""
        return self.now

    def call_at(self, when: float, call: Callable[..., object], *arguments: Any) -> None:
        """Set a timer."""
        self.timers.append((when, call, arguments))

    def advance(self, seconds: float) -> None:
        """Let time pass; timers that are due run at their time."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer[0] <= end]:
            timer = min(due, key=lambda timer: timer[0])
            self.timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1](*timer[2])
        self.now = end


@given(st.lists(st.tuples(st.floats(0, 4), st.one_of(st.none(), st.floats(0, 9.9))), max_size=20))
def test_each_wait_ends_at_its_own_time(waits: list[tuple[float, float | None]]) -> None:
    """Whatever begins and ends beside it, and with one timer at a time.

    Of each wait: how long after the one before it begins, and how long it takes; None for too long.
    """
    clock = Clock()
    loop = cast(asyncio.AbstractEventLoop, clock)
    timeouts = Timeouts(SECONDS)
    expired: dict[int, float] = {}
    begins: dict[int, float] = {}
    ends: list[tuple[float, int]] = []

    def expire(number: int) -> None:
        expired[number] = clock.now

    def finish_until(end: float) -> None:
        for time, wait in sorted(ends):
            if time <= end:
                clock.advance(max(0.0, time - clock.now))
                assert timeouts.finish(wait)
                ends.remove((time, wait))
        clock.advance(max(0.0, end - clock.now))

    for pause, duration in waits:
        finish_until(clock.now + pause)
        number = len(begins)
        begins[number] = clock.now
        wait = timeouts.start(loop, partial(expire, number))
        if duration is not None:
            ends.append((clock.now + duration, wait))
        assert len(clock.timers) == 1
    finish_until(clock.now + 2 * SECONDS)

    assert {
        number: begins[number] + SECONDS for number, wait in enumerate(waits) if wait[1] is None
    } == expired
    assert [] == clock.timers


def test_a_wait_that_has_expired_says_so() -> None:
    """Else a request could not tell its own end from a cancellation."""
    clock = Clock()
    timeouts = Timeouts(SECONDS)
    wait = timeouts.start(cast(asyncio.AbstractEventLoop, clock), list)

    clock.advance(SECONDS)

    assert not timeouts.finish(wait)


def test_another_event_loop_begins_anew() -> None:
    """The timer of one that has ended never comes."""
    timeouts = Timeouts(0.01)

    async def wait_for_expiry() -> bool:
        expired = asyncio.Event()
        timeouts.start(asyncio.get_running_loop(), expired.set)
        return await asyncio.wait_for(expired.wait(), 60)

    async def leave() -> None:
        timeouts.start(asyncio.get_running_loop(), list)

    asyncio.run(leave())
    assert asyncio.run(wait_for_expiry())
