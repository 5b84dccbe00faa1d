"""Items arrive: SQL for storing them."""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from capi_actions.model import Item

# The columns have the order of Item's fields: an item is a tuple, and its own row.
_ITEM = """
    INSERT INTO item (destination, action, message_id, event_id, event_time, deadline, grp, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_WAITING = "INSERT INTO waiting SELECT destination, grp, deadline, id, 0 FROM item WHERE id BETWEEN ? AND ?"


def store(db: sqlite3.Connection, puts: Sequence[Sequence[Item]]) -> None:
    """Store items; all of them wait."""
    db.executemany(_ITEM, chain.from_iterable(puts))
    last = db.execute("SELECT last_insert_rowid()").fetchone()[0]
    # One writer, one transaction and AUTOINCREMENT: the new numbers are without gaps.
    db.execute(_WAITING, (last - sum(map(len, puts)) + 1, last))
