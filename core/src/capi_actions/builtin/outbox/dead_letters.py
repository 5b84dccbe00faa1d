"""Dead letters: SQL to read, replay and purge them, some at a time."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from capi_actions.builtin.outbox.connection import (
    BLOB,
    INTEGER,
    INTEGER_OR_NULL,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    check_row,
)
from capi_actions.builtin.outbox.queue import json_array
from capi_actions.model import DeadFilter, DeadLetter, Item, Replayed

_READ = """
    SELECT d.id, d.code, d.subcode, d.reason, d.advice, d.tries, d.buried_at,
        d.platform_message, d.platform_field, d.trace_id,
        i.destination, i.action, i.message_id, i.event_id, i.event_time, i.deadline, i.grp, i.body
    FROM dead d JOIN item i ON i.id = d.id WHERE d.id > :after AND {where} ORDER BY d.id LIMIT :limit
"""


def read(db: sqlite3.Connection, which: DeadFilter, after: int, limit: int) -> list[DeadLetter]:
    """Return the next dead letters, those with ids greater than ``after``."""
    return [_letter(row) for row in _select(db, _READ, which, after, limit)]


_REPLAYABLE = """
    SELECT d.id, i.deadline FROM dead d JOIN item i ON i.id = d.id
    WHERE d.id > :after AND {where} ORDER BY d.id LIMIT :limit
"""
_REPLAY = """
    INSERT INTO waiting SELECT destination, grp, deadline, id, 0 FROM item
    WHERE id IN (SELECT value FROM json_each(:ids))
"""


def replay(
    db: sqlite3.Connection, which: DeadFilter, now: float, after: int, limit: int
) -> tuple[Replayed, int]:
    """Make the next dead letters wait again, those with ids greater than ``after``.

    :returns: the result, and the last id that was looked at (``after`` if there was none).
    """
    rows = _select(db, _REPLAYABLE, which, after, limit)
    for row in rows:
        check_row(row, (INTEGER, INTEGER))
    live = [id_ for id_, deadline in rows if deadline >= now]
    db.execute(_REPLAY, {"ids": json_array(live)})
    _delete(db, "dead", live)
    return Replayed(moved=len(live), expired=len(rows) - len(live)), rows[-1][0] if rows else after


_PURGEABLE = "SELECT d.id FROM dead d WHERE {where} LIMIT :limit"


def purge(db: sqlite3.Connection, which: DeadFilter, limit: int) -> int:
    """Delete some dead letters and return their number."""
    ids = [row[0] for row in _select(db, _PURGEABLE, which, 0, limit)]
    count = _delete(db, "dead", ids)
    if count < len(ids):  # an index names letters that don't exist: the caller must not go on for ever
        raise sqlite3.DatabaseError("dead letters can't be deleted")
    _delete(db, "item", ids)
    return count


_CONDITIONS: Mapping[str, str] = {
    "ids": "d.id IN (SELECT value FROM json_each(:ids))",
    "destination": "d.destination = :destination",
    "action": "EXISTS (SELECT 1 FROM item i WHERE i.id = d.id AND i.action = :action)",
    "code": "d.code = :code",
    "subcode": "d.subcode = :subcode",
    "since": "d.buried_at >= :since",
    "before": "d.buried_at < :before",
}


def _select(
    db: sqlite3.Connection, query: str, which: DeadFilter, after: int, limit: int
) -> list[tuple[Any, ...]]:
    """Run a query with the filter's conditions in the place of ``{where}``."""
    parameters = {name: value for name in _CONDITIONS if (value := getattr(which, name)) is not None}
    where = " AND ".join(_CONDITIONS[name] for name in parameters) or "TRUE"
    if which.ids is not None:
        parameters["ids"] = json_array(which.ids)
    return db.execute(query.format(where=where), {**parameters, "after": after, "limit": limit}).fetchall()


def _delete(db: sqlite3.Connection, table: str, ids: Sequence[int]) -> int:
    query = f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  a name from above
    return db.execute(query, (json_array(ids),)).rowcount


# In the order of the columns of _READ.
_LETTER_TYPES = (
    *(INTEGER, INTEGER_OR_NULL, INTEGER_OR_NULL, TEXT, TEXT, INTEGER, NUMBER, TEXT, TEXT, TEXT),
    *(TEXT, TEXT, TEXT_OR_NULL, TEXT, INTEGER, INTEGER, TEXT, BLOB),
)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    check_row(row, _LETTER_TYPES)
    id_, code, subcode, reason, advice, tries, buried_at, message, field, trace_id, *item = row
    return DeadLetter(
        id=id_,
        item=Item._make(item),
        code=code,
        subcode=subcode,
        reason=reason,
        advice=advice,
        tries=tries,
        buried_at=buried_at,
        platform_message=message,
        platform_field=field,
        trace_id=trace_id,
    )
