"""The open file: an SQLite connection that all threads of a process share, its guards, error messages and row types."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage
from time import monotonic, sleep
from typing import Any

from capi_actions.builtin.outbox.schema import prepare
from capi_actions.errors import OutboxError
from capi_actions.group_commit import LockedError

_MIN_FREE_PAGES = 1024  # 8 MiB: shrinking by less isn't worth the work
_MAX_LIVE_PAGES = 4096  # 32 MiB: rewriting them takes 0.4 s, during which nothing can be put
_MAX_LIVE_PAGES_AT_CLOSE = 32_768  # 256 MiB: some 3 s, when this process has nothing else to do
_RESERVED_BYTES = 16 * 2**20  # of the disk, or a twentieth of a small one

# Wiping rewrites the pages in use: 8 ms a megabyte, while nobody can put.  A megabyte may be rewritten whenever a
# backlog has been delivered, more only as often as it takes a twentieth of the time.
_ALWAYS_REWRITTEN_PAGES = 128
_REWRITING_SHARE = 0.05
_WIPE_BUSY_SECONDS = 1.0  # wiping can be done later
_WIPE_INTERVAL = 1.0  # seconds between two, while the outbox is being filled

_MIN_BUSY_SECONDS = 0.01  # another process may be committing just now
_BUSY_INTERVAL = 0.005  # seconds between two attempts where SQLite doesn't wait by itself

FILE_ERRORS = (
    sqlite3.Error,
    ArithmeticError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    MemoryError,
)
"""What the ``sqlite3`` module raises for faults of the file and for values that it can't store, and what code raises
that reads a value of the wrong type from a damaged file."""


class Database:
    """An open outbox file.

    One connection under a lock, not one for each thread: SQLite has a single writer anyway, and a lock is fairer than
    SQLite's polling.
    """

    def __init__(self, path: str | os.PathLike[str], busy_seconds: float = 10.0) -> None:
        """Open the file, or create it, readable by this user alone.

        :param busy_seconds: how long to wait for another process to finish writing.
        :raises OutboxError: if it can't be used.
        """
        self.path = Path(path).absolute()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False
        self._busy_seconds = busy_seconds
        self._has_traces = False  # of deleted items, as far as this process deleted them
        self._next_rewriting = 0.0  # monotonic
        self._fillers = 0
        self._next_wiping = 0.0  # monotonic; only counts while there are fillers
        self._has_put_off_wiping = False
        try:
            _create(self.path)
            self._connection = _connect(self.path, busy_seconds)
            _make_private(self.path)  # not earlier: only now it is certain that the file is an outbox
        except OSError as error:
            raise OutboxError(f"the outbox {self.path} can't be opened: {error.strerror}") from None
        except FILE_ERRORS as error:
            raise to_outbox_error(error, self.path) from None
        self._file_id = _file_id(self.path)
        _databases.add(self)

    @contextmanager
    def connection(self, *, storing: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend the connection, for queries.

        :param storing: whether a value of the wrong type is an item's that is to be stored, not the file's.
        :raises OutboxError: if one fails, or the file can't be used any more.
        """
        self.check_usable()
        with self._lock:
            self.check_usable()
            if _file_id(self.path) != self._file_id:
                raise OutboxError(
                    f"the outbox {self.path} was deleted or replaced while it was open; what it held is lost to"
                    " other processes: restart this one"
                )
            try:
                yield self._connection
            except FILE_ERRORS as error:
                raise to_outbox_error(error, self.path, storing=storing) from None

    @contextmanager
    def transaction(
        self, *, since: float | None = None, storing: bool = False
    ) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside a transaction, which is durable once this ends without an error.

        :param since: when the caller began to wait (monotonic clock); now if it is None.  The time counts towards the
            wait for another process, so that threads that queue behind each other don't wait for it in turn.
        :param storing: see :meth:`connection`.
        :raises OutboxError: if anything fails; then nothing was changed.
        """
        since = monotonic() if since is None else since
        with self.connection(storing=storing) as db:
            self._begin(db, since)
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def deletion(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside a transaction that overwrites what it deletes; :meth:`wipe` does the rest.

        Overwriting freed pages costs 1.2 µs an item of 1.3 kB.
        """
        with self.transaction() as db:
            self._has_traces = True
            db.execute("PRAGMA secure_delete = ON")
            try:
                yield db
            finally:
                with suppress(sqlite3.Error):
                    db.execute("PRAGMA secure_delete = FAST")

    def _begin(self, db: sqlite3.Connection, since: float) -> None:
        waited = monotonic() - since
        if waited < self._busy_seconds / 10:
            db.execute("BEGIN IMMEDIATE")
            return
        with _busy_timeout(db, max(self._busy_seconds - waited, _MIN_BUSY_SECONDS), self._busy_seconds):
            db.execute("BEGIN IMMEDIATE")

    def check_usable(self) -> None:
        """Check that the file isn't closed, and, as SQLite forbids its use then, that there was no fork.

        :raises OutboxError: saying which.
        """
        if os.getpid() != self._process:
            raise OutboxError(
                f"the outbox {self.path} was opened before a fork; open it anew in the child process"
            )
        if self._closed:
            raise OutboxError(f"the outbox {self.path} is closed")

    def check_disk_space(self) -> None:
        """Check that the disk has more than the reserve left.

        Sending writes a little before it frees much: on a disk that the outbox itself had filled to the last byte, it
        could not start.

        :raises OutboxError: if it hasn't.
        """
        with suppress(OSError):  # the folder is gone: storing reports that
            disk = disk_usage(self.path.parent)
            if disk.free < min(_RESERVED_BYTES, disk.total // 20):
                raise OutboxError(
                    f"the outbox {self.path} accepts no more items: the disk is nearly full, and delivering needs"
                    " what is left; free some space and try again"
                )

    @contextmanager
    def expect_puts(self) -> Iterator[None]:
        """Wipe at most once a second while the context is open."""
        with self._lock:
            self._fillers += 1
        try:
            yield
        finally:
            with self._lock:
                self._fillers -= 1

    @property
    def owes_wiping(self) -> bool:
        """Whether :meth:`tidy` has put wiping off, and it should be done now if there is nothing to deliver."""
        return self._has_put_off_wiping and self._may_wipe

    @property
    def _may_wipe(self) -> bool:
        return not self._fillers or monotonic() >= self._next_wiping

    def tidy(self, *, is_idle: bool) -> None:
        """Wipe or shrink the file, if it is time for that, after items were deleted.

        :param is_idle: whether nothing is left to deliver.
        """
        if not self._may_wipe:
            self._has_put_off_wiping = True
        elif is_idle:
            self.wipe()
        else:
            self.shrink()

    def wipe(self, *, closing: bool = False) -> None:
        """Remove what is left of deleted items from the file and its write-ahead log.

        Deleted cells and freed pages are overwritten at once (:meth:`deletion`).  What is left then are the log's old
        frames, and copies of cells that SQLite moved between pages; only rewriting the file removes those.  With an
        empty outbox that takes 2.5 ms, most of it two waits for the disk.

        A failure isn't raised, as the caller's work is done: the next call tries again.

        :param closing: whether to rewrite a larger file, too, and whether or not it was rewritten a moment ago.
        """
        self._has_put_off_wiping = False
        self._next_wiping = monotonic() + _WIPE_INTERVAL
        with suppress(OutboxError), self.connection() as db:
            busy_seconds = min(_WIPE_BUSY_SECONDS, self._busy_seconds)
            with _busy_timeout(db, busy_seconds, self._busy_seconds):
                rewritten = self._rewrite(db, closing=closing)
                blocked = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._has_traces = not rewritten or bool(blocked)

    def _rewrite(self, db: sqlite3.Connection, *, closing: bool) -> bool:
        """Rewrite the file, unless it is too large, or has just been rewritten."""
        live, _ = _count_pages(db)
        start = monotonic()
        if live > (_MAX_LIVE_PAGES_AT_CLOSE if closing else _MAX_LIVE_PAGES):
            return False
        if live > _ALWAYS_REWRITTEN_PAGES and start < self._next_rewriting and not closing:
            return False
        db.execute("VACUUM")
        end = monotonic()
        self._next_rewriting = end + (end - start) / _REWRITING_SHARE
        return True

    def shrink(self, max_live_pages: int = _MAX_LIVE_PAGES) -> None:
        """Return disk space to the system after a backlog: when little of the file is in use.

        Rewriting what is in use beats SQLite's incremental vacuum: measured with 330 MB, of which 17 were in use, 0.3 s
        against 2.5, and draining a backlog isn't slowed down on the way.

        A failure isn't raised, as the caller's work is done: the next call tries again.

        :param max_live_pages: do nothing if more pages than this are in use.
        """
        with suppress(OutboxError), self.connection() as db:
            live, free = _count_pages(db)
            if free >= _MIN_FREE_PAGES and live < max_live_pages and live * 3 < free:
                db.execute("VACUUM")

    def close(self) -> None:
        """Wipe and close the file; does nothing when repeated, and in a forked child."""
        if os.getpid() != self._process or self._closed:
            return
        if self._has_traces:
            self.wipe(closing=True)
        else:
            self.shrink(_MAX_LIVE_PAGES_AT_CLOSE)
        with self._lock, suppress(*FILE_ERRORS):
            self._closed = True
            self._connection.close()


def _count_pages(db: sqlite3.Connection) -> tuple[int, int]:
    """Return the numbers of pages in use and of free ones."""
    free = int(db.execute("PRAGMA freelist_count").fetchone()[0])
    return int(db.execute("PRAGMA page_count").fetchone()[0]) - free, free


@contextmanager
def _busy_timeout(db: sqlite3.Connection, seconds: float, usual_seconds: float) -> Iterator[None]:
    db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(usual_seconds * 1000)}")


