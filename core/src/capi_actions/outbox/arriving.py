"""Items arrive: SQL for storing them."""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

Row: TypeAlias = tuple[Any, ...]

to_row = attrgetter(
    "destination", "group", "action", "message_id", "event_id", "event_time", "deadline", "body"
)
"""Item in, row out."""

_ITEM = """
    INSERT INTO item (destination, grp, action, message_id, event_id, event_time, deadline, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_WAITING = "INSERT INTO waiting SELECT destination, grp, deadline, id, 0 FROM item WHERE id BETWEEN ? AND ?"


def store(db: sqlite3.Connection, batches: Sequence[Sequence[Row]]) -> None:
    """Store rows; all of them wait."""
    db.executemany(_ITEM, chain.from_iterable(batches))
    last = db.execute("SELECT last_insert_rowid()").fetchone()[0]
    # One writer, one transaction and AUTOINCREMENT: the new numbers are without gaps.
    db.execute(_WAITING, (last - sum(map(len, batches)) + 1, last))
