"""Many threads that put at the same time share commits; each learns its own fate."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.outbox.group_commit import GroupCommit
from capi_actions.errors import OutboxError
from capi_actions.model import Item

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

        def slowly(puts: Sequence[Sequence[Item]]) -> None:
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
