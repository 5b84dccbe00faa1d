"""What was put once: keys of items, remembered until the items' deadlines, so that a repeated run puts nothing twice.

The table is made when it is first needed.  Versions of the core that don't know it can use the file all the same.
"""

import sqlite3
from collections.abc import Sequence

from capi_actions.builtin.outbox import queue
from capi_actions.model import Item

_PURGED = 10_000  # expired keys in one transaction: some 20 ms

# A trigger forgets what becomes a dead letter: a corrected event must not count as sent.
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS once (id INTEGER PRIMARY KEY, key BLOB NOT NULL, until INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS once_by_key ON once (key)",
    "CREATE INDEX IF NOT EXISTS once_by_until ON once (until)",
    """
    CREATE TRIGGER IF NOT EXISTS once_forgets_dead AFTER INSERT ON dead BEGIN
        DELETE FROM once WHERE id = NEW.id;
    END
    """,
)
_PURGE = "DELETE FROM once WHERE id IN (SELECT id FROM once WHERE until < ? ORDER BY until LIMIT ?)"
_KNOWN = "SELECT 1 FROM once WHERE key = ? AND until >= ?"
_REMEMBER = "INSERT OR REPLACE INTO once (id, key, until) VALUES (?, ?, ?)"


def insert(db: sqlite3.Connection, items: Sequence[Item], keys: Sequence[bytes], now: float) -> int:
    """Store the items whose keys aren't remembered, remember these, and return the number of the other items."""
    for statement in _SCHEMA:
        db.execute(statement)
    db.execute(_PURGE, (now, _PURGED))
    new: dict[bytes, Item] = {}
    for item, key in zip(items, keys, strict=True):
        if key not in new and not db.execute(_KNOWN, (key, now)).fetchone():
            new[key] = item
    if new:
        queue.insert(db, list(new.values()))
        # One writer, one transaction and AUTOINCREMENT: the new ids have no gaps.
        (last,) = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'item'").fetchone()
        first = last - len(new) + 1
        db.executemany(
            _REMEMBER, ((first + index, key, item.deadline) for index, (key, item) in enumerate(new.items()))
        )
    return len(items) - len(new)
