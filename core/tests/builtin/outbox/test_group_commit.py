"""Many threads that put at the same time share commits; each learns its own fate."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from capi_actions.builtin.outbox import SqliteOutbox, connection
from capi_actions.builtin.outbox.connection import Database
from capi_actions.errors import OutboxError
from capi_actions.group_commit import GroupCommit, LockedError, _Ticket
from capi_actions.model import Item, Judgement, Verdict

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
_PATIENCE = 120  # seconds, for a machine that is busy with other things


class Disk:
    """Commits lists of words; the first commit waits until a number of callers have queued."""

    def __init__(self, queued: int) -> None:
        self.commits: list[list[str]] = []
        self.first = threading.Event()
        self._queued = queued
        self.group: GroupCommit[str] = GroupCommit(self._commit)

    def _commit(self, words: Sequence[str]) -> None:
        if not self.first.is_set():
            self.first.set()
            while len(self.group._queue) < self._queued:
                threading.Event().wait(0.001)
        if "bad" in words:
            raise OutboxError("bad word")
        if "cut" in words:
            raise KeyboardInterrupt
        self.commits.append(list(words))


def outcomes(disk: Disk, words: Sequence[str]) -> dict[int, object]:
    """Submit the first word, and while that is being committed all others; return each one's error."""
    errors: dict[int, object] = {}

    def submit(at: int) -> None:
        try:
            disk.group.submit(words[at])
            errors[at] = None
        except (OutboxError, KeyboardInterrupt) as error:
            errors[at] = str(error)

    threads = [threading.Thread(target=submit, args=(at,)) for at in range(len(words))]
    threads[0].start()
    assert disk.first.wait(_PATIENCE)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return errors


def test_all_that_queue_during_a_commit_share_the_next() -> None:
    """A hundred callers wait for two fsyncs, not for a hundred."""
    disk = Disk(queued=99)

    assert dict.fromkeys(range(100)) == outcomes(disk, ["word"] * 100)
    assert [len(words) for words in disk.commits] == [1, 99]


def test_ones_fault_is_not_anothers() -> None:
    """A bad piece of work fails alone, though it was first tried together with good ones."""
    disk = Disk(queued=3)

    assert outcomes(disk, ["a", "b", "bad", "c"]) == {0: None, 1: None, 2: "bad word", 3: None}
    assert sorted(word for words in disk.commits for word in words) == ["a", "b", "c"]


def test_an_interrupted_leader_leaves_nobody_waiting() -> None:
    """Ctrl-C in one thread: those it led get an error, and those after them go on."""
    disk = Disk(queued=2)

    errors = outcomes(disk, ["a", "cut", "b"])

    interrupted = "storing was interrupted before it was certain; put the items again"
    assert errors[0] is None
    assert [errors[1], errors[2]] in (["", interrupted], [interrupted, ""])
    disk.group.submit("later")
    assert disk.commits[-1] == ["later"]


