"""Group commit across requests: a thread that maps and stores all events that wait, with one wait for the disk.

A commit takes longer than an event's mapping, so that large groups matter for speed.  After a group of many requests
the writer therefore waits up to 2 ms for as many again: their senders are just sending the next ones.  A lone sender
never waits.

What waits is bounded: beyond that, requests are refused, so that a slow disk can't fill the memory.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from attrs import define, field

from capi_actions import CapiError, Client, EventError, JsonObject, OutboxError, Receipt
from capi_actions_server.logs import log_fault

_MAX_GROUP = 2_000  # events: mapping them takes some 0.1 s, and a request that comes now waits for it
_COMMIT_DELAY = 0.002  # seconds


class FullError(Exception):
    """Too many events wait for the disk."""


class StoppedError(Exception):
    """The server stops: nothing is stored any more."""


@define(eq=False)
class _Submission:
    """The events of one request.

    :ivar events: JSON objects, or why what was sent is no event.
    :ivar destinations: the only ones that they may go to; None for all.
    :ivar future: gets the receipts, or the error.
    """

    events: Sequence[JsonObject | EventError]
    destinations: frozenset[str] | None
    future: "asyncio.Future[list[Receipt]]"
    receipts: list[Receipt] = field(factory=list)


class Writer:
    """Maps and stores the events of many requests at once, in a thread of its own.

    :ivar waiting: how many events wait or are being stored.
    :ivar problem: why nothing could be stored last time; None if it could.
    """

    def __init__(self, client: Client, max_waiting: int) -> None:
        """Start with an empty queue.

        :param max_waiting: how many events may wait; the events of a single request may be more.
        """
        self._client = client
        self._max_waiting = max_waiting
        self._condition = threading.Condition()
        self._queue: deque[_Submission] = deque()
        self._stopping = False
        self._target = 1  # requests to wait for: as many as the last group had
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
        with self._condition:
            self._stopping = True
            self._condition.notify()
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
        self, events: Sequence[JsonObject | EventError], destinations: frozenset[str] | None
    ) -> "asyncio.Future[list[Receipt]]":
        """Queue the events of a request; call this on the event loop.

        :returns: a future that gets a receipt for each event once all that were accepted are on disk, or
            :class:`capi_actions.OutboxError` if they can't be stored: then none was accepted.
        :raises FullError: when too many wait already.
        :raises StoppedError: when the server stops.
        """
        future = asyncio.get_running_loop().create_future()
        with self._condition:
            if self._stopping:
                raise StoppedError
            if self.waiting and self.waiting + len(events) > self._max_waiting:
                raise FullError
            self.waiting += len(events)
            self._queue.append(_Submission(events, destinations, future))
            if len(self._queue) in (1, self._target):  # the writer wakes for no other
                self._condition.notify()
        return future

    def _run(self) -> None:
        while group := self._next_group():
            error = self._store(group)
            with self._condition:
                self.waiting -= sum(len(submission.events) for submission in group)
            with suppress(RuntimeError):  # the event loop has ended: nobody waits any more
                group[0].future.get_loop().call_soon_threadsafe(_resolve, group, error)

    def _next_group(self) -> list[_Submission]:
        """Wait for submissions and return them; nothing when the writer stops and all is stored."""
        group: list[_Submission] = []
        events = 0
        with self._condition:
            while not self._queue and not self._stopping:
                self._condition.wait()
            if len(self._queue) < self._target and not self._stopping:
                self._condition.wait(_COMMIT_DELAY)
            while self._queue and (not group or events + len(self._queue[0].events) <= _MAX_GROUP):
                submission = self._queue.popleft()
                events += len(submission.events)
                group.append(submission)
            self._target = len(group)
        return group

    def _store(self, group: Sequence[_Submission]) -> CapiError | None:
        """Map and store the events of a group; return why that isn't possible."""
        client = self._client
        try:
            for submission in group:
                submission.receipts = [
                    client.refuse(event)
                    if isinstance(event, EventError)
                    else client.prepare(event, submission.destinations)
                    for event in submission.events
                ]
            client.store(receipt for submission in group for receipt in submission.receipts)
        except OutboxError as error:
            self.problem, self.problem_at = error, monotonic()
            return error
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread, and with it the server
            log_fault("a group of events could not be mapped", error)
            return OutboxError("the server failed on these events")
        self.problem = None
        return None


def _resolve(group: Sequence[_Submission], error: CapiError | None) -> None:
    """Hand receipts, or the error, to the requests that still wait."""
    for submission in group:
        if submission.future.done():  # the request's time was up, or its connection was closed
            continue
        if error is None:
            submission.future.set_result(submission.receipts)
        else:
            submission.future.set_exception(error)
