"""What becomes of a claim: SQL for acknowledging, putting back and burying."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from capi_actions.model import Judgement

_HELD = "lease = :lease AND id IN (SELECT value FROM json_each(:ids))"
_IDS = "id IN (SELECT value FROM json_each(:ids))"
_PUT_BACK = f"""
    INSERT INTO later
    SELECT i.destination, min(:not_before, i.deadline + 1), i.id, i.grp, i.deadline, l.tries + :tried
    FROM (SELECT * FROM leased WHERE {_HELD}) l JOIN item i ON i.id = l.id
"""  # noqa: S608  constants, here and below
_BURY = f"""
    INSERT INTO dead
    SELECT i.id, i.destination, :code, :subcode, :reason, :advice, l.tries + :tried, :now
    FROM (SELECT * FROM leased WHERE {_HELD}) l JOIN item i ON i.id = l.id
"""  # noqa: S608
_DROP_HELD = f"DELETE FROM leased WHERE {_HELD}"  # noqa: S608
_DROP_EMPTY_LEASE = """
    DELETE FROM lease WHERE lease = :lease AND NOT EXISTS (SELECT 1 FROM leased WHERE lease = :lease)
"""
_DROP_EMPTY_LEASES = (
    "DELETE FROM lease WHERE NOT EXISTS (SELECT 1 FROM leased WHERE leased.lease = lease.lease)"
)
_DROP_ITEMS = f"DELETE FROM item WHERE {_IDS}"  # noqa: S608
_DROP_STATES = (
    f"""
    DELETE FROM waiting WHERE (destination, grp, deadline, id) IN (
        SELECT destination, grp, deadline, id FROM item WHERE {_IDS}
    )
    """,  # noqa: S608
    f"DELETE FROM later WHERE {_IDS}",  # noqa: S608
    f"DELETE FROM leased WHERE {_IDS}",  # noqa: S608
    f"DELETE FROM dead WHERE {_IDS}",  # noqa: S608
)


def extend(db: sqlite3.Connection, lease: int, until: float) -> bool:
    """Keep a lease for longer; False when it is gone."""
    return db.execute("UPDATE lease SET until = ? WHERE lease = ?", (until, lease)).rowcount == 1


def acknowledge(db: sqlite3.Connection, lease: int, ids: Sequence[int]) -> None:
    """Delete delivered items."""
    which = _which(lease, ids)
    if db.execute(_DROP_HELD, which).rowcount < len(ids):
        # The lease ran out: they may be anywhere by now, but they were delivered.
        for statement in _DROP_STATES:
            db.execute(statement, which)
        db.execute(_DROP_EMPTY_LEASES)
    db.execute(_DROP_ITEMS, which)
    db.execute(_DROP_EMPTY_LEASE, which)


def put_back(db: sqlite3.Connection, lease: int, ids: Sequence[int], not_before: float, tried: int) -> None:
    """Let items wait until some time."""
    which = _which(lease, ids)
    db.execute(_PUT_BACK, {**which, "not_before": not_before, "tried": tried})
    db.execute(_DROP_HELD, which)
    db.execute(_DROP_EMPTY_LEASE, which)


def bury(
    db: sqlite3.Connection, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int
) -> None:
    """Make dead letters of items."""
    which = _which(lease, ids)
    why = {
        "code": judgement.code,
        "subcode": judgement.subcode,
        "reason": judgement.reason,
        "advice": judgement.advice,
    }
    db.execute(_BURY, {**which, **why, "now": now, "tried": tried})
    db.execute(_DROP_HELD, which)
    db.execute(_DROP_EMPTY_LEASE, which)


def as_json(ids: Sequence[int]) -> str:
    """Write numbers as a JSON array, for ``json_each``: half the time of one statement for each."""
    return f"[{','.join(map(str, ids))}]"


def _which(lease: int, ids: Sequence[int]) -> dict[str, Any]:
    return {"lease": lease, "ids": as_json(ids)}
