"""Destinations that must not be sent to for now: SQL for pauses and rests."""

import sqlite3

from capi_actions.model import Judgement, Verdict
from capi_actions.outbox.base import LONGEST_WAIT, Pause

_REST = """
    INSERT INTO account (destination, rests_until) VALUES (:destination, :until)
    ON CONFLICT (destination) DO UPDATE SET rests_until =
        iif(rests_until BETWEEN :until AND :until + :longest, rests_until, :until)
"""
_PAUSE = """
    INSERT INTO account (destination, paused_at, code, subcode, reason, advice)
    VALUES (:destination, :now, :code, :subcode, :reason, :advice)
    ON CONFLICT (destination) DO UPDATE SET
        paused_at = :now, code = :code, subcode = :subcode, reason = :reason, advice = :advice
"""
_PAUSED = (
    "SELECT destination, paused_at, code, subcode, reason, advice FROM account WHERE paused_at IS NOT NULL"
)


def is_closed(db: sqlite3.Connection, destination: str, now: float) -> bool:
    """Tell whether a destination is paused or rests."""
    query = """
        SELECT paused_at IS NOT NULL OR coalesce(rests_until > ? AND rests_until <= ?, 0)
        FROM account WHERE destination = ?
    """
    found = db.execute(query, (now, now + LONGEST_WAIT, destination)).fetchone()
    return found is not None and bool(found[0])


def rest(db: sqlite3.Connection, destination: str, until: float) -> None:
    """Give out nothing before some time."""
    db.execute(_REST, {"destination": destination, "until": until, "longest": LONGEST_WAIT})


def pause(db: sqlite3.Connection, destination: str, judgement: Judgement, now: float) -> None:
    """Give out nothing until a person says so."""
    why = {
        "code": judgement.code,
        "subcode": judgement.subcode,
        "reason": judgement.reason,
        "advice": judgement.advice,
    }
    db.execute(_PAUSE, {"destination": destination, "now": now, **why})


def resume(db: sqlite3.Connection, destination: str) -> bool:
    """End a pause and a rest; False when there was no pause."""
    was_paused = destination in paused(db)
    db.execute("DELETE FROM account WHERE destination = ?", (destination,))
    return was_paused


def paused(db: sqlite3.Connection) -> dict[str, Pause]:
    """Tell which destinations are paused, and why."""
    return {
        destination: Pause(
            judgement=Judgement(
                verdict=Verdict.PAUSE, code=code, subcode=subcode, reason=reason, advice=advice
            ),
            since=since,
        )
        for destination, since, code, subcode, reason, advice in db.execute(_PAUSED)
    }


def resting(db: sqlite3.Connection) -> dict[str, float]:
    """Tell which destinations were last told to rest, and until when."""
    return dict(db.execute("SELECT destination, rests_until FROM account WHERE rests_until IS NOT NULL"))
