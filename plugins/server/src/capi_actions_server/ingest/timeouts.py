"""Time limits of many waits, as of those for the bodies of requests, with one timer for all.

Making and cancelling a timer of the event loop for each takes 4 µs; a member of a dictionary takes 1.
"""

import asyncio
from collections.abc import Callable


class Timeouts:
    """Ends waits that take too long.  For one event loop at a time.

    :ivar seconds: how long each may take.
    """

    def __init__(self, seconds: float) -> None:
        """Limit every wait alike."""
        self.seconds = seconds
        # In the order of their ends, as each may take as long.
        self._waits: dict[int, tuple[float, Callable[[], object]]] = {}
        self._started = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_timer = False

    def start(self, loop: asyncio.AbstractEventLoop, expire: Callable[[], object]) -> int:
        """Begin a wait, and return its number.

        :param loop: the running event loop.
        :param expire: called when the wait has taken too long.
        """
        if loop is not self._loop:
            self._loop, self._has_timer = loop, False
            self._waits.clear()
        end = loop.time() + self.seconds
        self._started += 1
        self._waits[self._started] = (end, expire)
        if not self._has_timer:
            self._has_timer = True
            loop.call_at(end, self._expire_waits, loop)
        return self._started

    def finish(self, number: int) -> bool:
        """End a wait; return False if it had taken too long."""
        return self._waits.pop(number, None) is not None

    def _expire_waits(self, loop: asyncio.AbstractEventLoop) -> None:
        self._has_timer = False
        while self._waits:
            number, (end, expire) = next(iter(self._waits.items()))
            if end > loop.time():
                self._has_timer = True
                loop.call_at(end, self._expire_waits, loop)
                return
            del self._waits[number]
            expire()
