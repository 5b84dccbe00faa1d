"""Items leave for sending: SQL for finding and leasing what is due."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

from capi_actions.builtin.outbox.status import is_closed
from capi_actions.model import Item, Judgement
from capi_actions.model.outbox import MAX_DELAY, MAX_LEASE, Claim, Claimed

# Of all groups with waiting items, the one whose first item has the nearest deadline.  The recursion jumps
# from group to group in the primary key: a million items cost no more than one.
_FIRST_GROUP = """
    WITH RECURSIVE each(grp) AS (
        SELECT min(grp) FROM waiting WHERE destination = :destination
        UNION ALL
        SELECT (SELECT min(grp) FROM waiting WHERE destination = :destination AND grp > each.grp)
        FROM each WHERE each.grp IS NOT NULL
    )
    SELECT grp, (SELECT min(deadline) FROM waiting WHERE destination = :destination AND grp = each.grp) AS first
    FROM each WHERE grp IS NOT NULL ORDER BY first LIMIT 1
"""
_HEAD = """
    SELECT w.id, w.tries, w.deadline, i.body FROM waiting w JOIN item i ON i.id = w.id
    WHERE w.destination = ? AND w.grp = ? AND w.deadline < ? ORDER BY w.deadline, w.id LIMIT ?
"""
_DESTINATIONS = """
    WITH RECURSIVE each(name) AS (
        SELECT min(destination) FROM {table}
        UNION ALL
        SELECT (SELECT min(destination) FROM {table} WHERE destination > each.name)
        FROM each WHERE each.name IS NOT NULL
    )
    SELECT name FROM each WHERE name IS NOT NULL
"""
_LEASE_OVER = """
    INSERT INTO waiting
    SELECT i.destination, i.grp, i.deadline, i.id, l.tries FROM leased l JOIN item i ON i.id = l.id WHERE l.lease = ?
"""
# What is due, and what a clock that was ahead has put too far away: both are at an end of the primary key.
_DUE = ("until <= ?", "until > ?")
_TIME_CAME = """
    INSERT INTO waiting SELECT destination, grp, deadline, id, tries FROM later
    WHERE destination = ? AND {due} ORDER BY until, id LIMIT ?
"""
_TIME_CAME_DROP = """
    DELETE FROM later WHERE (destination, until, id) IN (
        SELECT destination, until, id FROM later WHERE destination = ? AND {due} ORDER BY until, id LIMIT ?
    )
