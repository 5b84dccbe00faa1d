"""The deliverer: worker threads that send what is due to each destination.

What becomes of the items of one batch is in :mod:`capi_actions.delivery.batch`.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import random as uniform
from time import monotonic, time

from capi_actions.delivery.batch import send_batch
from capi_actions.delivery.channel import Channel
from capi_actions.delivery.exchange import claim_limits
from capi_actions.delivery.options import Options, Summary
from capi_actions.delivery.reporting import LOG, Observers, Reporter
from capi_actions.errors import OutboxError
from capi_actions.model import DeadFilter, Destination, Observer, Outbox, Transport

_MIN_WAIT = 0.01  # seconds
_MAX_WAIT = 5.0  # seconds, unless nothing was due for longer
_LINGER_STEP = 0.05  # seconds
_STOP_CHECK = 0.2  # seconds
_PURGE_INTERVAL = 3600.0  # seconds
_MAX_DOUBLINGS = 30

Progress = Callable[[Summary], object]
"""Called with the summary so far after every batch, in the thread that sent it."""


class Deliverer:
    """Sends what waits in an outbox to the destinations it knows, in worker threads.

    Destinations are independent: none waits for another.
    """

    def __init__(
        self,
        outbox: Outbox,
        destinations: Mapping[str, Destination],
        transport: Transport,
        observers: Sequence[Observer] = (),
        *,
        options: Options | None = None,
        clock: Callable[[], float] = time,
        sleep: Callable[[float], object] | None = None,
        random: Callable[[], float] = uniform,
    ) -> None:
        """Prepare; nothing is sent yet.

        :param destinations: accounts by their names in the configuration.
        :param observers: called with every outcome.
        :param clock: returns Unix seconds.
        :param sleep: waits the number of seconds passed to it; by default it returns early when the run
            is stopping.
        :param random: returns numbers from 0 to 1, for the jitter of delays.
        """
        self._outbox = outbox
        self._options = options or Options()
        self._clock = clock
        self._reporter = Reporter(observers)
        self._stopping = threading.Event()
        self._put_condition = threading.Condition()
        self._put_notifications = 0
        self._purged_at = -_PURGE_INTERVAL
        self._channels = [
            Channel(
                name=name,
                destination=destination,
                outbox=outbox,
                transport=transport,
                reporter=self._reporter,
                options=self._options,
                clock=clock,
                sleep=sleep or self._wait_unless_stopping,
                random=random,
            )
            for name, destination in destinations.items()
        ]

    @property
    def summary(self) -> Summary:
        """The summary of the last run, or of the current one so far."""
        return self._reporter.summary

    @property
    def observers(self) -> Observers:
        """The observers, to notify them of what isn't delivery."""
        return self._reporter.observers

    @property
    def is_sending(self) -> bool:
        """Whether a batch is being sent, or its outcome not yet reported."""
        return any(channel.in_flight for channel in self._channels)

    def drain(self, deadline: float | None = None, progress: Progress | None = None) -> Summary:
        """Send everything that is due.

        :param deadline: wait until this Unix second at most for items that are delayed, and stop then;
            None doesn't wait for them.
        :raises OutboxError: when the outbox fails.
        :raises KeyboardInterrupt: after requests under way were finished.
        """
        self._start()
        self._run_workers(lambda channel: self._drain_channel(channel, deadline, progress))
        return self.summary

    def forever(self, stop: threading.Event, progress: Progress | None = None) -> Summary:
        """Send whatever becomes due, until ``stop`` is set; requests under way are finished first.

        An error of the outbox is logged, and the call tried again later.
        """
        try:
            self._start()
        except OutboxError as error:
            self._reporter.report_outbox_error(error)
        self._run_workers(lambda channel: self._serve_channel(channel, stop, progress))
        return self.summary

    def wake(self) -> None:
        """Notify :meth:`forever` that items were put, so that it looks at once."""
        with self._put_condition:
            self._put_notifications += 1
            self._put_condition.notify_all()

    def _start(self) -> None:
        self._stopping.clear()
        self._reporter.reset()
        self._purge_dead_letters()
        configured = {channel.name for channel in self._channels}
        for name in self._outbox.destinations():
            if name not in configured:
                LOG.warning("items wait for the destination %r, which isn't configured", name)

    def _run_workers(self, work: Callable[[Channel], None]) -> None:
        """Run a function in every worker thread of every channel; the first error ends all and is raised."""
        channels = [channel for channel in self._channels for _ in range(self._options.workers)]
        run_in_threads(
            [
                (f"capi-{channel.name}-{number}", partial(work, channel))
                for number, channel in enumerate(channels)
            ],
            self._stopping,
        )

    def _drain_channel(self, channel: Channel, deadline: float | None, progress: Progress | None) -> None:
        idle_since = self._clock()
        while not self._stopping.is_set() and (deadline is None or self._clock() < deadline):
            if send_batch(channel, self._stopping.is_set):
                self._show_progress(progress)
                idle_since = self._clock()
                continue
            if deadline is None:
                return
            now = self._clock()
            due = self._outbox.next_due(channel.name, now)
            if due is None or due >= deadline:
                return
            # Batches in flight may release items long before their leases end: look again now and then.
            longest = self._options.poll_interval if channel.in_flight else max(_MAX_WAIT, now - idle_since)
            channel.sleep(max(_MIN_WAIT, min(due - now, longest)))

    def _serve_channel(self, channel: Channel, stop: threading.Event, progress: Progress | None) -> None:
        def stopping() -> bool:
            return stop.is_set() or self._stopping.is_set()

        failures, idle = 0, True
        while not stopping():
            notifications = self._put_notifications
            try:
                if idle:
                    self._linger(channel, stopping)
                idle = not send_batch(channel, stopping)
                self._purge_dead_letters()
                failures = 0
            except OutboxError as error:
                failures += 1
                doublings = min(failures - 1, _MAX_DOUBLINGS)
                wait = min(self._options.max_wait, self._options.initial_wait * 2.0**doublings)
                self._reporter.report_outbox_error(error, channel.name, wait)
                self._wait_to_retry(wait, stop)
                continue
            if idle:
                self._wait_for_put(notifications, stopping)
            else:
                self._show_progress(progress)

    def _linger(self, channel: Channel, stopping: Callable[[], bool]) -> None:
        """Wait a little for a batch to fill, if there is anything to send."""
        end = monotonic() + self._options.linger
        max_items = claim_limits(channel.destination).max_items
        while not stopping() and monotonic() < end:
            if not 0 < self._outbox.ready(channel.name, max_items, self._clock()) < max_items:
                return
            self._stopping.wait(min(_LINGER_STEP, self._options.linger))

    def _wait_for_put(self, notifications: int, stopping: Callable[[], bool]) -> None:
        """Wait until :meth:`wake` is called, but no longer than the polling interval.

        :param notifications: their number before the outbox was found empty.
        """
        with self._put_condition:
            self._put_condition.wait_for(
                lambda: self._put_notifications != notifications or stopping(), self._options.poll_interval
            )

    def _wait_to_retry(self, seconds: float, stop: threading.Event) -> None:
        """Wait, but no longer than until ``stop`` is set or another worker's error ends the run.

        Two events can't be waited for at once, and nobody notifies the condition when one of them is set.
        """
        end = monotonic() + seconds
        while not self._stopping.is_set() and (left := end - monotonic()) > 0:
            if stop.wait(min(left, _STOP_CHECK)):
                return

    def _purge_dead_letters(self) -> None:
        """Delete dead letters that are too old, at most once an hour."""
        max_age, now = self._options.keep_dead_letters, self._clock()
        if max_age is not None and now - self._purged_at >= _PURGE_INTERVAL:
            self._purged_at = now
            self._outbox.purge(DeadFilter(before=now - max_age))

    def _show_progress(self, progress: Progress | None) -> None:
        if progress is not None:
            progress(self.summary)

    def _wait_unless_stopping(self, seconds: float) -> None:
        self._stopping.wait(seconds)


