"""The way to one destination, which its worker threads share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import Factory, define, field

from capi_actions.delivery.options import Options
from capi_actions.delivery.pace import Pace
from capi_actions.delivery.telling import Teller
from capi_actions.model import Destination, Transport
from capi_actions.outbox import Outbox


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
        if left > self.options.longest_rest:
            self.resting_until = left = 0.0
        return left

    def rest(self, until: float) -> None:
        """Make no request before some time, in no process."""
        self.resting_until = max(self.resting_until, until)
        self.outbox.rest(self.name, until)
