"""The channel to one destination: what its workers share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import Factory, define, field

from capi_actions.delivery.backoff import Backoff
from capi_actions.delivery.options import Options
from capi_actions.delivery.reporting import Reporter
from capi_actions.model import Destination, Outbox, Transport


@define(kw_only=True, eq=False)
class Channel:
    """Everything needed to send to one destination.  Usable from several threads.

    :ivar clock: returns Unix seconds.
    :ivar sleep: waits the number of seconds passed to it.
    :ivar random: returns numbers from 0 to 1, for jitter.
    :ivar backoff_until: no request before this time (Unix seconds).
    :ivar in_flight: batches that are being sent.
    """

    name: str
    destination: Destination
    outbox: Outbox
    transport: Transport
    reporter: Reporter
    options: Options
    clock: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    backoff: "Backoff" = field(
        init=False, default=Factory(lambda channel: Backoff(channel.options, channel.random), takes_self=True)
    )
    backoff_until: float = field(init=False, default=0.0)
    in_flight: int = field(init=False, default=0)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    @contextmanager
    def track_batch(self) -> Iterator[None]:
        """Count a batch as in flight while the context is open."""
        with self._lock:
            self.in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1

    def backoff_left(self) -> float:
        """Return the seconds of back-off left.

        A back-off of more than ``max_backoff`` was set by a wrong clock and is dropped.
        """
        left = self.backoff_until - self.clock()
        if left > self.options.max_backoff:
            self.backoff_until = left = 0.0
        return left

    def back_off(self, until: float) -> None:
        """Make no request before a time (Unix seconds), in this process and all others."""
        self.backoff_until = max(self.backoff_until, until)
        self.outbox.back_off(self.name, until)
