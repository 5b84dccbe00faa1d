"""What SQLite complains about, in sentences that say what to do."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

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
