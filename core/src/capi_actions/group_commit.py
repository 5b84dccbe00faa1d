"""Group commit: many callers share one commit, hence one fsync, and whatever else the commit does for all of them.

There is no thread for it.  A caller that comes while nobody commits becomes the leader, and commits everything that
has queued by then; the others sleep until their work is done or they can lead.

Two things matter for speed when a hundred threads come again and again.  The leader wakes only one caller, who wakes
the next, and so on: if all wake at once, they fight for the interpreter's lock.  And they sleep on a plain lock: a
``threading.Event`` is two locks and a list, in Python.  Measured with 100 threads that call ``Client.send``
(tests/benchmarks/threads.py): 130 µs of CPU a call with events, 110 with locks, 87 when they wake one another.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, Optional, TypeVar

from attrs import define, field

from capi_actions.errors import OutboxError

T = TypeVar("T")

_INTERRUPTED = "storing was interrupted before it was certain; put the items again"
_WAKE_SECONDS = 1.0  # only matters when a thread that should lead or wake another has been interrupted


class LockedError(OutboxError):
    """Another process kept the file locked for as long as the caller was willing to wait."""


@define(eq=False)
class GroupCommit(Generic[T]):
    """Collects what concurrent callers want to have committed.

    :ivar commit: commits several pieces of work in one transaction, or raises OutboxError and commits none.
    """

    commit: Callable[[Sequence[T]], None]
    _queue: "list[_Ticket[T]]" = field(factory=list, init=False)
    _leader: int | None = field(default=None, init=False)  # a thread's identifier
    _mutex: threading.Lock = field(factory=threading.Lock, init=False)

    def submit(self, work: T) -> None:
        """Return once this piece of work is committed.

        What the commit itself submits, as a log handler may do that sends what is logged, is committed at once.

        :raises OutboxError: if it can't be.
        """
        own = threading.get_ident()
        if self._leader == own:
            self.commit([work])
            return
        with self._mutex:
            is_alone = self._leader is None and not self._queue
            if is_alone:
                self._leader = own
            else:
                ticket = _Ticket(work)
                self._queue.append(ticket)
        if is_alone:  # without a ticket: 3 µs less
            try:
                self.commit([work])
            finally:
                self._end_lead()
        else:
            self._wait(ticket)

    def _wait(self, ticket: "_Ticket[T]") -> None:
        """Return once somebody, perhaps this caller, has committed what has queued.

        :raises OutboxError: if this caller's work can't be committed.
        """
        while not ticket.done:
            if tickets := self._take_lead():
                self._lead(tickets)
            else:
                ticket.sleep()
        if ticket.next is not None:
            ticket.next.wake()
        if ticket.error is not None:
            raise ticket.error

    def _take_lead(self) -> "list[_Ticket[T]]":
        """Take everything that has queued, unless there is a leader."""
        with self._mutex:
            if self._leader is not None:
                return []
            tickets, self._queue = self._queue, []
            if tickets:
                self._leader = threading.get_ident()
            return tickets

    def _lead(self, tickets: "Sequence[_Ticket[T]]") -> None:
        """Commit, hand the lead on, and wake the first caller."""
        try:
            self._commit_tickets(tickets)
        finally:
            for ticket, next_ticket in zip(tickets, [*tickets[1:], None], strict=True):
                if not ticket.done:
                    ticket.error, ticket.done = OutboxError(_INTERRUPTED), True
                ticket.next = next_ticket
            self._end_lead()
            tickets[0].wake()

    def _end_lead(self) -> None:
        """Hand the lead on to the first that has queued meanwhile."""
        with self._mutex:
            self._leader = None
            if self._queue:
                self._queue[0].wake()

    def _commit_tickets(self, tickets: "Sequence[_Ticket[T]]") -> None:
        try:
            self.commit([ticket.work for ticket in tickets])
        except OutboxError as error:
            # One caller's bad work must not fail the others; but a lock fails all, and takes long to do so.
            if len(tickets) > 1 and not isinstance(error, LockedError):
                for ticket in tickets:
                    self._commit_tickets([ticket])
                return
            for ticket in tickets:
                ticket.error = error
        for ticket in tickets:
            ticket.done = True


@define(eq=False)
class _Ticket(Generic[T]):
    """One caller's piece of work.

    :ivar next: whom to wake when this caller has woken up.
    """

    work: T
    done: bool = False
    error: OutboxError | None = None
    next: Optional["_Ticket[T]"] = None
    _wake: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._wake.acquire()

    def sleep(self) -> None:
        """Return when somebody wakes this caller, after a second at the latest."""
        self._wake.acquire(timeout=_WAKE_SECONDS)

    def wake(self) -> None:
        """Wake the caller; if it isn't asleep, it won't fall asleep."""
        with suppress(RuntimeError):  # woken twice
            self._wake.release()
