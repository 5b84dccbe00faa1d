"""Items on their way to delivery: SQL to insert, count, claim, and settle them.

An item has a row in ``item`` for life, and a row in the one table of its state: ``waiting``, ``delayed``, ``leased``
or ``dead``.  Changing the state moves the latter.  Every function runs inside its caller's transaction.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

from capi_actions.builtin.outbox.connection import INTEGER, NUMBER, NUMBER_OR_NULL, TEXT, check_row
from capi_actions.builtin.outbox.status import is_blocked, judgement_columns
from capi_actions.model import MAX_DELAY, MAX_LEASE, Claim, Claimed, Item, Judgement

_FOREVER = 2**63 - 1
_STEP = 10_000  # delayed items that become waiting in one transaction: some 20 ms

# The columns are in the order of Item's fields: an item is a tuple, and so its own row.
_INSERT_ITEM = """
    INSERT INTO item (destination, action, message_id, event_id, event_time, deadline, grp, body) VALUES
"""
_INSERT_WAITING = """
    INSERT INTO waiting SELECT destination, grp, deadline, id, 0 FROM item WHERE id BETWEEN ? AND ?
"""
# Many rows in one statement: executemany() takes 1.5 µs an item more, and gives up the interpreter's lock at every
# row, to get it back from all other threads that want to put.  A few sizes only, as each is a statement to prepare.
_INSERT_ITEMS = {
    rows: _INSERT_ITEM + ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * rows) for rows in (64, 16, 4, 1)
}


def insert(db: sqlite3.Connection, items: Sequence[Item]) -> None:
    """Store new items, as waiting."""
    start = 0
    for rows, statement in _INSERT_ITEMS.items():
        while len(items) - start >= rows:
            values = chain.from_iterable(items[start : start + rows])
            last = db.execute(statement, tuple(values)).lastrowid
            start += rows
    assert last is not None  # noqa: S101  for the type checker: an INSERT has just set it
    # One writer, one transaction and AUTOINCREMENT: the new ids have no gaps.
    db.execute(_INSERT_WAITING, (last - len(items) + 1, last))


# The names in the first column of a table's primary key.  DISTINCT would read every row; the recursion jumps from name
# to name in the key, so that a million items cost no more than one.
_DESTINATIONS = """
    WITH RECURSIVE names(name) AS (
        SELECT min(destination) FROM {table}
        UNION ALL
        SELECT (SELECT min(destination) FROM {table} WHERE destination > names.name)
        FROM names WHERE names.name IS NOT NULL
    )
    SELECT name FROM names WHERE name IS NOT NULL
"""


def destinations(db: sqlite3.Connection) -> list[str]:
    """Return the destinations with undelivered items, sorted."""
    queries = [*(_DESTINATIONS.format(table=table) for table in ("waiting", "delayed"))]
    names = {row[0] for query in (*queries, "SELECT destination FROM lease") for row in db.execute(query)}
    for name in names:
        check_row((name,), (TEXT,))
    return sorted(names)


# Delayed items are due if their time has come, or lies so far ahead that a wrong clock wrote it: rows at either end of
# the primary key.  Two conditions, used one after the other: with OR between them SQLite would scan the table.
_DUE_CONDITIONS = ("run_at <= ?", "run_at > ?")

_READY = """
    SELECT count(*) FROM (
        SELECT * FROM (
            SELECT 1 FROM waiting WHERE destination = :destination
            UNION ALL SELECT 1 FROM delayed WHERE destination = :destination AND run_at <= :now
            UNION ALL SELECT 1 FROM delayed WHERE destination = :destination AND run_at > :horizon
        ) LIMIT :limit
    )