def test_a_hundred_threads_lose_nothing_and_need_few_commits(
    path: Path, make_item: MakeItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real thing.  Each commit waits until all other threads have queued, as if the disk were as slow as that.

    So two commits do one put of each thread: 20 do all ten, where one for each put would be 1,000.
    """
    threads, rounds = 100, 10
    commits = 0
    busy = threads

    with SqliteOutbox(path) as outbox:
        commit = outbox._puts.commit

        def slowly(puts: Any) -> None:
            nonlocal commits
            commits += 1
            while len(outbox._puts._queue) + len(puts) < busy:
                threading.Event().wait(0.001)
            commit(puts)

        monkeypatch.setattr(outbox._puts, "commit", slowly)
        ends = threading.Lock()

        def put(thread: int) -> None:
            nonlocal busy
            for number in range(rounds):
                outbox.put([make_item(f"{thread}-{number}")])
            with ends:
                busy -= 1

        workers = [threading.Thread(target=put, args=(thread,)) for thread in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        claim = outbox.claim("shop", 2000, 10**7, 60, NOW)

    assert claim is not None
    expected = {make_item(f"{thread}-{number}").body for thread in range(threads) for number in range(rounds)}
    assert expected == {item.body for item in claim.items}
    assert len(claim.items) == threads * rounds
    assert commits <= 2 * rounds


@pytest.mark.parametrize("call", ["put", "claim", "pause", "acknowledge"])
def test_threads_wait_together_for_another_process(
    path: Path, make_item: MakeItem, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Not one after another: 20 threads that each waited two seconds for a lock took 42 seconds in all.

    Here the times for which SQLite should wait are added up, so that it doesn't matter how fast the machine is.
    """
    busy_seconds, threads = 0.5, 20
    timeouts: list[float] = []
    calls: dict[str, Callable[[SqliteOutbox], object]] = {
        "put": lambda outbox: outbox.put([make_item()]),
        "claim": lambda outbox: outbox.claim("shop", 1, 1000, 60, NOW),
        "pause": lambda outbox: outbox.pause("shop", Judgement(verdict=Verdict.PAUSE), NOW),
        "acknowledge": lambda outbox: outbox.acknowledge(1, [1]),
    }
    begin, busy_timeout = Database._begin, connection._busy_timeout

    def begin_with_usual_timeout(database: Database, db: sqlite3.Connection, since: float) -> None:
        timeouts.append(busy_seconds)
        begin(database, db, since)

    def set_timeout(db: sqlite3.Connection, seconds: float, usual: float) -> AbstractContextManager[None]:
        timeouts[-1] = seconds
        return busy_timeout(db, seconds, usual)

    with SqliteOutbox(path, busy_seconds=busy_seconds) as outbox:
        outbox.put([make_item()])
        monkeypatch.setattr(Database, "_begin", begin_with_usual_timeout)
        monkeypatch.setattr(connection, "_busy_timeout", set_timeout)
        errors: list[str] = []
        ready = threading.Barrier(threads)

        def work() -> None:
            ready.wait()
            try:
                calls[call](outbox)
            except OutboxError as error:
                errors.append(str(error))

        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        other.execute("ROLLBACK")
        other.close()

        assert len(errors) == threads
        assert all("is kept locked by another process" in error for error in errors)
        assert sum(timeouts) < busy_seconds * threads / 2
        calls[call](outbox)


def test_a_group_that_meets_a_lock_is_not_tried_one_by_one() -> None:
    """Each would wait for the lock again."""
    tries: list[int] = []

    def commit(works: Sequence[str]) -> None:
        tries.append(len(works))
        while not tries[1:] and len(group._queue) < 9:
            threading.Event().wait(0.001)
        raise LockedError("locked")

    group: GroupCommit[str] = GroupCommit(commit)
    errors: list[str] = []

    def work() -> None:
        try:
            group.submit("word")
        except OutboxError as error:
            errors.append(str(error))

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert errors == ["locked"] * 10
    assert tries == [1, 9]


def test_a_caller_that_was_interrupted_before_it_woke_the_next_delays_it_only() -> None:
    """Callers wake one another; one that Ctrl-C has ended wakes nobody."""
    disk = Disk(queued=5)

    class Interrupted(BaseException):
        pass

    sleep = _Ticket.sleep

    def interrupted_once(ticket: _Ticket[str]) -> None:
        sleep(ticket)
        if ticket.work == "interrupted" and ticket.done:
            raise Interrupted

    ends: list[str] = []

    def submit(word: str) -> None:
        try:
            disk.group.submit(word)
            ends.append(word)
        except Interrupted:
            ends.append("cut")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Ticket, "sleep", interrupted_once)
        threads = [threading.Thread(target=submit, args=("first",))]
        threads[0].start()
        assert disk.first.wait(_PATIENCE)
        threads += [
            threading.Thread(target=submit, args=(word,)) for word in ("a", "interrupted", "b", "c", "d")
        ]
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    assert {"first", "a", "b", "c", "d"} <= set(ends)
