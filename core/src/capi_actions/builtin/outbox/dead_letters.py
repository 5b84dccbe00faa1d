"""Dead letters: SQL for reading, replaying and forgetting them."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from capi_actions.builtin.outbox.queue import as_json
from capi_actions.model import DeadLetter, Item
from capi_actions.model.outbox import DeadFilter

_CONDITIONS: Mapping[str, str] = {
    "ids": "d.id IN (SELECT value FROM json_each(:ids))",
    "destination": "d.destination = :destination",
    "action": "EXISTS (SELECT 1 FROM item i WHERE i.id = d.id AND i.action = :action)",
    "code": "d.code = :code",
    "subcode": "d.subcode = :subcode",
    "since": "d.buried_at >= :since",
    "before": "d.buried_at < :before",
}
_LETTERS = """
    SELECT d.id, d.code, d.subcode, d.reason, d.advice, d.tries, d.buried_at,
        i.destination, i.action, i.message_id, i.event_id, i.event_time, i.deadline, i.grp, i.body
    FROM dead d JOIN item i ON i.id = d.id WHERE d.id > :after AND {where} ORDER BY d.id LIMIT :limit
"""
_REPLAYABLE = """
    SELECT d.id, i.deadline FROM dead d JOIN item i ON i.id = d.id
    WHERE d.id > :after AND {where} ORDER BY d.id LIMIT :limit
"""
_REPLAY = """
    INSERT INTO waiting SELECT destination, grp, deadline, id, 0 FROM item
    WHERE id IN (SELECT value FROM json_each(:ids))
"""
_FORGET = "SELECT d.id FROM dead d WHERE {where} LIMIT :limit"


def letters(db: sqlite3.Connection, which: DeadFilter, after: int, limit: int) -> list[DeadLetter]:
    """Read the next dead letters whose numbers are greater than ``after``."""
    return [_letter(row) for row in _select(db, _LETTERS, which, after, limit)]


def replay(
    db: sqlite3.Connection, which: DeadFilter, now: float, after: int, limit: int
) -> tuple[int, int, int]:
    """Let the next dead letters wait again.

    :returns: how many do, how many stayed as their deadline has passed, and the last number looked at
        (``after`` when there was none).
    """
    rows = _select(db, _REPLAYABLE, which, after, limit)
    live = [number for number, deadline in rows if deadline >= now]
    db.execute(_REPLAY, {"ids": as_json(live)})
    _drop(db, "dead", live)
    return len(live), len(rows) - len(live), rows[-1][0] if rows else after


def purge(db: sqlite3.Connection, which: DeadFilter, limit: int) -> int:
    """Delete some dead letters and return how many."""
    gone = [row[0] for row in _select(db, _FORGET, which, 0, limit)]
    _drop(db, "dead", gone)
    _drop(db, "item", gone)
    return len(gone)


def _select(
    db: sqlite3.Connection, query: str, which: DeadFilter, after: int, limit: int
) -> list[tuple[Any, ...]]:
    given = {name: value for name in _CONDITIONS if (value := getattr(which, name)) is not None}
    where = " AND ".join(_CONDITIONS[name] for name in given) or "TRUE"
    if which.ids is not None:
        given["ids"] = as_json(which.ids)
    return db.execute(query.format(where=where), {**given, "after": after, "limit": limit}).fetchall()


def _drop(db: sqlite3.Connection, table: str, ids: Sequence[int]) -> None:
    query = f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  a name of ours
    db.execute(query, (as_json(ids),))


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    number, code, subcode, reason, advice, tries, buried_at, *item = row
    return DeadLetter(
        id=number,
        item=Item._make(item),
        code=code,
        subcode=subcode,
        reason=reason,
        advice=advice,
        tries=tries,
        buried_at=buried_at,
    )
