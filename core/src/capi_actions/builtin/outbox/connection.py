"""One SQLite connection that all threads of a process share, and no other process."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage

from capi_actions.builtin.outbox.schema import prepare
from capi_actions.errors import OutboxError

_SENTENCES: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "is kept locked by another process; find out which (`lsof` shows it) and try again",
    sqlite3.SQLITE_LOCKED: "is kept locked by another process; find out which (`lsof` shows it) and try again",
    sqlite3.SQLITE_FULL: "has no room left: the disk is full; free some space and try again",
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable for this user",
    sqlite3.SQLITE_PERM: "may not be used by this user; make the file and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: (
        "can't be opened; this user must be able to read and write the file itself (who owns it?) and its folder,"
        " which must exist"
    ),
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk or file system reported a fault; check it",
    sqlite3.SQLITE_CORRUPT: (
        "is damaged; stop all programs that use it, keep a copy, and rescue its items with"
        " `sqlite3 FILE .recover | sqlite3 NEWFILE`"
    ),
    sqlite3.SQLITE_NOTADB: "is not an outbox but some other file; give another path",
    sqlite3.SQLITE_TOOBIG: "can't store an item of this size; SQLite takes up to a gigabyte",
    sqlite3.SQLITE_CONSTRAINT: "can't store an item with a value of the wrong type",
    sqlite3.SQLITE_NOMEM: "can't be used: there is no memory left",
}
_UNSTORABLE = (
    "can't store an item with a value of the wrong type, a number over 64 bits or text that isn't Unicode"
)

STORING = (sqlite3.Error, OverflowError, UnicodeError)
"""What the ``sqlite3`` module raises for faults of the store and for values that it can't take."""


def outbox_error(error: Exception, path: Path) -> OutboxError:
    """Say in a sentence what one of :data:`STORING` means; no value is quoted."""
    if not isinstance(error, sqlite3.Error) or not hasattr(error, "sqlite_errorcode"):
        return OutboxError(f"the outbox {path} {_UNSTORABLE}")
    # Extended codes keep the primary one in the low byte: https://www.sqlite.org/rescode.html
    sentence = _SENTENCES.get(error.sqlite_errorcode & 0xFF, "can't do this")
    return OutboxError(f"the outbox {path} {sentence} ({error.sqlite_errorname})")


_FREE_PAGES = 1024  # 8 MiB: less isn't worth the work
_LIVE_PAGES = 4096  # 32 MiB: rewriting them takes 0.4 s, in which nothing can be put
_LIVE_PAGES_AT_END = 32_768  # 256 MiB: some 3 s, when this process is done anyway
_RESERVE = 16 * 2**20  # bytes of the disk, or a twentieth of a small one

_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()
_inherited: list[object] = []


class Store:
    """An outbox file that is open.

    One connection under a lock, not one for each thread: SQLite has a single writer anyway, and a
    lock is fairer than SQLite's polling.
    """

    def __init__(self, path: str | os.PathLike[str], busy_seconds: float = 10.0) -> None:
        """Open the file, or make it, readable by this user alone.

        :param busy_seconds: how long to wait for another process to finish writing.
        :raises OutboxError: when it can't be used.
        """
        self.path = Path(path).absolute()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False
        try:
            _make(self.path)
            self._db = _open(self.path, busy_seconds)
            _make_private(self.path)  # only now it is sure that the file is ours
        except OSError as error:
            raise OutboxError(f"the outbox {self.path} can't be opened: {error.strerror}") from None
        except sqlite3.Error as error:
            raise outbox_error(error, self.path) from None
        self._identity = _identity(self.path)
        _stores.add(self)

    def must_be_usable(self) -> None:
        """Refuse use after :meth:`close` and, as SQLite forbids it, after a fork.

        :raises OutboxError: saying which.
        """
        if os.getpid() != self._process:
            raise OutboxError(
                f"the outbox {self.path} was opened before a fork; open it anew in the child process"
            )
        if self._closed:
            raise OutboxError(f"the outbox {self.path} is closed")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for queries.

        :raises OutboxError: when one fails.
        """
        self.must_be_usable()
        with self._lock:
            self.must_be_usable()
            if _identity(self.path) != self._identity:
                raise OutboxError(
                    f"the outbox {self.path} was deleted or replaced while it was open; what it held is lost to"
                    " other processes: restart this one"
                )
            try:
                yield self._db
            except STORING as error:
                raise outbox_error(error, self.path) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction: durable once this ends without an error.

        :raises OutboxError: when anything fails; then nothing was changed.
        """
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    db.execute("ROLLBACK")
                raise

    def must_have_room(self) -> None:
        """Refuse to take more while the disk is nearly full.

        Sending writes a little before it frees much: on a disk that the outbox itself had filled to the
        last byte, it would never begin.

        :raises OutboxError: when the reserve is touched.
        """
        with suppress(OSError):  # the folder is gone: storing says so
            disk = disk_usage(self.path.parent)
            if disk.free < min(_RESERVE, disk.total // 20):
                raise OutboxError(
                    f"the outbox {self.path} takes nothing more: the disk is nearly full, and delivering needs the"
                    " rest; free some space and try again"
                )

    def shrink(self, live_pages: int = _LIVE_PAGES) -> None:
        """Give disk space back once a backlog is gone: when little of the file is in use.

        :param live_pages: not when more than so many are.

        Rewriting what is left beats SQLite's incremental vacuum: measured with 330 MB, of which 17 were
        in use, 0.3 s against 2.5, and draining a backlog isn't slowed down on the way.
        """
        with self.reading() as db:
            free = db.execute("PRAGMA freelist_count").fetchone()[0]
            if free < _FREE_PAGES:
                return
            live = db.execute("PRAGMA page_count").fetchone()[0] - free
            if live < live_pages and live * 3 < free:
                with suppress(sqlite3.OperationalError):  # no room or locked: the next time, then
                    db.execute("VACUUM")

    def close(self) -> None:
        """Close the file; harmless when repeated, and in a forked child."""
        if os.getpid() != self._process or self._closed:
            return
        with suppress(OutboxError):  # closing is no time to complain
            self.shrink(_LIVE_PAGES_AT_END)
        with self._lock:
            self._closed = True
            self._db.close()


def _open(path: Path, busy_seconds: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _make(path: Path) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not path.is_file():
        raise OutboxError(
            f"the outbox {path} can't be opened: it is no file, but a folder or a device; name a file"
        )


def _make_private(path: Path) -> None:
    # Not opened and closed here: that would drop the POSIX locks of another connection of this process.
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _keep_inherited() -> None:
    """Keep connections that a child got by fork from being closed: SQLite forbids their use there."""
    _inherited.extend(store._db for store in _stores)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_inherited)
