"""The outbox in one SQLite file: every method is one or several transactions of SQL from the modules beside this one.

``connection`` opens the file and guards it, ``schema`` creates and checks it, ``queue`` has the SQL for items on their
way to delivery, ``once`` remembers what was put, ``dead_letters`` has the SQL for buried items, ``status`` that for
pauses, back-offs and counts.  Threads that put at the same time share a commit (``capi_actions.group_commit``).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from time import monotonic
from typing import Annotated, NamedTuple, Self

from capi_actions.bounds import Between
from capi_actions.builtin.outbox import dead_letters, once, queue, status
from capi_actions.builtin.outbox.connection import Database
from capi_actions.group_commit import GroupCommit
from capi_actions.model import (
    ALL_DEAD,
    Claim,
    DeadFilter,
    DeadLetter,
    Item,
    Judgement,
    OnceOutbox,
    Pause,
    Replayed,
    Stats,
)

_PAGE = 200  # dead letters read at a time
_STEP = 5_000  # dead letters replayed or purged in one transaction


class _Put(NamedTuple):
    """What one caller puts, and since when it waits (monotonic clock)."""

    items: Sequence[Item]
    since: float


class SqliteOutbox(OnceOutbox):
    """Items in one SQLite file, which any number of processes of one machine may share.

    Durable when :meth:`put` returns: write-ahead log, ``synchronous=FULL``.  The file and its ``-wal`` and ``-shm``
    companions are readable by their owner alone.  After a fork the child must open an outbox of its own: the
    inherited one raises OutboxError there.

    What is delivered or purged is overwritten in the file; copies in its log and on its pages are removed when nothing
    is left to deliver, after a purge, and when the outbox is closed.
    """

    def __init__(
        self, path: str | os.PathLike[str], busy_seconds: Annotated[float, Between(0, 600)] = 10.0
    ) -> None:
        """Open the file, or create it.

        :param path: the file; missing folders are created, too.
        :param busy_seconds: how long to wait for another process to finish writing.
        :raises OutboxError: if it can't be used.
        """
        self._database = Database(path, busy_seconds)
        self._puts: GroupCommit[_Put] = GroupCommit(self._commit)

    def put(self, items: Sequence[Item]) -> None:
        """Store items, in one commit with those that other threads put at the same time."""
        self._database.check_usable()
        if items:
            self._puts.submit(_Put(tuple(items), monotonic()))

    def _commit(self, puts: Sequence[_Put]) -> None:
        self._database.check_disk_space()
        since = max(put.since for put in puts)
        with self._database.transaction(since=since, storing=True) as db:
            queue.insert(db, [item for put in puts for item in put.items])

    def expect_puts(self) -> AbstractContextManager[None]:
        """Expect more to be put while the context is open: what is delivered meanwhile is wiped once a second.

        Without that, a reader that is slower than the platform has its outbox wiped after every batch: 5 to 9 µs an
        item, and 2.5 ms in which nothing can be put.
        """
        return self._database.expect_puts()

    def put_once(self, items: Sequence[Item], keys: Sequence[bytes], now: float) -> int:
        """Store those items whose keys were not stored before; return how many were."""
        self._database.check_disk_space()
        with self._database.transaction(storing=True) as db:
            return once.insert(db, items, keys, now)

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Lease items for sending, nearest deadline first, all of one group."""
        since = monotonic()
        with self._database.connection() as db:
            may_claim = queue.may_claim(db, destination, now)
            should_wipe = not may_claim and self._database.owes_wiping and queue.is_idle(db)
        if should_wipe:
            self._database.wipe()
        if not may_claim:
            return None
        with self._database.transaction(since=since) as db:
            return queue.claim(db, destination, limit, max_bytes, lease_seconds, now)

    def extend(self, lease: int, until: float) -> bool:
        """Move the end of a lease; False if it holds nothing any more."""
        with self._database.transaction() as db:
            return queue.extend(db, lease, until)

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Delete items that were delivered, whatever their state."""
        with self._database.deletion() as db:
            queue.acknowledge(db, lease, ids)
            is_idle = queue.is_idle(db)
        self._database.tidy(is_idle=is_idle)

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Make leased items wait until some time, or until just after their deadline."""
        with self._database.transaction() as db:
            queue.release(db, lease, ids, run_at, tried)

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Turn leased items into dead letters."""
        with self._database.transaction() as db:
            queue.bury(db, lease, ids, judgement, now, tried)

    def back_off(self, destination: str, until: float) -> None:
        """Claim nothing for a destination before some time."""
        with self._database.transaction() as db:
            status.back_off(db, destination, until)

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Claim nothing for a destination until it is resumed."""
        with self._database.transaction() as db:
            status.pause(db, destination, judgement, now)

    def resume(self, destination: str) -> bool:
        """End a destination's pause, back-off and delays; False if it wasn't paused."""
        with self._database.transaction() as db:
            was_paused = status.resume(db, destination)
        moved = True
        while moved:
            with self._database.transaction() as db:
                moved = queue.end_delays(db, destination)
        return was_paused

    def paused(self) -> dict[str, Pause]:
        """Return the paused destinations."""
        with self._database.connection() as db:
            return status.paused(db)

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count what could be claimed now, up to ``limit``."""
        with self._database.connection() as db:
            return queue.ready(db, destination, limit, now)

    def next_due(self, destination: str, now: float) -> float | None:
        """Return when a claim may find something; None if only a call can change that it can't."""
        with self._database.connection() as db:
            return queue.next_due(db, destination, now)

    def destinations(self) -> list[str]:
        """Return the destinations with undelivered items, sorted."""
        with self._database.connection() as db:
            return queue.destinations(db)

    def stats(self) -> dict[str, Stats]:
        """Return counts by destination."""
        with self._database.connection() as db:
            return status.stats(db)

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Iterate over dead letters in the order of their ids, reading a page at a time."""
        after = 0
        while True:
            with self._database.connection() as db:
                page = dead_letters.read(db, which, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id or 0

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Make dead letters wait again, some thousands in a transaction; expired ones stay dead."""
        after = moved = expired = 0
        while True:
            with self._database.transaction() as db:
                step, last = dead_letters.replay(db, which, now, after, _STEP)
            moved, expired = moved + step.moved, expired + step.expired
            if last == after:
                return Replayed(moved=moved, expired=expired)
            after = last

    def purge(self, which: DeadFilter) -> int:
        """Delete dead letters, some thousands in a transaction, and return their number."""
        total = 0
        while True:
            with self._database.deletion() as db:
                count = dead_letters.purge(db, which, _STEP)
            total += count
            if count < _STEP:
                break
        if total:
            self._database.wipe()
        return total

    def close(self) -> None:
        """Wipe and close the file; may be called repeatedly."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
