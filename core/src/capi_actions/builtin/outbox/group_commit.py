"""Group commit: many callers share one commit, hence one fsync.

There is no thread of its own: whoever comes while nobody commits leads, and commits all that has
queued by then; the others sleep until their work is done or the lead is free.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from attrs import define, field

from capi_actions.errors import OutboxError

T = TypeVar("T")

_INTERRUPTED = "storing was interrupted before it was certain; put the items again"
_LOOK_AGAIN = 1.0  # seconds; only matters when the thread that was woken to lead has been interrupted


@define(eq=False)
class _Ticket(Generic[T]):
    work: T
    done: bool = False
    error: OutboxError | None = None
    look: threading.Event = field(factory=threading.Event)


@define(eq=False)
class GroupCommit(Generic[T]):
    """Collects what concurrent callers want to have committed.

    :ivar commit: commits several pieces of work in one transaction, or raises OutboxError and
        commits none of them.
    """

    commit: Callable[[Sequence[T]], None]
    _queue: list[_Ticket[T]] = field(factory=list, init=False)
    _led: bool = field(default=False, init=False)
    _mutex: threading.Lock = field(factory=threading.Lock, init=False)

    def submit(self, work: T) -> None:
        """Return once this piece of work is committed.

        :raises OutboxError: when it is not.
        """
        ticket = _Ticket(work)
        with self._mutex:
            self._queue.append(ticket)
        while not ticket.done:
            if tickets := self._take_lead():
                self._lead(tickets)
            else:
                ticket.look.wait(_LOOK_AGAIN)
                ticket.look.clear()
        if ticket.error is not None:
            raise ticket.error

    def _take_lead(self) -> list[_Ticket[T]]:
        """Take all that has queued, unless somebody else leads."""
        with self._mutex:
            if self._led:
                return []
            tickets, self._queue = self._queue, []
            self._led = bool(tickets)
            return tickets

    def _lead(self, tickets: Sequence[_Ticket[T]]) -> None:
        try:
            self._commit_all(tickets)
        finally:
            for ticket in tickets:
                if not ticket.done:
                    ticket.error, ticket.done = OutboxError(_INTERRUPTED), True
                ticket.look.set()
            with self._mutex:
                self._led = False
                if self._queue:
                    self._queue[0].look.set()

    def _commit_all(self, tickets: Sequence[_Ticket[T]]) -> None:
        try:
            self.commit([ticket.work for ticket in tickets])
        except OutboxError as error:
            if len(tickets) > 1:  # one's fault must not be another's
                for ticket in tickets:
                    self._commit_all([ticket])
                return
            tickets[0].error = error
        for ticket in tickets:
            ticket.done = True
