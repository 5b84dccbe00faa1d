"""The faults that are still to come."""

import random
import threading
from collections import deque

from attrs import define

from capi_actions_sandbox.faults import Fault


@define
class _Waiting:
    fault: Fault
    left: int | None


class FaultQueue:
    """Faults in the order in which they were queued.  Usable from several threads.

    A request gets the first fault that is for its pixel and whose dice fall so; the others wait.

    :param seed: for the dice.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._dice = random.Random(seed)  # noqa: S311 - a rehearsal must be repeatable, not secret

    def add(self, *faults: Fault) -> None:
        """Queue faults."""
        with self._lock:
            self._waiting.extend(_Waiting(fault, fault.times) for fault in faults)

    def take(self, pixel: str) -> Fault | None:
        """Give the fault that the next request to a pixel gets."""
        with self._lock:
            for waiting in self._waiting:
                fault = waiting.fault
                if fault.pixel in (None, pixel) and (fault.rate == 1 or self._dice.random() < fault.rate):
                    if waiting.left is not None:
                        waiting.left -= 1
                        if not waiting.left:
                            self._waiting.remove(waiting)
                    return fault
            return None

    def waiting(self) -> list[tuple[Fault, int | None]]:
        """Give the faults to come, and for how many requests each still is; None: for all."""
        with self._lock:
            return [(each.fault, each.left) for each in self._waiting]

    def clear(self) -> int:
        """Forget them all.

        :returns: how many there were.
        """
        with self._lock:
            count = len(self._waiting)
            self._waiting.clear()
            return count
