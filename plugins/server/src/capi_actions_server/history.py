"""What came in and what became of it, minute by minute, over the last day: for the status page.

It is a small SQLite file beside the outbox.  Not the outbox: that forgets what was delivered, may be another store than
SQLite, and must not be slowed down by counts.  Not memory: counts must survive a restart, and several processes fill
one outbox.  Once a second each process adds its counts to the rows, so that the file has one row for a minute, a
destination, an action and an outcome, however many events there are; rows older than a day are deleted.  A crash loses
the counts of the last second.
"""

import logging
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Final

from attrs import define, frozen

from capi_actions import EventOutcome, EventReport, Report, Verdict

if TYPE_CHECKING:
    from capi_actions import Config  # brings cattrs, for which every command would wait

LOG: Final = logging.getLogger("capi_actions.server")
KEPT_MINUTES: Final = 25 * 60
_MAX_PROBLEMS: Final = 200
_INTERVAL: Final = 1.0  # seconds between two writes
_BUSY_SECONDS: Final = 5.0
_MAX_ROWS_A_MINUTE: Final = 5_000

_SCHEMA: Final = """
create table if not exists counts (
    minute integer, destination text, action text, outcome text, number integer,
    primary key (minute, destination, action, outcome)
) without rowid;
create table if not exists problems (
    destination text, outcome text, reason text, advice text, number integer, last real,
    primary key (destination, outcome, reason)
) without rowid;
"""
_DELIVERED, _DEAD, _RETRIED = "delivered", "dead", "retried"
_OUTCOMES: Final[Mapping[Verdict, str]] = {
    Verdict.DONE: _DELIVERED,
    Verdict.DEAD: _DEAD,
    Verdict.LATER: _RETRIED,
    Verdict.THROTTLED: _RETRIED,
    Verdict.PAUSE: "paused",
}

Key = tuple[int, str, str, str]
ProblemKey = tuple[str, str, str]


@frozen
class Count:
    """How often something happened in a minute.

    :ivar minute: minutes since 1970.
    :ivar outcome: ``mapped``, ``refused``, ``held_back``, ``unmatched``, ``invalid``; ``delivered``, ``dead``,
        ``retried``, ``paused``.
    """

    minute: int
    destination: str
    action: str
    outcome: str
    number: int


@frozen
class RecordedProblem:
    """Something that went wrong, and how often within the day.

    :ivar last: Unix seconds.
    """

    destination: str
    outcome: str
    reason: str
    advice: str
    number: int
    last: float


@define
class _Occurrences:
    number: int = 0
    last: float = 0.0
    advice: str = ""


class History:
    """The file.  Usable from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Take the path; the file is made with the first write."""
        self._path = path

    @classmethod
    def beside_outbox(cls, config: "Config") -> "History":
        """Return the history that belongs to a configuration's outbox."""
        outbox = config.outbox.get("path")
        path = config.folder / outbox if isinstance(outbox, str) else config.folder / "outbox"
        return cls(path.with_name(f"{path.name}-history"))

    def add(self, counts: Mapping[Key, int], problems: Mapping[ProblemKey, _Occurrences], now: float) -> None:
        """Add counts to those that are there, and delete what is older than a day.

        :raises sqlite3.Error: when the file can't be written.
        """
        with self._open() as connection, connection:
            connection.executemany(
                "insert into counts values (?, ?, ?, ?, ?)"
                " on conflict do update set number = number + excluded.number",
                [(*key, number) for key, number in counts.items()],
            )
            connection.executemany(
                "insert into problems values (?, ?, ?, ?, ?, ?)"
                " on conflict do update set number = number + excluded.number, last = excluded.last,"
                " advice = excluded.advice",
                [(*key, entry.advice, entry.number, entry.last) for key, entry in problems.items()],
            )
            minute = int(now // 60)
            connection.execute("delete from counts where minute < ?", (minute - KEPT_MINUTES,))
            connection.execute("delete from problems where last < ?", (now - KEPT_MINUTES * 60,))
            connection.execute(
                "delete from problems where last < (select last from problems order by last desc limit 1 offset ?)",
                (_MAX_PROBLEMS,),
            )

    def counts(self, since_minute: int) -> list[Count]:
        """Return the counts from a minute on; nothing when there is no file yet.

        :raises sqlite3.Error: when the file can't be read.
        """
        return [Count(*row) for row in self._read("select * from counts where minute >= ?", since_minute)]

    def problems(self, limit: int = 20) -> list[RecordedProblem]:
        """Return what went wrong, the last first."""
        rows = self._read("select * from problems order by last desc limit ?", limit)
        return [RecordedProblem(*row) for row in rows]

    def _read(self, statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        if not self._path.exists():
            return ()
        with self._open() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            # Counts needn't survive a loss of power: no wait for the disk.
            connection.execute("pragma synchronous = off")
            connection.executescript(_SCHEMA)
            yield connection
        finally:
            connection.close()


class HistoryObserver:
    """Counts what is reported, if the configuration has a table ``[server]``; a thread writes it once a second.

    So every process with this outbox takes part: ``capi serve``, and ``capi deliver`` and ``capi send`` too.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        """Count nothing before :meth:`configure`."""
        self._clock = clock
        self._history: History | None = None
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._problems: dict[ProblemKey, _Occurrences] = {}
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._has_failed = False

    def configure(self, config: "Config") -> None:
        """Find the file."""
        if "server" in config.tables:
            self._history = History.beside_outbox(config)

    def observe_event(self, report: EventReport) -> None:
        """Count what became of an event."""
        if self._history is None:
            return
        problem = report.reason if report.outcome is not EventOutcome.MAPPED else ""
        self._count(report.destination, report.action, report.outcome.value, 1, problem, "")

    def observe(self, report: Report) -> None:
        """Count what became of items."""
        outcome = _OUTCOMES.get(report.judgement.verdict)
        if self._history is None or outcome is None:
            return
        judgement = report.judgement
        problem = judgement.reason if outcome != _DELIVERED else ""
        self._count(report.destination, "", outcome, report.items, problem, judgement.advice)

    def close(self) -> None:
        """Write what is left."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Write what was counted since the last time; a failure is logged once, and the counts are lost."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            problems, self._problems = self._problems, {}
        if self._history is None or not (counts or problems):
            return
        try:
            self._history.add(counts, problems, self._clock())
        except (sqlite3.Error, OSError) as error:
            if not self._has_failed:
                LOG.warning("the counts for the status page can't be stored: %s", error)
            self._has_failed = True
        else:
            self._has_failed = False

    def _count(
        self, destination: str, action: str, outcome: str, number: int, problem: str, advice: str
    ) -> None:
        now = self._clock()
        with self._lock:
            if len(self._counts) < _MAX_ROWS_A_MINUTE:
                self._counts[int(now // 60), destination, action, outcome] += number
            if problem and len(self._problems) < _MAX_PROBLEMS:
                entry = self._problems.setdefault((destination, outcome, problem[:500]), _Occurrences())
                entry.number += number
                entry.last, entry.advice = now, advice[:500]
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="capi-history", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL):
            self.flush()
