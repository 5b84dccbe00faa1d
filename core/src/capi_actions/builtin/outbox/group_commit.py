"""Group commit: many callers share one commit, hence one fsync.

There is no thread for it.  A caller that comes while nobody commits becomes the leader, and commits everything that
has queued by then; the others sleep until their work is done or they can lead.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from attrs import define, field

from capi_actions.errors import OutboxError

T = TypeVar("T")

_INTERRUPTED = "storing was interrupted before it was certain; put the items again"
_WAKE_SECONDS = 1.0  # only matters when the thread that was woken to lead has been interrupted


@define(eq=False)
class GroupCommit(Generic[T]):
    """Collects what concurrent callers want to have committed.

    :ivar commit: commits several pieces of work in one transaction, or raises OutboxError and commits none.
    """

    commit: Callable[[Sequence[T]], None]
    _queue: "list[_Ticket[T]]" = field(factory=list, init=False)
    _has_leader: bool = field(default=False, init=False)
    _mutex: threading.Lock = field(factory=threading.Lock, init=False)

    def submit(self, work: T) -> None:
        """Return once this piece of work is committed.

        :raises OutboxError: if it can't be.
        """
        ticket = _Ticket(work)
        with self._mutex:
            self._queue.append(ticket)
        while not ticket.done:
            if tickets := self._take_lead():
                self._lead(tickets)
            else:
                ticket.wake.wait(_WAKE_SECONDS)
                ticket.wake.clear()
        if ticket.error is not None:
            raise ticket.error

    def _take_lead(self) -> "list[_Ticket[T]]":
        """Take everything that has queued, unless there is a leader."""
        with self._mutex:
            if self._has_leader:
                return []
            tickets, self._queue = self._queue, []
            self._has_leader = bool(tickets)
            return tickets

    def _lead(self, tickets: "Sequence[_Ticket[T]]") -> None:
        """Commit, wake the callers, and hand the lead on to the first that queued meanwhile."""
        try:
            self._commit_tickets(tickets)
        finally:
            for ticket in tickets:
                if not ticket.done:
                    ticket.error, ticket.done = OutboxError(_INTERRUPTED), True
                ticket.wake.set()
            with self._mutex:
                self._has_leader = False
                if self._queue:
                    self._queue[0].wake.set()

    def _commit_tickets(self, tickets: "Sequence[_Ticket[T]]") -> None:
        try:
            self.commit([ticket.work for ticket in tickets])
        except OutboxError as error:
            if len(tickets) > 1:  # one caller's bad work must not fail the others
                for ticket in tickets:
                    self._commit_tickets([ticket])
                return
            tickets[0].error = error
        for ticket in tickets:
            ticket.done = True


@define(eq=False)
class _Ticket(Generic[T]):
    """One caller's piece of work."""

    work: T
    done: bool = False
    error: OutboxError | None = None
    wake: threading.Event = field(factory=threading.Event)