"""


def is_idle(db: sqlite3.Connection) -> bool:
    """Return whether nothing is left to deliver but what waits for a time or for a person."""
    if db.execute("SELECT EXISTS (SELECT 1 FROM lease)").fetchone()[0]:
        return False
    names = [row[0] for row in db.execute(_DESTINATIONS.format(table="waiting"))]
    return all(
        is_blocked(db, name, _FOREVER) for name in names
    )  # no back-off lasts so long: only pauses count


def ready(db: sqlite3.Connection, destination: str, limit: int, now: float) -> int:
    """Count what could be claimed now, up to ``limit``."""
    if is_blocked(db, destination, now):
        return 0
    parameters = {
        "destination": destination,
        "now": now,
        "horizon": now + MAX_DELAY,
        "limit": max(limit, 0),  # SQLite takes a negative limit for none
    }
    return int(db.execute(_READY, parameters).fetchone()[0])


def next_due(db: sqlite3.Connection, destination: str, now: float) -> float | None:
    """Return when a claim may find something; None if only a call can change that it can't."""
    state = db.execute(
        "SELECT paused_at, backoff_until FROM destination_state WHERE destination = ?", (destination,)
    ).fetchone()
    paused_at, backoff_until = state or (None, None)
    check_row((paused_at, backoff_until), (NUMBER_OR_NULL, NUMBER_OR_NULL))
    if paused_at is not None:
        return None
    if backoff_until is None or backoff_until > now + MAX_DELAY:
        backoff_until = now
    times = [
        time for query in _NEXT_TIMES for (time,) in db.execute(query, (destination,)) if time is not None
    ]
    for time in times:
        check_row((time,), (NUMBER,))
    ended_lease = db.execute(
        f"{_ENDED_LEASES} AND destination = ?", (now, now + MAX_LEASE, destination)
    ).fetchone()
    if ended_lease or _has_due(db, destination, now) or _first_group(db, destination):
        times.append(now)
    return max(min(times), now, backoff_until) if times else None


_NEXT_TIMES = (
    "SELECT min(run_at) FROM delayed WHERE destination = ?",
    "SELECT min(until) FROM lease WHERE destination = ?",
)


def may_claim(db: sqlite3.Connection, destination: str, now: float) -> bool:
    """Return whether a claim is worth a transaction, so that polls of an idle outbox don't lock it."""
    if _ended_leases(db, now) or _has_due(db, destination, now):
        return True
    first = _first_group(db, destination)
    return first is not None and first[1] < _deadline_limit(db, destination, now)


def claim(
    db: sqlite3.Connection, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
) -> Claim | None:
    """Lease items that are due, nearest deadline first; see :meth:`capi_actions.Outbox.claim`."""
    _end_leases(db, now)
    _end_due_delays(db, destination, now)
    first = _first_group(db, destination)
    if first is None:
        return None
    group = first[0]
    items = _head(db, (destination, group, _deadline_limit(db, destination, now), max(limit, 0)), max_bytes)
    if not items:
        return None
    until = now + lease_seconds
    lease = db.execute("INSERT INTO lease (destination, until) VALUES (?, ?)", (destination, until)).lastrowid
    assert lease is not None  # noqa: S101  for the type checker: an INSERT has just set it
    # The items are a range of the primary key, whose last row is known: no list of ids is needed.
    last = (destination, group, items[-1].deadline, items[-1].id)
    where = "FROM waiting WHERE destination = ? AND grp = ? AND (deadline, id) <= (?, ?)"
    db.execute(f"INSERT INTO leased SELECT {lease}, id, tries {where}", last)
    db.execute(f"DELETE {where}", last)
    return Claim(lease=lease, until=until, destination=destination, group=group, items=items)


# Of all groups with waiting items, the one whose first item has the nearest deadline.  As above, the recursion jumps
# from group to group in the primary key.
_FIRST_GROUP = """
    WITH RECURSIVE groups(grp) AS (
        SELECT min(grp) FROM waiting WHERE destination = :destination
        UNION ALL
        SELECT (SELECT min(grp) FROM waiting WHERE destination = :destination AND grp > groups.grp)
        FROM groups WHERE groups.grp IS NOT NULL
    )
    SELECT grp, (SELECT min(deadline) FROM waiting WHERE destination = :destination AND grp = groups.grp) AS first
    FROM groups WHERE grp IS NOT NULL ORDER BY first LIMIT 1
"""


def _first_group(db: sqlite3.Connection, destination: str) -> tuple[str, int] | None:
    """Return the group to claim next and its nearest deadline."""
    row: tuple[str, int] | None = db.execute(_FIRST_GROUP, {"destination": destination}).fetchone()
    if row is not None:
        check_row(row, (TEXT, INTEGER))
    return row


def _deadline_limit(db: sqlite3.Connection, destination: str, now: float) -> float:
    """Return the time before which an item's deadline must be for it to be claimed."""
    return now if is_blocked(db, destination, now) else _FOREVER


