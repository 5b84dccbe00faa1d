"""Group commit across requests: all events that wait are mapped together and stored with one wait for the disk.

The event loop maps them, one event right after the other: mapped in turns with the HTTP work of its request, an event
takes half as long again, as the processor's caches hold only one of them.  A thread stores them.  When that mapped,
too, it held the interpreter's lock for milliseconds, and the event loop waited for it at every read and write.

A commit takes longer than an event's mapping, so that large groups matter for speed.  After a group of many requests
the event loop therefore waits up to 2 ms for as many again: their senders are just sending the next ones.  A lone
sender never waits.

What waits is bounded: beyond that, requests are refused, so that a slow disk can't fill the memory.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from queue import SimpleQueue
from time import monotonic
from traceback import format_tb
from typing import TypeAlias

from attrs import define

from capi_actions import Client, EventError, JsonObject, OutboxError, Receipt
from capi_actions_server.ingest.requests import RequestError

_LOG = logging.getLogger("capi_actions.server")
_MAX_GROUP = 2_000  # events: storing them takes some 20 ms, and a request that comes now waits for it
_COMMIT_DELAY = 0.002  # seconds
_LOOKS = 50  # for requests that wait too long, within the time that they may wait
_SLICE = 100  # events: mapping them takes some 5 ms, during which nothing else is answered


class FullError(Exception):
    """Too many events wait for the disk."""


class StoppedError(Exception):
    """The server stops: nothing is stored any more."""


@define(eq=False)
class _Submission:
    """The events of one request.

    :ivar events: JSON objects, or why what was sent is no event; None once they are mapped.
    :ivar size: how many events they are.
    :ivar destinations: the only ones that they may go to; None for all.
    :ivar future: gets the receipts, or the error.
    :ivar end: when the request has waited too long, by the event loop's clock.
    :ivar receipts: of the events that were mapped.
    :ivar error: why none could be.
    """

    events: Iterable[JsonObject | EventError] | None
    size: int
    destinations: frozenset[str] | None
    future: "asyncio.Future[Sequence[Receipt]]"
    end: float
    receipts: Sequence[Receipt] = ()
    error: RequestError | OutboxError | None = None


_Group: TypeAlias = Sequence[_Submission]


class Writer:
    """Maps the events of requests, and stores those of many requests at once.

    Usable on one event loop at a time; :meth:`stop` on any thread.

    :ivar waiting: how many events wait or are being stored.
    :ivar problem: why nothing could be stored last time; None if it could.
    """

    def __init__(self, client: Client, max_waiting: int, seconds: float) -> None:
        """Start with an empty queue.

        :param max_waiting: how many events may wait; the events of a single request may be more.
        :param seconds: how long a request may wait until its events are stored.
        """
        self._client = client
        self._max_waiting = max_waiting
        self._seconds = seconds
        self._lock = threading.Lock()
        self._queue: deque[_Submission] = deque()
        self._target = 1  # requests to wait for: as many as the last group had
        self._timer: asyncio.TimerHandle | None = None  # ends that wait
        self._limiter: asyncio.TimerHandle | None = None  # ends requests that wait too long
        self._loop: asyncio.AbstractEventLoop | None = None
        self._group: _Group = ()  # what is being mapped or stored
        self._mapping: _Group = ()  # the same, as long as the event loop is mapping it
        self._is_busy = False  # a group is being mapped or stored
        self._stopping = False
        self._groups: SimpleQueue[_Group | None] = SimpleQueue()  # for the thread; None ends it
        self._thread = threading.Thread(target=self._run, name="capi-store", daemon=True)
        self.waiting = 0
        self.problem: OutboxError | None = None
        self.problem_at = 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Refuse further events, and wait until those that wait are stored.

        :param timeout: seconds.
        :returns: False when the time was up first.
        """
        with self._lock:
            self._stopping = True
            # The event loop may have ended before it came to these.
            group, self._mapping = self._mapping, ()
            while group := group or self._take_group():
                self._groups.put(group)
                group = ()
            self._groups.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def accepts(self) -> bool:
        """Whether events can be submitted."""
        return not self._stopping

    @property
    def is_running(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def submit(
        self, events: Iterable[JsonObject | EventError], size: int, destinations: frozenset[str] | None
    ) -> "asyncio.Future[Sequence[Receipt]]":
        """Queue the events of a request; call this on the event loop.

        :param events: JSON objects, or why what was sent is no event.  Each is asked for just before it is mapped.
        :param size: how many they are.
        :param destinations: the only ones that they may go to; None for all.
        :returns: a future that gets a receipt for each event once all that were accepted are on disk;
            :class:`capi_actions.OutboxError` if they can't be stored: then none was accepted; what reading ``events``
            raises, if it is a :class:`RequestError`; or :class:`TimeoutError` when it takes too long: they may be
            stored yet.
        :raises FullError: when too many wait already.
        :raises StoppedError: when the server stops.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._lock:
            if self._stopping:
                raise StoppedError
            if self.waiting and self.waiting + size > self._max_waiting:
                raise FullError
            self.waiting += size
            self._queue.append(_Submission(events, size, destinations, future, loop.time() + self._seconds))
        if loop is not self._loop:
            self._loop, self._limiter = loop, None
        if self._limiter is None:
            self._limit_waits(loop)
        if not self._is_busy:
            self._hand_over_if_enough(loop)
        return future

    def _limit_waits(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waits of requests that take too long, and look again when others may."""
        self._limiter = None
        now = loop.time()
        with self._lock:
            submissions = (*self._group, *self._queue)
        for submission in submissions:  # in the order of their ends
            if submission.end > now:
                # Not for each of thousands, if the disk hangs: a wait may take a little longer.
                next_look = max(submission.end, now + self._seconds / _LOOKS)
                self._limiter = loop.call_at(next_look, self._limit_waits, loop)
                return
            if not submission.future.done():
                submission.future.set_exception(TimeoutError())

    def _hand_over_if_enough(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with what waits, or to wait for more; while a group is being stored, this is called again after it."""
        if self._is_busy or not self._queue:
            return
        if len(self._queue) >= self._target:
            self._hand_over(loop)
        elif self._timer is None or self._timer.when() < loop.time():  # of a loop that has ended
            self._timer = loop.call_later(_COMMIT_DELAY, self._hand_over, loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take a group from the queue, and begin to map it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            if self._is_busy:
                return
            self._group = self._mapping = group = self._take_group()
        if group:
            self._is_busy = True
            self._target = len(group)
            self._map_group(loop, group, 0)

    def _map_group(self, loop: asyncio.AbstractEventLoop, group: _Group, start: int) -> None:
        """Map a group from one of its submissions on, and give it to the thread.

        After some events others have their turn on the loop.
        """
        end, events = start, 0
        while end < len(group) and events < _SLICE:
            self._map(group[end])
            events += group[end].size
            end += 1
        self._client.report(_receipts(group[start:end]))
        if end < len(group):
            loop.call_soon(self._map_group, loop, group, end)
            return
        with self._lock:
            if self._mapping:  # else the thread has it already, as the server stops
                self._mapping = ()
                self._groups.put(group)

    def _map(self, submission: _Submission) -> None:
        """Map the events of a request; when that fails, it alone fails."""
        client, destinations = self._client, submission.destinations
        try:
            submission.receipts = [
                client.refuse(event, report=False)
                if isinstance(event, EventError)
                else client.prepare(event, destinations, report=False)
                for event in submission.events or ()
            ]
        except RequestError as error:
            submission.error = error
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the server
            log_fault("the events of a request could not be mapped", error)
            submission.error = _failure()
        # Hundreds of events that wait for the disk as objects are more than the processor's caches hold.
        submission.events = None

    def _take_group(self) -> _Group:
        """Take submissions from the queue; the caller has the lock."""
        if self.waiting <= _MAX_GROUP:
            everything = list(self._queue)
            self._queue.clear()
            return everything
        group: list[_Submission] = []
        events = 0
        while self._queue and (not group or events + self._queue[0].size <= _MAX_GROUP):
            submission = self._queue.popleft()
            events += submission.size
            group.append(submission)
        return group

    def _run(self) -> None:
        while group := self._groups.get():
            unmapped = [submission for submission in group if submission.events is not None]
            if unmapped:  # the event loop had ended before it came to them
                for submission in unmapped:
                    self._map(submission)
                self._client.report(_receipts(unmapped))
            error = self._store_group(group)
            with self._lock:
                self.waiting -= sum(submission.size for submission in group)
                self._is_busy = False
            with suppress(RuntimeError):  # the event loop has ended: nobody waits any more
                loop = group[0].future.get_loop()
                loop.call_soon_threadsafe(self._resolve, loop, group, error)

    def _store_group(self, group: _Group) -> OutboxError | None:
        """Store what was accepted of a group; return why that isn't possible."""
        try:
            self._client.store(_receipts(group))
        except OutboxError as error:
            self.problem, self.problem_at = error, monotonic()
            return error
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread, and with it the server
            log_fault("a group of events could not be stored", error)
            return _failure()
        self.problem = None
        return None

    def _resolve(self, loop: asyncio.AbstractEventLoop, group: _Group, error: OutboxError | None) -> None:
        """Hand receipts, or the error, to the requests that still wait, and go on with the next group."""
        self._group = ()
        for submission in group:
            future = submission.future
            if future.done():  # the request's time was up, or its connection was closed
                continue
            if (problem := submission.error or error) is not None:
                future.set_exception(problem)
            else:
                future.set_result(submission.receipts)
        self._hand_over_if_enough(loop)


def _receipts(group: _Group) -> Iterator[Receipt]:
    return chain.from_iterable([submission.receipts for submission in group])


def _failure() -> OutboxError:
    return OutboxError("the server failed on these events")


def log_fault(what: str, error: BaseException) -> None:
    """Log a fault of the server's own: where it was raised, and not its text, which may quote an event.

    :param what: what failed.
    """
    _LOG.error("%s: %s\n%s", what, type(error).__name__, "".join(format_tb(error.__traceback__)))
