"""How long one destination is left alone, and how many items its next batch has, by its recent answers.

Retry libraries (tenacity, stamina, backoff) wait inside the process that failed.  These delays are written to
the outbox and outlive the process, so only the formula is here.
"""

import math
import threading
from collections.abc import Callable

from capi_actions.delivery.options import Options

_MIN_SPACING = 1.0  # seconds between requests after a first throttling
_MAX_SPACING = 60.0
_NEGLIGIBLE_SPACING = 0.1
_MAX_DOUBLINGS = 30  # more would only overflow
_FAILURES_AT_FULL_SIZE = 3  # in a row, before batches are made smaller
_UNLIMITED = 2**20  # items: more than any batch has


class Backoff:
    """Delays and batch sizes that follow from a destination's recent answers.  Usable from several threads.

    A delay is random between 0 and an upper bound that doubles with each failure ("full jitter").

    :ivar failures: how many requests in a row have failed.
    """

    def __init__(self, options: Options, random: Callable[[], float]) -> None:
        """Start without failures.

        :param random: returns numbers from 0 to 1.
        """
        self._options = options
        self._random = random
        self._lock = threading.Lock()
        self._failed_at = -math.inf
        self._spacing = 0.0
        self._size_limit = _UNLIMITED
        self.failures = 0

    def batch_size(self, max_items: int) -> int:
        """Return how many items the next batch may have.

        Halved after several failures in a row, as the line may be too slow for more, or one item the
        cause; doubled after each success.
        """
        return max(1, min(max_items, self._size_limit))

    def limit_batch_size(self, size: int) -> None:
        """Limit the next batches to a number of items; each success doubles it."""
        self._size_limit = max(1, min(size, self._size_limit))

    def record_answer(self, after: float | None, delivered: bool) -> float:
        """Record that the platform has dealt with a request.

        :param after: seconds to wait before the next request, if the platform said.
        :param delivered: True if it took the items, False if it refused them.
        :returns: seconds to wait before the next request.
        """
        with self._lock:
            self.failures = 0
            if delivered:
                self._size_limit = min(_UNLIMITED, self._size_limit * 2)
            spacing = self._spacing
            self._spacing = spacing / 2 if spacing > _NEGLIGIBLE_SPACING else 0.0
        return max(self._requested_delay(after), spacing)

    def record_failure(self, items: int, started: float, now: float, after: float | None) -> float:
        """Record a failure after which the same request may succeed later.

        :param items: how many were in the request.
        :param started: when the request began.  Of several requests that were under way at the first
            failure, only one counts.
        :param after: seconds to wait before the next request, if the platform said.
        :returns: seconds to wait before the next request.
        """
        with self._lock:
            is_new = self._count_failure(started, now)
            if is_new and (self.failures > _FAILURES_AT_FULL_SIZE or self._size_limit < _UNLIMITED):
                self.limit_batch_size(items // 2)
            return self._delay(self._options.initial_wait, self.failures, after)

    def record_throttling(self, started: float, now: float, after: float | None) -> float:
        """Record that the platform wants fewer requests.  Parameters and result as for a failure."""
        with self._lock:
            if self._count_failure(started, now):
                self._spacing = min(_MAX_SPACING, max(_MIN_SPACING, self._spacing * 2))
            if after is None:
                return self._delay(self._options.throttle_wait, self.failures, None)
        return self._requested_delay(after)

    def retry_delay(self, tries: int, after: float | None) -> float:
        """Return the delay, in seconds, before the next try of items that were part of this many requests."""
        return self._delay(self._options.initial_wait, tries, after)

    def _count_failure(self, started: float, now: float) -> bool:
        """Count a failure; False if the request began before the last one that was counted."""
        if started < self._failed_at:
            return False
        self.failures += 1
        self._failed_at = now
        return True

    def _delay(self, initial: float, failures: int, after: float | None) -> float:
        doublings = min(_MAX_DOUBLINGS, max(0, failures - 1))
        bound = min(self._options.max_wait, initial * 2.0**doublings)
        return max(self._random() * bound, self._requested_delay(after))

    def _requested_delay(self, after: float | None) -> float:
        return min(max(0.0, after or 0.0), self._options.max_backoff)
