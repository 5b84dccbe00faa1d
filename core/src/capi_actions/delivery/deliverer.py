"""Empty the outbox."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import random as uniform
from time import monotonic, time

from capi_actions.delivery.batch import send_batch
from capi_actions.delivery.channel import Lane
from capi_actions.delivery.options import Options, Summary
from capi_actions.delivery.reporting import LOG, Teller
from capi_actions.errors import OutboxError
from capi_actions.model import DeadFilter, Destination, Observer, Outbox, Transport

_LOOK = 0.2  # seconds: a signal that another thread receives doesn't wake the one that waits


def run_all(jobs: Sequence[tuple[str, Callable[[], None]]], halt: threading.Event) -> None:
    """Do named jobs, each in a thread of its own: an interrupt of this one then cuts no request in two.

    :param halt: set when one job fails or the caller is interrupted: the others should then end.
    :raises BaseException: the first error of a job, after all have ended.
    """
    errors: list[BaseException] = []

    def guarded(job: Callable[[], None], ended: threading.Event) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  raised again below, in the caller's thread
            errors.append(error)
            halt.set()
        finally:
            ended.set()

    # Not Thread.join: interrupted in it, Python before 3.13 takes a running thread for ended (gh-90882).
    ends: list[threading.Event] = []
    try:
        for name, job in jobs:
            ended = threading.Event()
            threading.Thread(target=guarded, args=(job, ended), name=name).start()
            ends.append(ended)
        _wait_for(ends)
    except BaseException:  # such as KeyboardInterrupt: requests under way are finished first
        halt.set()
        _wait_for(ends)
        raise
    if errors:
        raise errors[0]


def _wait_for(ends: Sequence[threading.Event]) -> None:
    for ended in ends:
        while not ended.wait(_LOOK):
            pass


_SHORTEST_NAP = 0.01
_NAP = 5.0
_FORGET_EVERY = 3600.0
_GATHER_STEP = 0.05

Progress = Callable[[Summary], object]
"""Is told how far a run has come, after every batch, from the thread that sent it."""


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
        """Get ready; nothing is sent yet.

        :param destinations: accounts by their names in the configuration.
        :param observers: are told of every outcome.
        :param clock: gives Unix seconds.
        :param sleep: waits some seconds; by default it ends early when the run is halted.
        :param random: gives numbers from 0 to 1, for the jitter of waits.
        """
        self._outbox = outbox
        self._options = options or Options()
        self._clock = clock
        self._teller = Teller(observers)
        self._halt = threading.Event()
        self._news = threading.Condition()
        self._rings = 0
        self._forgotten_at = -_FORGET_EVERY
        self._lanes = [
            Lane(
                name=name,
                destination=destination,
                outbox=outbox,
                transport=transport,
                teller=self._teller,
                options=self._options,
                clock=clock,
                sleep=sleep or self._wait_for_halt,
                random=random,
            )
            for name, destination in destinations.items()
        ]

    @property
    def summary(self) -> Summary:
        """What came of the last run, or has come so far of the one that goes on."""
        return self._teller.summary

    def run_once(self) -> Summary:
        """Send at most one batch to each destination, in this thread.

        :raises OutboxError: when the outbox fails.
        """
        self._start()
        for lane in self._lanes:
            send_batch(lane, self._halt.is_set)
        return self._teller.summary

    def drain(self, deadline: float | None = None, progress: Progress | None = None) -> Summary:
        """Send everything that is due.

        :param deadline: also wait, until this Unix second at most, for what is to be tried again
            later, and stop then; None doesn't wait.
        :raises OutboxError: when the outbox fails.
        :raises KeyboardInterrupt: after requests under way were finished.
        """
        self._start()
        self._run(lambda lane: self._drain(lane, deadline, progress))
        return self._teller.summary

    def forever(self, stop: threading.Event, progress: Progress | None = None) -> Summary:
        """Send whatever gets due, until told to stop; requests under way are finished first.

        A failing outbox is logged and tried again.
        """
        try:
            self._start()
        except OutboxError as error:
            LOG.error("%s", error)
        self._run(lambda lane: self._serve(lane, stop, progress))
        return self._teller.summary

    def wake(self) -> None:
        """Say that something was put, so that :meth:`forever` looks at once."""
        with self._news:
            self._rings += 1
            self._news.notify_all()

    def _start(self) -> None:
        self._halt.clear()
        self._teller.restart()
        self._forget()
        known = {lane.name for lane in self._lanes}
        for name in self._outbox.destinations():
            if name not in known:
                LOG.warning("items wait for the destination %r, which isn't configured", name)

    def _run(self, work: Callable[[Lane], None]) -> None:
        """Do work in all worker threads; the first error ends it for all and is raised here."""
        lanes = [lane for lane in self._lanes for _ in range(self._options.workers)]
        run_all(
            [(f"capi-{lane.name}-{number}", partial(work, lane)) for number, lane in enumerate(lanes)],
            self._halt,
        )

    def _drain(self, lane: Lane, deadline: float | None, progress: Progress | None) -> None:
        idle_since = self._clock()
        while not self._halt.is_set() and (deadline is None or self._clock() < deadline):
            if send_batch(lane, self._halt.is_set):
                self._tell(progress)
                idle_since = self._clock()
                continue
            if deadline is None:
                return
            now = self._clock()
            due = self._outbox.next_due(lane.name, now)
            if due is None or due >= deadline:
                return
            # What others have claimed may be settled long before its lease ends: look again now and then.
            nap = self._options.poll if lane.busy else max(_NAP, now - idle_since)
            lane.sleep(max(_SHORTEST_NAP, min(due - now, nap)))

    def _serve(self, lane: Lane, stop: threading.Event, progress: Progress | None) -> None:
        def halted() -> bool:
            return stop.is_set() or self._halt.is_set()

        failures, idle = 0, True
        while not halted():
            rings = self._rings
            try:
                if idle:
                    self._gather(lane, halted)
                idle = not send_batch(lane, halted)
                self._forget()
                failures = 0
            except OutboxError as error:
                failures += 1
                wait = min(self._options.max_wait, self._options.initial_wait * 2.0 ** min(failures, 30))
                LOG.error("%s: %s; next try in %d seconds", lane.name, error, wait)
                stop.wait(wait)
                continue
            if idle:
                self._wait_for_news(rings, halted)
            else:
                self._tell(progress)

    def _gather(self, lane: Lane, halted: Callable[[], bool]) -> None:
        """After a time with nothing to do, give a batch a little time to fill."""
        end = monotonic() + self._options.linger
        while not halted() and monotonic() < end:
            ready = self._outbox.ready(lane.name, lane.destination.max_items, self._clock())
            if not 0 < ready < lane.destination.max_items:
                return
            self._halt.wait(min(_GATHER_STEP, self._options.linger))

    def _wait_for_news(self, rings: int, halted: Callable[[], bool]) -> None:
        with self._news:
            self._news.wait_for(lambda: self._rings != rings or halted(), self._options.poll)

    def _forget(self) -> None:
        keep, now = self._options.keep_dead, self._clock()
        if keep is not None and now - self._forgotten_at >= _FORGET_EVERY:
            self._forgotten_at = now
            self._outbox.purge(DeadFilter(before=now - keep))

    def _tell(self, progress: Progress | None) -> None:
        if progress is not None:
            progress(self._teller.summary)

    def _wait_for_halt(self, seconds: float) -> None:
        self._halt.wait(seconds)
