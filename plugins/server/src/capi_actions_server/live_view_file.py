"""What came in last, at every server process that shares an outbox: for the live view of each of them.

It is a small SQLite file beside the outbox.  A process writes to it once a second, from a thread of its own, and only
while somebody looks at a live view; at other times the file is empty, and what came in is in each process's memory
alone.  It holds what the page shows: events without values that may be personal, and hashes in place of their ids.
"""

import json
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import Final

from attrs import astuple, frozen

from capi_actions import Config
from capi_actions_server.history import create_private, path_beside_outbox
from capi_actions_server.ingest.writer import log_fault
from capi_actions_server.pages.entries import Entry, Outcome, make_entry
from capi_actions_server.recent_events import RecentEvents

_LOG: Final = logging.getLogger("capi_actions.server")
_INTERVAL: Final = 1.0  # seconds between two writes
_SHARED_AT_ONCE: Final = 100  # events: masking one takes some 50 µs of the core that the server answers with
_KEPT: Final = 200  # events of each process
_LOOKING: Final = 60.0  # seconds after a visit for which processes write
_GONE: Final = 15.0  # seconds after which a process that writes no more has ended
_BUSY_SECONDS: Final = 5.0

_SCHEMA: Final = """
create table if not exists watch (one integer primary key check (one = 1), until real);
create table if not exists processes (process text primary key, name text, total integer, seen real);
create table if not exists entries (process text, number integer, body text, primary key (process, number));
"""


@frozen
class OtherProcesses:
    """What other processes share.

    :ivar names: of the processes.
    :ivar total: how many events they took since they started.
    :ivar entries: the last of them.
    """

    names: Sequence[str] = ()
    total: int = 0
    entries: Sequence[Entry] = ()


class LiveViewFile:
    """The file.  Usable from several threads and processes.

    :ivar name: of this process, for people.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; the first visit to a live view makes the file."""
        self._path = path
        self._process = secrets.token_hex(8)  # process ids are the same in two containers
        self.name = f"process {os.getpid()}"

    @classmethod
    def beside_outbox(cls, config: Config) -> "LiveViewFile":
        """Return the file that belongs to a configuration's outbox."""
        return cls(path_beside_outbox(config, "live"))

    def visit(self, now: float) -> OtherProcesses:
        """Have all processes write for a minute, and return what the others have written.

        :raises sqlite3.Error, OSError: when the file can't be made or read.
        """
        create_private(self._path)
        with self._open() as db:
            (until,) = db.execute("select max(until) from watch").fetchone()
            if until is None or until < now + _LOOKING / 2:  # seldom: the page comes again every two seconds
                with db:
                    db.execute("insert or replace into watch values (1, ?)", (now + _LOOKING,))
            alive = "process != ? and seen > ?"
            processes = db.execute(
                f"select name, total from processes where {alive}",  # noqa: S608  our own text
                (self._process, now - _GONE),
            ).fetchall()
            rows = db.execute(
                f"select body from entries join processes using (process) where {alive}",  # noqa: S608  as above
                (self._process, now - _GONE),
            ).fetchall()
        return OtherProcesses(
            names=[name for name, _ in processes],
            total=sum(total for _, total in processes),
            entries=[_decode(body) for (body,) in rows],
        )

    def is_watched(self, now: float) -> bool:
        """Return whether somebody looks; else empty the file.

        :raises sqlite3.Error: when the file can't be used.
        """
        if not self._path.exists():
            return False
        with self._open() as db:
            if db.execute("select 1 from watch where until > ?", (now,)).fetchone():
                return True
            # A process may have shared something just after another one had emptied the file.
            if db.execute("select 1 from watch union all select 1 from processes").fetchone():
                with db:
                    db.execute("delete from watch where until <= ?", (now,))
                    if db.execute("select 1 from watch").fetchone():  # somebody has come meanwhile
                        return True
                    for table in ("entries", "processes"):
                        db.execute(f"delete from {table}")  # noqa: S608  our own text
            return False

    def share(self, entries: Sequence[Entry], total: int, now: float) -> None:
        """Write what this process took, and remove what is older, and what processes wrote that have ended.

        :param entries: those that aren't there yet.
        :param total: how many there were since the process started.
        :raises sqlite3.Error: when the file can't be written.
        """
        with self._open() as db, db:
            db.execute(
                "insert or replace into processes values (?, ?, ?, ?)",
                (self._process, self.name, total, now),
            )
            db.executemany(
                "insert or replace into entries values (?, ?, ?)",
                [(self._process, entry.number, json.dumps(astuple(entry))) for entry in entries],
            )
            db.execute(
                "delete from entries where process = ? and number <= ?", (self._process, total - _KEPT)
            )
            db.execute("delete from processes where seen < ?", (now - _GONE,))
            db.execute("delete from entries where process not in (select process from processes)")

    def leave(self) -> None:
        """Remove what this process wrote: it ends.

        :raises sqlite3.Error: when the file can't be written.
        """
        if self._path.exists():
            with self._open() as db, db:
                for table in ("entries", "processes"):
                    db.execute(f"delete from {table} where process = ?", (self._process,))  # noqa: S608  our own text

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            db.execute("pragma synchronous = off")  # nothing of it need survive a loss of power
            db.execute("pragma secure_delete = on")
            db.executescript(_SCHEMA)
            yield db
        finally:
            db.close()


class Sharer:
    """Writes what this process took to the file once a second, as long as somebody looks."""

    def __init__(
        self, recent_events: RecentEvents, file: LiveViewFile, clock: Callable[[], float] = time
    ) -> None:
        """Share nothing before :meth:`start`."""
        self._recent_events = recent_events
        self._file = file
        self._clock = clock
        self._shared = 0  # the number of the last one
        self._was_watched = self._has_failed = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capi-live", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, and remove what this process wrote."""
        self._closing.set()
        self._thread.join()
        if self._was_watched:
            self._log_failures(self._file.leave)

    def share(self) -> None:
        """Write what came in since the last time; a failure is logged once."""
        self._log_failures(self._share)

    def _share(self) -> None:
        now = self._clock()
        if not self._file.is_watched(now):
            self._shared, self._was_watched = 0, False
            return
        total = self._recent_events.count
        unshared = [event for event in self._recent_events.latest() if event.number > self._shared]
        entries = [make_entry(event, self._file.name) for event in unshared[-_SHARED_AT_ONCE:]]
        self._file.share(entries, total, now)
        self._shared, self._was_watched = max(total, self._shared), True

    def _log_failures(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (sqlite3.Error, OSError) as error:
            if not self._has_failed:
                _LOG.warning("other processes can't show what comes in here: %s", error)
            self._has_failed = True
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread, nor quote an event
            log_fault("what came in could not be shown to other processes", error)
        else:
            self._has_failed = False

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL):
            self.share()


def _decode(body: str) -> Entry:
    values = json.loads(body)
    values[-1] = tuple(Outcome(*outcome) for outcome in values[-1])
    return Entry(*values)
