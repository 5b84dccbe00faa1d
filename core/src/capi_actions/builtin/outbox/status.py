"""SQL for a destination's pause and back-off, and for what the outbox holds."""

import sqlite3
from collections import defaultdict
from typing import Any

from capi_actions.builtin.outbox.connection import INTEGER, INTEGER_OR_NULL, NUMBER, TEXT, check_row
from capi_actions.model import MAX_DELAY, Judgement, Pause, Stats, Verdict

# The later time holds, unless it lies so far ahead that a wrong clock wrote it.
_BACK_OFF = """
    INSERT INTO destination_state (destination, backoff_until) VALUES (:destination, :until)
    ON CONFLICT (destination) DO UPDATE SET backoff_until =
        iif(backoff_until BETWEEN :until AND :until + :max_delay, backoff_until, :until)
"""
_PAUSE = """
    INSERT INTO destination_state (
        destination, paused_at, code, subcode, reason, advice, platform_message, platform_field, trace_id
    )
    VALUES (:destination, :now, :code, :subcode, :reason, :advice, :platform_message, :platform_field, :trace_id)
    ON CONFLICT (destination) DO UPDATE SET
        paused_at = :now, code = :code, subcode = :subcode, reason = :reason, advice = :advice,
        platform_message = :platform_message, platform_field = :platform_field, trace_id = :trace_id
"""
_PAUSED = """
    SELECT destination, paused_at, code, subcode, reason, advice, platform_message, platform_field, trace_id
    FROM destination_state WHERE paused_at IS NOT NULL
"""
_LEASES = "SELECT destination, max(until) FROM lease GROUP BY destination"
_BACKOFFS = "SELECT destination, backoff_until FROM destination_state WHERE backoff_until IS NOT NULL"


def is_blocked(db: sqlite3.Connection, destination: str, now: float) -> bool:
    """Return whether a destination is paused or backing off."""
    query = """
        SELECT paused_at IS NOT NULL OR coalesce(backoff_until > ? AND backoff_until <= ?, 0)
        FROM destination_state WHERE destination = ?
    """
    row = db.execute(query, (now, now + MAX_DELAY, destination)).fetchone()
    return row is not None and bool(row[0])


def back_off(db: sqlite3.Connection, destination: str, until: float) -> None:
    """Set the end of a back-off, if it isn't later already."""
    db.execute(_BACK_OFF, {"destination": destination, "until": until, "max_delay": MAX_DELAY})


def pause(db: sqlite3.Connection, destination: str, judgement: Judgement, now: float) -> None:
    """Pause a destination, or replace the reason of its pause."""
    db.execute(_PAUSE, {"destination": destination, "now": now, **judgement_columns(judgement)})


def judgement_columns(judgement: Judgement) -> dict[str, str | int | None]:
    """Return what is stored of a judgement with a dead letter or a pause, by the columns' names."""
    return {
        "code": judgement.code,
        "subcode": judgement.subcode,
        "reason": judgement.reason,
        "advice": judgement.advice,
        "platform_message": judgement.platform_message,
        "platform_field": judgement.platform_field,
        "trace_id": judgement.trace_id,
    }


def resume(db: sqlite3.Connection, destination: str) -> bool:
    """End a pause and a back-off; False if there was no pause."""
    was_paused = destination in paused(db)
    db.execute("DELETE FROM destination_state WHERE destination = ?", (destination,))
    return was_paused


def paused(db: sqlite3.Connection) -> dict[str, Pause]:
    """Return the paused destinations."""
    return {row[0]: _pause(row) for row in db.execute(_PAUSED)}


# In the order of the columns of _PAUSED.
_PAUSE_TYPES = (TEXT, NUMBER, INTEGER_OR_NULL, INTEGER_OR_NULL, TEXT, TEXT, TEXT, TEXT, TEXT)


def _pause(row: tuple[Any, ...]) -> Pause:
    check_row(row, _PAUSE_TYPES)
    _, since, code, subcode, reason, advice, message, field, trace_id = row
    judgement = Judgement(
        verdict=Verdict.PAUSE,
        code=code,
        subcode=subcode,
        reason=reason,
        advice=advice,
        platform_message=message,
        platform_field=field,
        trace_id=trace_id,
    )
    return Pause(judgement=judgement, since=since)


def stats(db: sqlite3.Connection) -> dict[str, Stats]:
    """Return counts by destination.

    Reads every row but the payload.  Measured with a million items of one kind: 0.2 s for waiting or delayed ones, 0.4
    for dead letters; leased ones are looked up one by one, 6 ms a thousand, but are never more than the batches on
    their way.  Nothing can be put meanwhile by this process.
    """
    db.execute("BEGIN")  # all queries see the same moment, whatever other processes do
    try:
        values = _values(db)
    finally:
        db.execute("COMMIT")
    return {destination: Stats(**values[destination]) for destination in sorted(values)}


_COUNTS = {
    "waiting": "SELECT destination, count(*) FROM waiting GROUP BY destination",
    "delayed": "SELECT destination, count(*) FROM delayed GROUP BY destination",
    "leased": "SELECT destination, count(*) FROM leased JOIN lease USING (lease) GROUP BY destination",
    "dead": "SELECT destination, count(*) FROM dead GROUP BY destination",
}


def _values(db: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return the attributes of each destination's Stats."""
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    for state, query in _COUNTS.items():
        for row in db.execute(query):
            check_row(row, (TEXT, INTEGER))
            destination, count = row
            values[destination][state] = count
    for destination, (deadline, id_) in _nearest(db).items():
        row = db.execute("SELECT event_time FROM item WHERE id = ?", (id_,)).fetchone()
        check_row(row, (INTEGER,))
        values[destination].update(deadline=deadline, oldest=row[0])
    for row in db.execute(_LEASES):
        check_row(row, (TEXT, NUMBER))
        destination, until = row
        values[destination]["leased_until"] = until
    for row in db.execute(_BACKOFFS):
        check_row(row, (TEXT, NUMBER))
        destination, until = row
        values[destination]["backoff_until"] = until
    for destination, pause in paused(db).items():
        values[destination]["pause"] = pause
    return values


# SQLite fills the bare column id from the row that has the minimum: https://www.sqlite.org/lang_select.html#bareagg
_NEAREST = (
    "SELECT destination, min(deadline), id FROM waiting GROUP BY destination",
    "SELECT destination, min(deadline), id FROM delayed GROUP BY destination",
    """
    SELECT i.destination, min(i.deadline), i.id FROM leased l JOIN item i ON i.id = l.id GROUP BY i.destination
    """,
)


def _nearest(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Return the nearest deadline of each destination's undelivered items, with the id of the item."""
    nearest: dict[str, tuple[int, int]] = {}
    for query in _NEAREST:
        for row in db.execute(query):
            check_row(row, (TEXT, INTEGER, INTEGER))
            destination, deadline, id_ = row
            nearest[destination] = min(nearest.get(destination, (deadline, id_)), (deadline, id_))
    return nearest
