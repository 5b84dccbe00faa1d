"""The outbox's file: how it is made, checked, migrated and tuned."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from capi_actions.errors import OutboxError

APPLICATION = 0x43415049
"""``application_id`` of our files: "CAPI" in ASCII."""

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        # The payload.  It is written once and deleted once; what changes stands in the small tables below,
        # because changing a column here would rewrite a page of payload each time.
        # AUTOINCREMENT: numbers of delivered items are never given out again.
        """
        CREATE TABLE item (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            destination TEXT NOT NULL,
            grp TEXT NOT NULL,
            action TEXT NOT NULL,
            message_id TEXT,
            event_id TEXT NOT NULL,
            event_time INTEGER NOT NULL CHECK (typeof(event_time) = 'integer'),
            deadline INTEGER NOT NULL CHECK (typeof(deadline) = 'integer'),
            body BLOB NOT NULL CHECK (typeof(body) = 'blob')
        )
        """,
        # In the order in which items are claimed, so that a claim is one range at the head.
        """
        CREATE TABLE waiting (
            destination TEXT NOT NULL,
            grp TEXT NOT NULL,
            deadline INTEGER NOT NULL,
            id INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            PRIMARY KEY (destination, grp, deadline, id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE later (
            destination TEXT NOT NULL,
            until REAL NOT NULL,
            id INTEGER NOT NULL,
            grp TEXT NOT NULL,
            deadline INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            PRIMARY KEY (destination, until, id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE lease (
            lease INTEGER PRIMARY KEY AUTOINCREMENT,
            destination TEXT NOT NULL,
            until REAL NOT NULL
        )
        """,
        """
        CREATE TABLE leased (
            lease INTEGER NOT NULL,
            id INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            PRIMARY KEY (lease, id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE dead (
            id INTEGER PRIMARY KEY,
            destination TEXT NOT NULL,
            code INTEGER,
            subcode INTEGER,
            reason TEXT NOT NULL,
            advice TEXT NOT NULL,
            tries INTEGER NOT NULL,
            buried_at REAL NOT NULL
        )
        """,
        "CREATE INDEX dead_by_time ON dead (buried_at)",
        """
        CREATE TABLE account (
            destination TEXT PRIMARY KEY,
            backoff_until REAL,
            paused_at REAL,
            code INTEGER,
            subcode INTEGER,
            reason TEXT,
            advice TEXT
        ) WITHOUT ROWID
        """,
    ),
)
"""What brings a file from each version (its index) to the next."""

# Measured with 1,000 items of 1.3 kB a commit: pages of 8 KiB instead of 4 save 5 of 16 µs an item;
# a checkpoint every 16 MiB instead of 4 saves 2 more, as most items leave before they reach the main file.
_PAGE = 8192
_WAL_PAGES = 2048

_NEW = (f"PRAGMA page_size = {_PAGE}", "PRAGMA auto_vacuum = NONE")
_TUNING = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone doesn't reach the disk there
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = FAST",  # where it is fully on (Debian), claims take 2-3 times as long
    "PRAGMA temp_store = MEMORY",  # else shrinking the file leaves a copy in the folder for temporary files
    "PRAGMA cache_size = -8000",
    f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}",
    f"PRAGMA journal_size_limit = {_WAL_PAGES * _PAGE}",
    "PRAGMA trusted_schema = OFF",
)


def prepare(db: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Make an open database file into an outbox of the newest version.

    :raises OutboxError: when it is some other file, or written by a newer capi-actions.
    :raises sqlite3.Error: when it can't be read or written.
    """
    is_new = _check(db, path, len(migrations))
    for statement in _NEW if is_new else ():
        db.execute(statement)
    _use_wal(db, path)
    for statement in _TUNING:
        db.execute(statement).fetchall()
    if _number(db, "user_version") != len(migrations):
        _migrate(db, migrations)


def _check(db: sqlite3.Connection, path: Path, newest: int) -> bool:
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _number(db, "application_id") != APPLICATION:
        raise OutboxError(f"{path} is another program's SQLite database, not an outbox; give another path")
    version = _number(db, "user_version")
    if version > newest:
        raise OutboxError(
            f"the outbox {path} was written by a newer capi-actions (format {version}, this one knows up to"
            f" {newest}); upgrade capi-actions"
        )
    return not tables


def _use_wal(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise OutboxError(
            f"the outbox {path} lies on a file system that can't share memory between processes; put it on a local disk"
        )


def _migrate(db: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _number(db, "user_version")  # another process may have been quicker
        for statements in migrations[version:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            db.execute("ROLLBACK")
        raise


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