_SIGNAL_CHECK = 0.2  # seconds: a signal that another thread receives doesn't wake the one that waits


def run_in_threads(jobs: Sequence[tuple[str, Callable[[], None]]], stopping: threading.Event) -> None:
    """Run named jobs, each in a thread of its own: an interrupt of this thread then cuts no request in two.

    :param stopping: set when a job fails or the caller is interrupted; the jobs should then end.
    :raises BaseException: the first error of a job, after all have ended.
    """
    errors: list[BaseException] = []
    # No job begins before all threads have started: an interrupt while they start leaves none at work unseen.
    begin, cancelled = threading.Event(), threading.Event()

    def run(job: Callable[[], None], ended: threading.Event) -> None:
        try:
            begin.wait()
            if not cancelled.is_set():
                job()
        except BaseException as error:  # noqa: BLE001  raised again below, in the caller's thread
            errors.append(error)
            stopping.set()
        finally:
            ended.set()

    # Not Thread.join: interrupted in it, Python before 3.13 takes a running thread for ended (gh-90882).
    all_ended = [threading.Event() for _ in jobs]
    try:
        for (name, job), ended in zip(jobs, all_ended, strict=True):
            threading.Thread(target=run, args=(job, ended), name=name).start()
        begin.set()
        _wait_for_all(all_ended)
    except BaseException:  # such as KeyboardInterrupt: requests under way are finished first
        stopping.set()
        if not begin.is_set():
            cancelled.set()
        begin.set()  # also when the interrupt came in the middle of the first call
        if not cancelled.is_set():
            _wait_for_all(all_ended)
        raise
    if errors:
        raise errors[0]


def _wait_for_all(events: Sequence[threading.Event]) -> None:
    for event in events:
        while not event.wait(_SIGNAL_CHECK):
            pass
