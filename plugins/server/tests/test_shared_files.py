"""The files beside the outbox, which several processes and threads use at the same moment."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from capi_actions import EventError, Receipt
from capi_actions_server.history import History
from capi_actions_server.live_view_file import LiveViewFile, Sharer
from capi_actions_server.pages.entries import Entry
from capi_actions_server.recent_events import RecentEvents
from support.lockstep import in_lockstep

NOW = 1_796_036_781.0
ENTRY = Entry("process 1", 1, NOW, "main", "/v1/track", "track", "{}", ())
COUNTING = """
from pathlib import Path
from capi_actions_server.history import History, Occurrences
def step(path):
    history = History(Path(path))
    for _ in range(2):
        problems = {("shop", "dead", "Why."): Occurrences(1, 1796036781.0)}
        history.add({(29933946, "shop", "", "delivered"): 1}, problems, 1796036781.0)
    return len(history.counts(0))
"""
WATCHING = """
from pathlib import Path
from capi_actions_server.live_view_file import LiveViewFile
def step(path):
    file = LiveViewFile(Path(path))
    file.visit(1796036781.0)
    assert file.is_watched(1796036781.0)
    file.share([], 1, 1796036781.0)
    names = len(file.visit(1796036781.0).names)
    file.leave()
    return names < 4
"""


def test_processes_that_create_the_history_at_the_same_moment_all_count(tmp_path: Path) -> None:
    """Deliverers and servers start together after a machine has started."""
    paths = [tmp_path / str(number) for number in range(20)]

    assert [["1"] * 4] * 20 == list(in_lockstep(COUNTING, map(str, paths)))
    assert [[8]] * 20 == [[count.number for count in History(path).counts(0)] for path in paths]
    assert [[8]] * 20 == [[problem.number for problem in History(path).problems()] for path in paths]


def test_processes_that_create_the_live_view_s_file_at_the_same_moment_all_share(tmp_path: Path) -> None:
    """A page that is open while the servers are started anew asks each of them."""
    paths = [str(tmp_path / str(number)) for number in range(20)]

    assert [["True"] * 4] * 20 == list(in_lockstep(WATCHING, paths))


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A file that this process is writing to, through SQLite."""
    path = tmp_path / "file"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("create table something (number)")
        db.execute("begin immediate")
        yield path
        db.execute("rollback")


def is_locked(path: Path) -> bool:
    """Return whether another process can't write to the file."""
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0.0, isolation_level=None).execute('begin immediate')"
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
    return "database is locked" in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="locks belong to the process only there")
def test_creating_a_file_that_a_thread_has_just_created_drops_no_lock(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """POSIX drops all locks that a process has on a file when it closes any descriptor of it."""
    assert is_locked(locked)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", lambda path: False)  # as it was a moment ago
        patch.setattr("capi_actions_server.history._BUSY_SECONDS", 0.0)
        patch.setattr("capi_actions_server.live_view_file._BUSY_SECONDS", 0.0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            History(locked).add({}, {}, NOW)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            LiveViewFile(locked).visit(NOW)

    assert is_locked(locked)


def test_who_comes_while_the_live_view_s_file_is_emptied_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the file and its emptying: the page would else show one process for a while."""
    one, other = LiveViewFile(tmp_path / "live"), LiveViewFile(tmp_path / "live")
    other.visit(NOW - 100)

    class Visited(sqlite3.Connection):
        def __enter__(self) -> "Visited":
            monkeypatch.undo()
            other.visit(NOW)
            return super().__enter__()

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Visited))

    assert one.is_watched(NOW)


def test_what_was_shared_just_after_the_file_was_emptied_is_removed(tmp_path: Path) -> None:
    """Its process saw that somebody looked, and another one that nobody did any more."""
    one, other = LiveViewFile(tmp_path / "live"), LiveViewFile(tmp_path / "live")
    one.visit(NOW)
    assert one.is_watched(NOW + 59)
    assert not other.is_watched(NOW + 61)
    one.share([ENTRY], 1, NOW + 59)

    assert not one.is_watched(NOW + 62)
    with closing(sqlite3.connect(tmp_path / "live")) as db:
        assert [(0,)] == db.execute("select count(*) from entries").fetchall()


def test_an_event_that_comes_in_while_others_are_shared_is_shared_the_next_time(tmp_path: Path) -> None:
    """It is counted once it is there: what is counted earlier would be taken for shared."""
    recent_events = RecentEvents()
    file = LiveViewFile(tmp_path / "live")
    sharer = Sharer(recent_events, file, lambda: NOW)
    looking = LiveViewFile(tmp_path / "live")
    looking.visit(NOW)

    class Shared(type(recent_events._latest)):  # type: ignore[misc]
        def append(self, event: object) -> None:
            sharer.share()
            super().append(event)

    recent_events._latest = Shared(maxlen=500)
    recent_events.add(NOW, "main", "/v1/track", None, Receipt(problem=EventError.of("is no event", "$")))
    sharer.share()

    assert [1] == [entry.number for entry in looking.visit(NOW).entries]