"""
_ALWAYS = 2**63 - 1
_STEP = 10_000  # items that come back in one transaction: some 20 ms


def may_claim(db: sqlite3.Connection, destination: str, now: float) -> bool:
    """Look whether claiming is worth a transaction: idle polls then cost readers only."""
    if _over(db, now) or _came(db, destination, now):
        return True
    first = _first(db, destination)
    return first is not None and first[1] < _before(db, destination, now)


def claim(
    db: sqlite3.Connection, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
) -> Claim | None:
    """Lease what is due, nearest deadline first; see :meth:`Outbox.claim`."""
    _bring_back(db, destination, now)
    first = _first(db, destination)
    if first is None:
        return None
    group = first[0]
    items = _head(db, (destination, group, _before(db, destination, now), max(limit, 0)), max_bytes)
    if not items:
        return None
    until = now + lease_seconds
    lease = db.execute("INSERT INTO lease (destination, until) VALUES (?, ?)", (destination, until)).lastrowid
    assert lease is not None  # noqa: S101  for the type checker: an INSERT has just set it
    up_to = (destination, group, items[-1].deadline, items[-1].id)
    where = "FROM waiting WHERE destination = ? AND grp = ? AND (deadline, id) <= (?, ?)"
    db.execute(f"INSERT INTO leased SELECT {lease}, id, tries {where}", up_to)
    db.execute(f"DELETE {where}", up_to)
    return Claim(lease=lease, until=until, destination=destination, group=group, items=items)


def bring_back_all(db: sqlite3.Connection, destination: str) -> bool:
    """Let some of what was put back wait no longer, whatever its time; False when there was nothing."""
    is_some = _came(db, destination, _ALWAYS)
    db.execute(_TIME_CAME.format(due=_DUE[0]), (destination, _ALWAYS, _STEP))
    db.execute(_TIME_CAME_DROP.format(due=_DUE[0]), (destination, _ALWAYS, _STEP))
    return is_some


def ready(db: sqlite3.Connection, destination: str, limit: int, now: float) -> int:
    """Count what could be sent now, but no further than ``limit``."""
    if is_closed(db, destination, now):
        return 0
    waiting = "SELECT 1 FROM waiting WHERE destination = :destination"
    came = "SELECT 1 FROM later WHERE destination = :destination AND until <= :now"
    astray = "SELECT 1 FROM later WHERE destination = :destination AND until > :horizon"
    every = f"{waiting} UNION ALL {came} UNION ALL {astray}"
    query = f"SELECT count(*) FROM (SELECT * FROM ({every}) LIMIT :limit)"  # noqa: S608  constants
    given = {"destination": destination, "now": now, "horizon": now + MAX_DELAY, "limit": limit}
    found = db.execute(query, given).fetchone()[0]
    return int(found)


def next_due(db: sqlite3.Connection, destination: str, now: float) -> float | None:
    """Tell when something can be claimed; None when that never happens by itself."""
    state = db.execute(
        "SELECT paused_at, backoff_until FROM account WHERE destination = ?", (destination,)
    ).fetchone()
    paused_at, backoff_until = state or (None, None)
    if paused_at is not None:
        return None
    later = db.execute("SELECT min(until) FROM later WHERE destination = ?", (destination,)).fetchone()[0]
    leases = db.execute("SELECT min(until) FROM lease WHERE destination = ?", (destination,)).fetchone()[0]
    times = [time for time in (later, leases) if time is not None]
    if _first(db, destination) is not None or _over(db, now) or _came(db, destination, now):
        times.append(now)
    backoff_until = backoff_until if backoff_until and backoff_until <= now + MAX_DELAY else now
    return max(min(times), now, backoff_until) if times else None


def destinations(db: sqlite3.Connection) -> list[str]:
    """Name the destinations with undelivered items, sorted."""
    found = {
        row[0] for table in ("waiting", "later") for row in db.execute(_DESTINATIONS.format(table=table))
    }
    found.update(row[0] for row in db.execute("SELECT destination FROM lease"))
    return sorted(found)


def _first(db: sqlite3.Connection, destination: str) -> tuple[str, int] | None:
    found: tuple[str, int] | None = db.execute(_FIRST_GROUP, {"destination": destination}).fetchone()
    return found


def _before(db: sqlite3.Connection, destination: str, now: float) -> float:
    """Give the time before which deadlines must lie for items to be claimed."""
    return now if is_closed(db, destination, now) else _ALWAYS


def _head(db: sqlite3.Connection, query: tuple[str, str, float, int], max_bytes: int) -> list[Claimed]:
    items: list[Claimed] = []
    with closing(db.execute(_HEAD, query)) as rows:
        for row in rows:
            max_bytes -= len(row[3]) + 1
            if items and max_bytes < 0:
                break
            items.append(Claimed._make(row))
    return items


def _over(db: sqlite3.Connection, now: float) -> list[int]:
    query = "SELECT lease FROM lease WHERE until <= ? OR until > ?"
    return [row[0] for row in db.execute(query, (now, now + MAX_LEASE))]


def _came(db: sqlite3.Connection, destination: str, now: float) -> bool:
    query = "SELECT 1 FROM later WHERE destination = ? AND {due} LIMIT 1"
    return any(db.execute(query.format(due=due), (destination, time)).fetchone() for due, time in _due(now))


def _due(now: float) -> Iterator[tuple[str, float]]:
    """Pair the conditions of :data:`_DUE` with their times."""
    return zip(_DUE, (now, now + MAX_DELAY), strict=True)


def _bring_back(db: sqlite3.Connection, destination: str, now: float) -> None:
    for lease in _over(db, now):
        db.execute(_LEASE_OVER, (lease,))
        db.execute("DELETE FROM leased WHERE lease = ?", (lease,))
        db.execute("DELETE FROM lease WHERE lease = ?", (lease,))
    if _came(db, destination, now):
        for due, time in _due(now):
            db.execute(_TIME_CAME.format(due=due), (destination, time, _STEP))
            db.execute(_TIME_CAME_DROP.format(due=due), (destination, time, _STEP))


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


_HELD = "lease = :lease AND id IN (SELECT value FROM json_each(:ids))"
_IDS = "id IN (SELECT value FROM json_each(:ids))"
_PUT_BACK = f"""
    INSERT INTO later
    SELECT i.destination, min(:run_at, i.deadline + 1), i.id, i.grp, i.deadline, l.tries + :tried
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


def release(db: sqlite3.Connection, lease: int, ids: Sequence[int], run_at: float, tried: int) -> None:
    """Let items wait until some time."""
    which = _which(lease, ids)
    db.execute(_PUT_BACK, {**which, "run_at": run_at, "tried": tried})
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
