"""Group commit across requests: a thread stores what all requests that wait have accepted, with one wait for the disk.

Events are mapped on the event loop, request by request, and only stored in the thread.  When the thread mapped, too, it
held the interpreter's lock for milliseconds, and the event loop waited for it at every read and write: 5 ms each time.

A commit takes longer than an event's mapping, so that large groups matter for speed.  After a group of many requests
the event loop therefore waits up to 2 ms for as many again: their senders are just sending the next ones.  A lone
sender never waits.

What waits is bounded: beyond that, requests are refused, so that a slow disk can't fill the memory.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import TypeAlias

from attrs import define

from capi_actions import CapiError, Client, EventError, JsonObject, OutboxError, Receipt
from capi_actions_server.ingest.deadlines import Deadlines
from capi_actions_server.logs import log_fault

_MAX_GROUP = 2_000  # events: storing them takes some 20 ms, and a request that comes now waits for it
_COMMIT_DELAY = 0.002  # seconds
_SLICE = 100  # events: mapping them takes some 5 ms, during which nothing else is answered


class FullError(Exception):
    """Too many events wait for the disk."""


class StoppedError(Exception):
    """The server stops: nothing is stored any more."""


@define(eq=False)
class _Submission:
    """What became of the events of one request.

    :ivar future: is done when what was accepted is on disk, or has the error.
    """

    receipts: Sequence[Receipt]
    future: "asyncio.Future[None]"


_Group: TypeAlias = Sequence[_Submission]


class Writer:
    """Maps the events of requests, and stores those of many requests at once.

    Its coroutines are called on one event loop at a time, the other methods on any thread.

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
        self._deadlines = Deadlines(seconds)
        self._lock = threading.Lock()
        self._queue: deque[_Submission] = deque()
        self._target = 1  # requests to wait for: as many as the last group had
        self._timer: asyncio.TimerHandle | None = None  # ends that wait
        self._is_storing = False
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
            while group := self._take_group():
                self._groups.put(group)
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

    async def map(
        self, events: Sequence[JsonObject | EventError], destinations: frozenset[str] | None
    ) -> Sequence[Receipt]:
        """Turn the events of a request into items, for which :meth:`store` must be called.

        Others have their turn between slices of a large request.

        :param events: JSON objects, or why what was sent is no event.
        :param destinations: the only ones that they may go to; None for all.
        :raises FullError: when too many wait already.
        :raises StoppedError: when the server stops.
        :raises capi_actions.OutboxError: when the server fails on them.
        """
        self._admit(len(events))
        receipts: list[Receipt] = []
        client = self._client
        try:
            for event in events:
                if receipts and not len(receipts) % _SLICE:
                    await asyncio.sleep(0)
                receipts.append(
                    client.refuse(event)
                    if isinstance(event, EventError)
                    else client.prepare(event, destinations)
                )
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the server
            log_fault("the events of a request could not be mapped", error)
        else:
            return receipts
        finally:
            if len(receipts) < len(events):
                with self._lock:
                    self.waiting -= len(events)
        raise OutboxError("the server failed on these events")

    async def store(self, receipts: Sequence[Receipt]) -> None:
        """Return once all that was accepted of a request is on disk.

        :raises TimeoutError: when it takes too long; it may be stored yet.
        :raises capi_actions.OutboxError: when it can't be stored: then nothing was accepted.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._lock:
            if self._stopping:
                self.waiting -= len(receipts)
                raise StoppedError
            self._queue.append(_Submission(receipts, future))
        self._hand_over_if_enough(loop)
        wait = self._deadlines.start(loop, partial(_expire, future))
        try:
            await future
        finally:
            self._deadlines.finish(wait)

    def _hand_over_if_enough(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand what waits over to the thread, or begin to wait for more; the thread may be busy, and comes back."""
        if self._is_storing or not self._queue:
            return
        if len(self._queue) >= self._target:
            self._hand_over()
        elif self._timer is None or self._timer.when() < loop.time():  # of a loop that has ended
            self._timer = loop.call_later(_COMMIT_DELAY, self._hand_over)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            if not self._is_storing and (group := self._take_group()):
                self._is_storing = True
                self._target = len(group)
                self._groups.put(group)

    def _take_group(self) -> _Group:
        """Take submissions from the queue; the caller has the lock."""
        group: list[_Submission] = []
        events = 0
        while self._queue and (not group or events + len(self._queue[0].receipts) <= _MAX_GROUP):
            submission = self._queue.popleft()
            events += len(submission.receipts)
            group.append(submission)
        return group

    def _admit(self, events: int) -> None:
        with self._lock:
            if self._stopping:
                raise StoppedError
            if self.waiting and self.waiting + events > self._max_waiting:
                raise FullError
            self.waiting += events

    def _run(self) -> None:
        while group := self._groups.get():
            error = self._store_group(group)
            with self._lock:
                self.waiting -= sum(len(submission.receipts) for submission in group)
                self._is_storing = False
            with suppress(RuntimeError):  # the event loop has ended: nobody waits any more
                loop = group[0].future.get_loop()
                loop.call_soon_threadsafe(self._resolve, loop, group, error)

    def _store_group(self, group: _Group) -> CapiError | None:
        """Store what was accepted of a group; return why that isn't possible."""
        try:
            self._client.store(receipt for submission in group for receipt in submission.receipts)
        except OutboxError as error:
            self.problem, self.problem_at = error, monotonic()
            return error
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread, and with it the server
            log_fault("a group of events could not be stored", error)
            return OutboxError("the server failed on these events")
        self.problem = None
        return None

    def _resolve(self, loop: asyncio.AbstractEventLoop, group: _Group, error: CapiError | None) -> None:
        """Let the requests of a group go on that still wait, and gather the next."""
        for submission in group:
            if submission.future.done():  # the request's time was up, or its connection was closed
                continue
            if error is None:
                submission.future.set_result(None)
            else:
                submission.future.set_exception(error)
        self._hand_over_if_enough(loop)


def _expire(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(TimeoutError())