def _create(path: Path) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # another process may be faster
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not path.is_file():
        raise OutboxError(
            f"the outbox {path} can't be opened: it is a folder or a device; give the path of a file"
        )


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _prepare(db, path, busy_seconds)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
    # SQLite doesn't wait for a process that is switching the same new file to its write-ahead log, whatever the busy
    # timeout is: of four processes that opened a new file at once, one failed in 19 of 60 runs.
    deadline = monotonic() + busy_seconds
    while True:
        try:
            prepare(db, path)
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
            sleep(_BUSY_INTERVAL)
        else:
            return


def primary_code(error: sqlite3.Error) -> int | None:
    """Return SQLite's code for an error without what extends it; None if SQLite itself hasn't raised it."""
    # Extended codes keep the primary one in the low byte: https://www.sqlite.org/rescode.html
    code: int | None = getattr(error, "sqlite_errorcode", None)  # none if a text in the file isn't UTF-8
    return None if code is None else code & 0xFF


def _make_private(path: Path) -> None:
    # By name, not by opening the files: closing one drops the POSIX locks of other connections of this process.
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


_LOCKED = "is kept locked by another process; find out which (`lsof` shows it) and try again"
_DAMAGED = (
    "is damaged; stop all programs that use it, keep a copy, and rescue its items with"
    " `sqlite3 FILE .recover | sqlite3 NEWFILE`"
)
_MESSAGES: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: "has no room left: the disk is full; free some space and try again",
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable for this user",
    sqlite3.SQLITE_PERM: "may not be used by this user; make the file and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: (
        "can't be opened; this user must be able to read and write the file itself (who owns it?) and its folder,"
        " which must exist"
    ),
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk or file system reported a fault; check it",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,  # a table or column is missing
    sqlite3.SQLITE_SCHEMA: _DAMAGED,
    sqlite3.SQLITE_MISMATCH: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "is not an outbox but some other file; give another path",
    sqlite3.SQLITE_TOOBIG: "can't store an item of this size; SQLite takes up to a gigabyte",
    sqlite3.SQLITE_NOMEM: "can't be used: there is no memory left",
}
_UNSTORABLE = (
    "can't store an item with a value of the wrong type, a number over 64 bits or text that isn't Unicode"
)