_HEAD = """
    SELECT w.id, w.tries, w.deadline, i.event_id, i.event_time, i.body FROM waiting w JOIN item i ON i.id = w.id
    WHERE w.destination = ? AND w.grp = ? AND w.deadline < ? ORDER BY w.deadline, w.id LIMIT ?
"""


_HEAD_TYPES = [{int}, {int}, {int}, {str}, {int}, {bytes}]
_HEAD_ROWS = 16  # read at a time; more only gain 0.05 µs an item, and a body may have megabytes


def _head(db: sqlite3.Connection, parameters: tuple[str, str, float, int], max_bytes: int) -> list[Claimed]:
    items: list[Claimed] = []
    with closing(db.execute(_HEAD, parameters)) as rows:
        while block := rows.fetchmany(_HEAD_ROWS):
            # By columns: 0.1 µs an item, where a look at each row takes 0.35.
            if [{*map(type, column)} for column in zip(*block, strict=True)] != _HEAD_TYPES:
                raise TypeError("a cell holds a value of the wrong type")
            for item in map(Claimed._make, block):
                max_bytes -= len(item.body) + 1
                if items and max_bytes < 0:
                    return items
                items.append(item)
    return items


# The table has a row for each batch under way: few.
_ENDED_LEASES = "SELECT lease FROM lease WHERE (until <= ? OR until > ?)"
_MOVE_LEASED = """
    INSERT INTO waiting
    SELECT i.destination, i.grp, i.deadline, i.id, l.tries FROM leased l JOIN item i ON i.id = l.id WHERE l.lease = ?
"""


def _ended_leases(db: sqlite3.Connection, now: float) -> list[int]:
    return [row[0] for row in db.execute(_ENDED_LEASES, (now, now + MAX_LEASE))]


def _end_leases(db: sqlite3.Connection, now: float) -> None:
    """Make the items of ended leases wait, whatever their destination."""
    for lease in _ended_leases(db, now):
        db.execute(_MOVE_LEASED, (lease,))
        db.execute("DELETE FROM leased WHERE lease = ?", (lease,))
        db.execute("DELETE FROM lease WHERE lease = ?", (lease,))


_MOVE_DELAYED = """
    INSERT INTO waiting SELECT destination, grp, deadline, id, tries FROM delayed
    WHERE destination = ? AND {due} ORDER BY run_at, id LIMIT ?
"""
_DELETE_DELAYED = """
    DELETE FROM delayed WHERE (destination, run_at, id) IN (
        SELECT destination, run_at, id FROM delayed WHERE destination = ? AND {due} ORDER BY run_at, id LIMIT ?
    )
"""


def end_delays(db: sqlite3.Connection, destination: str) -> bool:
    """Make some delayed items wait, whatever their time; False if there were none."""
    return _move_delayed(db, destination, _DUE_CONDITIONS[0], _FOREVER)


def _end_due_delays(db: sqlite3.Connection, destination: str, now: float) -> None:
    """Make delayed items that are due wait: some thousands, as the lock shouldn't be held for long."""
    if _has_due(db, destination, now):
        for due, time in _due_parameters(now):
            _move_delayed(db, destination, due, time)


def _move_delayed(db: sqlite3.Connection, destination: str, due: str, time: float) -> bool:
    parameters = (destination, time, _STEP)
    db.execute(_MOVE_DELAYED.format(due=due), parameters)
    return db.execute(_DELETE_DELAYED.format(due=due), parameters).rowcount > 0


def _has_due(db: sqlite3.Connection, destination: str, now: float) -> bool:
    query = "SELECT 1 FROM delayed WHERE destination = ? AND {due} LIMIT 1"
    return any(
        db.execute(query.format(due=due), (destination, time)).fetchone()
        for due, time in _due_parameters(now)
    )


def _due_parameters(now: float) -> Iterator[tuple[str, float]]:
    """Return the conditions of :data:`_DUE_CONDITIONS`, each with its time."""
    return zip(_DUE_CONDITIONS, (now, now + MAX_DELAY), strict=True)


def extend(db: sqlite3.Connection, lease: int, until: float) -> bool:
    """Move the end of a lease; False if it is gone."""
    return db.execute("UPDATE lease SET until = ? WHERE lease = ?", (until, lease)).rowcount == 1


