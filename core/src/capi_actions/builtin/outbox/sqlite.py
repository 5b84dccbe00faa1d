"""The built-in outbox: one SQLite file."""

import os
from collections.abc import Iterator, Sequence
from typing import Self

from capi_actions.builtin.outbox import dead_letters, queue, status
from capi_actions.builtin.outbox.connection import Store
from capi_actions.builtin.outbox.group_commit import GroupCommit
from capi_actions.model import DeadLetter, Item, Judgement
from capi_actions.model.outbox import ALL_DEAD, Claim, DeadFilter, Outbox, Pause, Replayed, Stats

_PAGE = 200  # dead letters read at a time
_STEP = 5_000  # dead letters replayed or forgotten in one transaction


class SqliteOutbox(Outbox):
    """Items in one SQLite file, which any number of processes of one machine may share.

    Durable when :meth:`put` returns: write-ahead log, ``synchronous=FULL``.  The file and its
    ``-wal`` and ``-shm`` companions are readable by their owner alone.  What holds an outbox open
    must not fork and go on using it: it refuses; open it anew in the child.
    """

    def __init__(self, path: str | os.PathLike[str], busy_seconds: float = 10.0) -> None:
        """Open the file, or make it together with its folder.

        :param path: the file; its folder is made, too.
        :param busy_seconds: how long to wait for another process to finish writing.
        :raises OutboxError: when it can't be used.
        """
        self._store = Store(path, busy_seconds)
        self._puts: GroupCommit[Sequence[Item]] = GroupCommit(self._commit)

    def put(self, items: Sequence[Item]) -> None:
        """Store items, in one commit with those that other threads put at the same time."""
        self._store.must_be_usable()
        if items:
            self._puts.submit(tuple(items))

    def _commit(self, puts: Sequence[Sequence[Item]]) -> None:
        self._store.must_have_room()
        with self._store.writing() as db:
            queue.store(db, puts)

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Take items for sending, nearest deadline first, all of one group."""
        with self._store.reading() as db:
            if not queue.may_claim(db, destination, now):
                return None
        with self._store.writing() as db:
            return queue.claim(db, destination, limit, max_bytes, lease_seconds, now)

    def extend(self, lease: int, until: float) -> bool:
        """Keep a lease for longer; False when it has run out."""
        with self._store.writing() as db:
            return queue.extend(db, lease, until)

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Forget items that were delivered."""
        with self._store.writing() as db:
            queue.acknowledge(db, lease, ids)
        self._store.shrink()

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Let items wait until some time, or until just after their deadline."""
        with self._store.writing() as db:
            queue.release(db, lease, ids, run_at, tried)

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Make dead letters of items."""
        with self._store.writing() as db:
            queue.bury(db, lease, ids, judgement, now, tried)

    def back_off(self, destination: str, until: float) -> None:
        """Give out nothing for a destination before some time."""
        with self._store.writing() as db:
            status.back_off(db, destination, until)

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Give out nothing for a destination until a person resumes it."""
        with self._store.writing() as db:
            status.pause(db, destination, judgement, now)

    def resume(self, destination: str) -> bool:
        """End a destination's pause and rest, and bring back what was put back; False when it was not paused."""
        with self._store.writing() as db:
            was_paused = status.resume(db, destination)
        moved = True
        while moved:
            with self._store.writing() as db:
                moved = queue.bring_back_all(db, destination)
        return was_paused

    def paused(self) -> dict[str, Pause]:
        """Tell which destinations are paused, and why."""
        with self._store.reading() as db:
            return status.paused(db)

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count what could be sent now, but no further than ``limit``."""
        with self._store.reading() as db:
            return queue.ready(db, destination, limit, now)

    def next_due(self, destination: str, now: float) -> float | None:
        """Tell when there may be something to send; None when that never happens by itself."""
        with self._store.reading() as db:
            return queue.next_due(db, destination, now)

    def destinations(self) -> list[str]:
        """Name every destination with undelivered items, sorted."""
        with self._store.reading() as db:
            return queue.destinations(db)

    def stats(self) -> dict[str, Stats]:
        """Count what is held, by destination."""
        with self._store.reading() as db:
            return status.stats(db)

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Go through dead letters in the order of their numbers, a page at a time."""
        after = 0
        while True:
            with self._store.reading() as db:
                page = dead_letters.letters(db, which, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id or 0

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Let dead letters wait again; expired ones stay dead."""
        after = moved = expired = 0
        while True:
            with self._store.writing() as db:
                some_moved, some_expired, last = dead_letters.replay(db, which, now, after, _STEP)
            moved, expired = moved + some_moved, expired + some_expired
            if last == after:
                return Replayed(moved=moved, expired=expired)
            after = last

    def purge(self, which: DeadFilter) -> int:
        """Delete dead letters for good and return how many."""
        gone = 0
        while True:
            with self._store.writing() as db:
                some = dead_letters.purge(db, which, _STEP)
            self._store.shrink()
            gone += some
            if some < _STEP:
                return gone

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
