"""The way to one destination, which its worker threads share."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import Factory, define, field

from capi_actions.delivery.options import Options
from capi_actions.delivery.reporting import Teller
from capi_actions.model import Destination, Outbox, Transport

_FIRST_GAP = 1.0
_LONGEST_GAP = 60.0
_DOUBLINGS = 30  # more of them only overflow
_PATIENT = 3  # failures in a row before batches get smaller
_LARGEST = 2**20  # above any batch


class Pace:
    """What recent answers of one destination tell about the next request.  Usable from several threads.

    :ivar failures: how many requests in a row have failed.
    """

    def __init__(self, options: Options, random: Callable[[], float]) -> None:
        """Start without any failure.

        :param random: gives numbers from 0 to 1.
        """
        self._options = options
        self._random = random
        self._lock = threading.Lock()
        self._failed_at = -math.inf
        self._gap = 0.0
        self._limit = _LARGEST
        self.failures = 0

    def limit(self, most: int) -> int:
        """Say how many items the next batch may have.

        Fewer after several failures in a row, as the line may be too slow for more, or one item the
        cause; twice as many after each success.
        """
        return max(1, min(most, self._limit))

    def shrink(self, size: int) -> None:
        """Begin with batches of this size the next time."""
        self._limit = max(1, min(size, self._limit))

    def answered(self, after: float | None, delivered: bool) -> float:
        """Note that the platform dealt with a request, be it that it took or refused the items.

        :param after: seconds that the platform wants to be left alone, if it said.
        :returns: seconds to wait before the next request.
        """
        with self._lock:
            self.failures = 0
            if delivered:
                self._limit = min(_LARGEST, self._limit * 2)
            gap, self._gap = self._gap, self._gap / 2 if self._gap > 0.1 else 0.0
        return max(self._asked(after), gap)

    def failed(self, items: int, started: float, now: float, after: float | None) -> float:
        """Note a failure that may pass by itself.

        :param items: how many were in the request.
        :param started: when the request began; of several that were under way when the trouble
            began, only the first counts.
        :returns: seconds to wait before the next request.
        """
        with self._lock:
            if self._counts(started, now) and (self.failures > _PATIENT or self._limit < _LARGEST):
                self.shrink(items // 2)
            return self._wait(self._options.initial_wait, self.failures, after)

    def throttled(self, started: float, now: float, after: float | None) -> float:
        """Note that the platform wants fewer requests; returns the wait before the next."""
        with self._lock:
            if self._counts(started, now):
                self._gap = min(_LONGEST_GAP, max(_FIRST_GAP, self._gap * 2))
            if after is None:
                return self._wait(self._options.throttle_wait, self.failures, None)
        return self._asked(after)

    def retry(self, tries: int, after: float | None) -> float:
        """Say how long items wait that were part of so many requests."""
        return self._wait(self._options.initial_wait, tries, after)

    def _counts(self, started: float, now: float) -> bool:
        if started < self._failed_at:
            return False
        self.failures += 1
        self._failed_at = now
        return True

    def _wait(self, first: float, failures: int, after: float | None) -> float:
        bound = min(self._options.max_wait, first * 2.0 ** min(_DOUBLINGS, max(0, failures - 1)))
        return max(self._random() * bound, self._asked(after))

    def _asked(self, after: float | None) -> float:
        return min(max(0.0, after or 0.0), self._options.max_backoff)


@define(kw_only=True, eq=False)
class Lane:
    """Everything needed to send to one destination.

    :ivar clock: gives Unix seconds.
    :ivar sleep: waits some seconds.
    :ivar random: gives numbers from 0 to 1.
    :ivar resting_until: no request before this time (Unix seconds).
    :ivar busy: how many batches are on their way.
    """

    name: str
    destination: Destination
    outbox: Outbox
    transport: Transport
    teller: Teller
    options: Options
    clock: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    pace: Pace = field(
        init=False, default=Factory(lambda lane: Pace(lane.options, lane.random), takes_self=True)
    )
    resting_until: float = field(init=False, default=0.0)
    busy: int = field(init=False, default=0)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count as busy."""
        with self._lock:
            self.busy += 1
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1

    def rest_left(self) -> float:
        """Say how many seconds no request may be made; a rest longer than any was begun by a clock that was ahead."""
        left = self.resting_until - self.clock()
        if left > self.options.max_backoff:
            self.resting_until = left = 0.0
        return left

    def back_off(self, until: float) -> None:
        """Make no request before some time, in no process."""
        self.resting_until = max(self.resting_until, until)
        self.outbox.back_off(self.name, until)