_IDS = "id IN (SELECT value FROM json_each(:ids))"
_LEASED = f"lease = :lease AND {_IDS}"
_DELETE_LEASED = f"DELETE FROM leased WHERE {_LEASED}"  # noqa: S608  constants, here and below
_DELETE_EMPTY_LEASE = """
    DELETE FROM lease WHERE lease = :lease AND NOT EXISTS (SELECT 1 FROM leased WHERE lease = :lease)
"""
_RELEASE = f"""
    INSERT INTO delayed
    SELECT i.destination, min(:run_at, i.deadline + 1), i.id, i.grp, i.deadline, l.tries + :tried
    FROM (SELECT * FROM leased WHERE {_LEASED}) l JOIN item i ON i.id = l.id
"""  # noqa: S608
_BURY = f"""
    INSERT INTO dead
    SELECT i.id, i.destination, :code, :subcode, :reason, :advice, l.tries + :tried, :now,
        :platform_message, :platform_field, :trace_id
    FROM (SELECT * FROM leased WHERE {_LEASED}) l JOIN item i ON i.id = l.id
"""  # noqa: S608


def release(db: sqlite3.Connection, lease: int, ids: Sequence[int], run_at: float, tried: int) -> None:
    """Make leased items delayed."""
    parameters = _parameters(lease, ids)
    db.execute(_RELEASE, {**parameters, "run_at": run_at, "tried": tried})
    db.execute(_DELETE_LEASED, parameters)
    db.execute(_DELETE_EMPTY_LEASE, parameters)


def bury(
    db: sqlite3.Connection, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int
) -> None:
    """Make leased items dead."""
    parameters = _parameters(lease, ids)
    db.execute(_BURY, {**parameters, **judgement_columns(judgement), "now": now, "tried": tried})
    db.execute(_DELETE_LEASED, parameters)
    db.execute(_DELETE_EMPTY_LEASE, parameters)


# `waiting` has no index by id alone, for which every claim would pay: `item` has the other columns of its key.
_DELETE_STATES = (
    f"""
    DELETE FROM waiting WHERE (destination, grp, deadline, id) IN (
        SELECT destination, grp, deadline, id FROM item WHERE {_IDS}
    )
    """,  # noqa: S608
    f"DELETE FROM delayed WHERE {_IDS}",  # noqa: S608
    f"DELETE FROM leased WHERE {_IDS}",  # noqa: S608
    f"DELETE FROM dead WHERE {_IDS}",  # noqa: S608
    "DELETE FROM lease WHERE NOT EXISTS (SELECT 1 FROM leased WHERE leased.lease = lease.lease)",
)
_DELETE_ITEMS = f"DELETE FROM item WHERE {_IDS}"  # noqa: S608


# A batch is a range of ids more often than not, and a range needs no list: 1.3 µs an item less.
_RANGE = "id BETWEEN :first AND :last"
_DELETE_LEASED_RANGE = f"DELETE FROM leased WHERE lease = :lease AND {_RANGE}"  # noqa: S608
_DELETE_ITEMS_RANGE = f"DELETE FROM item WHERE {_RANGE}"  # noqa: S608


def acknowledge(db: sqlite3.Connection, lease: int, ids: Sequence[int]) -> None:
    """Delete delivered items."""
    if len({*ids}) == len(ids) and max(ids, default=0) - min(ids, default=0) == len(ids) - 1:
        span = {"lease": lease, "first": min(ids), "last": max(ids)}
        if db.execute(_DELETE_LEASED_RANGE, span).rowcount == len(ids):
            db.execute(_DELETE_ITEMS_RANGE, span)
            db.execute(_DELETE_EMPTY_LEASE, span)
            return
    parameters = _parameters(lease, ids)
    if db.execute(_DELETE_LEASED, parameters).rowcount < len(ids):
        # The lease has ended: the items may be in any state by now.  This reads whole tables, but is rare.
        for statement in _DELETE_STATES:
            db.execute(statement, parameters)
    db.execute(_DELETE_ITEMS, parameters)
    db.execute(_DELETE_EMPTY_LEASE, parameters)


def json_array(ids: Sequence[int]) -> str:
    """Write ids as a JSON array, for ``json_each``: half the time of a statement for each id."""
    return f"[{','.join(map(str, ids))}]"


def _parameters(lease: int, ids: Sequence[int]) -> dict[str, Any]:
    return {"lease": lease, "ids": json_array(ids)}
