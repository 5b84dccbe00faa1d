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
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Final

from attrs import define, frozen

from capi_actions import EventOutcome, EventReport, Report, Verdict

if TYPE_CHECKING:
    from capi_actions import Config  # brings cattrs, for which every command would wait

_LOG: Final = logging.getLogger("capi_actions.server")
KEPT_MINUTES: Final = 25 * 60
_MAX_PROBLEMS: Final = 200
_INTERVAL: Final = 1.0  # seconds between two writes
_BUSY_SECONDS: Final = 5.0
_MAX_REPORTS: Final = 200_000  # that wait to be counted; further ones push the oldest out
_MAX_SENTENCE: Final = 500  # characters

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
class Occurrences:
    """How often a problem occurred, when last, and the advice then."""

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
        return cls(path_beside_outbox(config, "history"))

    def add(self, counts: Mapping[Key, int], problems: Mapping[ProblemKey, Occurrences], now: float) -> None:
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
                "delete from problems where (destination, outcome, reason) not in"
                " (select destination, outcome, reason from problems order by last desc limit ?)",
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
        create_private(self._path)
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            # Counts needn't survive a loss of power: no wait for the disk.
            connection.execute("pragma synchronous = off")
            connection.executescript(_SCHEMA)
            yield connection
        finally:
            connection.close()


def path_beside_outbox(config: "Config", suffix: str) -> Path:
    """Return the path of a file that belongs to a configuration's outbox, as its name followed by a suffix."""
    outbox = config.outbox.get("path")
    path = config.folder / outbox if isinstance(outbox, str) else config.folder / "outbox"
    return path.with_name(f"{path.name}-{suffix}")


def create_private(path: Path) -> None:
    """Create an empty file that this user alone can read, unless there is one.

    An existing file isn't opened, not even for a moment: closing it would drop the locks that SQLite's other
    connections of this process hold on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


class HistoryObserver:
    """Counts what is reported, if the configuration has a table ``[server]``; a thread writes it once a second.

    So every process with this outbox takes part: ``capi serve``, and ``capi deliver`` and ``capi send`` too.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        """Count nothing before :meth:`configure`."""
        self._clock = clock
        self._history: History | None = None
        # Counted by the thread: appending takes 0.1 µs of the event's way, counting took 3.
        self._reports: deque[EventReport | Report] = deque(maxlen=_MAX_REPORTS)
        self._starting, self._flushing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._has_failed = False

    def configure(self, config: "Config") -> None:
        """Find the file."""
        if "server" in config.tables:
            self._history = History.beside_outbox(config)

    def observe(self, report: EventReport | Report) -> None:
        """Take what became of items, or of an event."""
        if self._history is not None:
            self._reports.append(report)
            if self._thread is None:
                self._start()

    observe_event = observe

    def close(self) -> None:
        """Write what is left."""
        with self._starting:
            self._closing.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Write what was reported since the last time; a failure is logged once, and the counts are lost."""
        with self._flushing:
            now = self._clock()
            counts, problems = count_reports(self._take(), now)
            if self._history is None or not counts:
                return
            try:
                self._history.add(counts, problems, now)
            except (sqlite3.Error, OSError) as error:
                if not self._has_failed:
                    _LOG.warning("the counts for the status page can't be stored: %s", error)
                self._has_failed = True
            else:
                self._has_failed = False

    def _take(self) -> Iterator[EventReport | Report]:
        for _ in range(len(self._reports)):
            yield self._reports.popleft()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="capi-history", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL):
            self.flush()


def count_reports(
    reports: Iterable[EventReport | Report], now: float
) -> tuple[Mapping[Key, int], Mapping[ProblemKey, Occurrences]]:
    """Return how often each thing happened, and what went wrong.

    :param now: when it happened, to within the second that a report waits.
    """
    minute = int(now // 60)
    counts: Counter[Key] = Counter()
    problems: dict[ProblemKey, Occurrences] = {}
    for report in reports:
        outcome, action, number, reason, advice = _facts(report)
        if not outcome:
            continue
        counts[minute, report.destination, action, outcome] += number
        key = (report.destination, outcome, reason[:_MAX_SENTENCE])
        if reason and (key in problems or len(problems) < _MAX_PROBLEMS):
            occurrences = problems.setdefault(key, Occurrences())
            occurrences.number += number
            occurrences.last, occurrences.advice = now, advice[:_MAX_SENTENCE]
    return counts, problems


def _facts(report: EventReport | Report) -> tuple[str, str, int, str, str]:
    """Return outcome, action, number, reason and advice; "" as the outcome of what isn't counted."""
    if isinstance(report, EventReport):
        reason = "" if report.outcome is EventOutcome.MAPPED else report.reason
        return report.outcome.value, report.action, 1, reason, ""
    judgement = report.judgement
    outcome = _OUTCOMES.get(judgement.verdict, "")
    reason = "" if outcome == _DELIVERED else judgement.reason
    return outcome, "", report.items, reason, judgement.advice
