"""The outbox file's format: its tables, how a file is created, checked, migrated, and how SQLite is tuned."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from capi_actions.errors import OutboxError

APPLICATION = 0x43415049
"""``application_id`` of outbox files: "CAPI" in ASCII."""

MIGRATIONS: Sequence[Sequence[str]] = (
    # Format 1 was never released and had tables of other names, so there is nothing to migrate from.
    (),
    (
        # The payload is written once and deleted once.  What changes, an item's state, is in the small tables below:
        # changing a column here would rewrite a page of payload each time.  AUTOINCREMENT, as the id of an item
        # that was delivered must never be used again: a late acknowledgement would delete another one.
        # `grp`, as GROUP is a keyword.  `body` comes last: SQLite has to read past it to reach a column behind it.
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
        # One table for each state; an item is in exactly one.  The primary key is the order in which the state is
        # left, so that claims and the end of delays read a range at its head.
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
        CREATE TABLE delayed (
            destination TEXT NOT NULL,
            run_at REAL NOT NULL,
            id INTEGER NOT NULL,
            grp TEXT NOT NULL,
            deadline INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            PRIMARY KEY (destination, run_at, id)
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
            buried_at REAL NOT NULL,
            platform_message TEXT NOT NULL,
            platform_field TEXT NOT NULL,
            trace_id TEXT NOT NULL
        )
        """,
        "CREATE INDEX dead_by_time ON dead (buried_at)",
        # Back-off and pause of a destination; no row means neither.
        """
        CREATE TABLE destination_state (
            destination TEXT PRIMARY KEY,
            backoff_until REAL,
            paused_at REAL,
            code INTEGER,
            subcode INTEGER,
            reason TEXT,
            advice TEXT,
            platform_message TEXT,
            platform_field TEXT,
            trace_id TEXT
        ) WITHOUT ROWID
        """,
    ),
)
"""The statements that bring a file from each format (their index) to the next."""

_OLDEST = 2  # the first format that was released

# Measured with 1,000 items of 1.3 kB a commit: pages of 8 KiB instead of 4 save 5 of 16 µs an item; a checkpoint every
# 16 MiB instead of 4 saves 2 more, as most items are deleted before they reach the main file.
_PAGE_BYTES = 8192
_WAL_PAGES = 2048

_CREATION = (f"PRAGMA page_size = {_PAGE_BYTES}", "PRAGMA auto_vacuum = NONE")
_TUNING = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone doesn't reach the disk there
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = FAST",  # where it is fully on (Debian), claims take 2-3 times as long
    "PRAGMA temp_store = MEMORY",  # else shrinking leaves a copy of the file in the folder for temporary files
    "PRAGMA cache_size = -8000",
    f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}",
    f"PRAGMA journal_size_limit = {_WAL_PAGES * _PAGE_BYTES}",
    "PRAGMA trusted_schema = OFF",
)


def prepare(db: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Make an open database file an outbox of the newest format, unless it is one.

    :raises OutboxError: if it is some other file, or of a format that this version can't read.
    :raises sqlite3.Error: if it can't be read or written.
    """
    is_new = check_format(db, path, len(migrations))
    for statement in _CREATION if is_new else ():
        db.execute(statement)
    _use_wal(db, path)
    for statement in _TUNING:
        db.execute(statement).fetchall()
    if _number(db, "user_version") != len(migrations):
        _migrate(db, migrations)


def check_format(db: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> bool:
    """Return whether the file is empty.  Nothing is written.

    :param newest: the newest format that is known.
    :raises OutboxError: if it is neither empty nor an outbox of a known format.
    """
    is_new = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_new and _number(db, "application_id") != APPLICATION:
        raise OutboxError(f"{path} is another program's SQLite database, not an outbox; give another path")
    version = _number(db, "user_version")
    if version > newest:
        raise OutboxError(
            f"the outbox {path} was written by a newer capi-actions (format {version}, this one knows up to"
            f" {newest}); upgrade capi-actions"
        )
    if not is_new and version < _OLDEST:
        raise OutboxError(
            f"the outbox {path} was written by a capi-actions from before its first release (format {version}, this"
            f" one knows {_OLDEST} and newer); deliver what it holds with the version that wrote it, then move the"
            " file away: a new one is created"
        )
    return is_new


def _use_wal(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise OutboxError(
            f"the outbox {path} is on a file system that can't share memory between processes; put it on a local disk"
        )


def _migrate(db: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _number(db, "user_version")  # another process may have been faster
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