def to_outbox_error(error: Exception, path: Path, *, storing: bool = False) -> OutboxError:
    """Return one of :data:`FILE_ERRORS` as an OutboxError whose sentence says what to do and quotes no value.

    :param storing: whether a value of the wrong type is an item's that is to be stored, not the file's.
    """
    if isinstance(error, MemoryError):
        return OutboxError(f"the outbox {path} {_MESSAGES[sqlite3.SQLITE_NOMEM]}")
    if not isinstance(error, sqlite3.Error) or (code := primary_code(error)) is None:
        came_from_caller = isinstance(
            error, OverflowError | UnicodeEncodeError | sqlite3.InterfaceError | sqlite3.ProgrammingError
        )
        return OutboxError(f"the outbox {path} {_UNSTORABLE if storing or came_from_caller else _DAMAGED}")
    constraint = _UNSTORABLE if storing else _DAMAGED
    message = constraint if code == sqlite3.SQLITE_CONSTRAINT else _MESSAGES.get(code, "can't do this")
    kind = LockedError if message is _LOCKED else OutboxError
    return kind(f"the outbox {path} {message} ({error.sqlite_errorname})")


# In a damaged file any cell may hold a value of any type, whatever the schema says.
Types = frozenset[type]

INTEGER: Types = frozenset({int})
INTEGER_OR_NULL: Types = frozenset({int, type(None)})
NUMBER: Types = frozenset({int, float})
NUMBER_OR_NULL: Types = frozenset({int, float, type(None)})
TEXT: Types = frozenset({str})
TEXT_OR_NULL: Types = frozenset({str, type(None)})
BLOB: Types = frozenset({bytes})


def check_row(row: Sequence[Any], types: Sequence[Types]) -> None:
    """Check the types of a row's values.

    :raises TypeError: if one is of none of its column's types.  The text quotes no value.
    """
    for value, allowed in zip(row, types, strict=True):
        if type(value) not in allowed:
            raise TypeError("a cell holds a value of the wrong type")


_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()
_inherited: list[sqlite3.Connection] = []


def _keep_inherited_connections() -> None:
    """Keep connections that a child got by fork from being closed: SQLite forbids their use there."""
    _inherited.extend(database._connection for database in _databases)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_inherited_connections)
