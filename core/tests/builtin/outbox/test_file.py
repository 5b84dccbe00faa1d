"""The file: who can read it, how it is tuned, migrated, and that it grows and shrinks."""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.outbox.schema import MIGRATIONS, prepare
from capi_actions.errors import OutboxError
from capi_actions.model import DeadFilter, Item, Judgement

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A user whose new files everybody may read and write."""
    old = os.umask(0)
    yield
    os.umask(old)


def modes(path: Path) -> set[tuple[str, int]]:
    """Names and permissions of all files of an outbox."""
    return {(file.name, stat.S_IMODE(file.stat().st_mode)) for file in path.parent.iterdir()}


@pytest.mark.usefixtures("open_umask")
def test_only_its_owner_can_read_the_outbox(path: Path, make_item: MakeItem) -> None:
    """Hashed personal data is personal data; the companions hold it too."""
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item()])

        assert {("outbox.db", 0o600), ("outbox.db-wal", 0o600), ("outbox.db-shm", 0o600)} == modes(path)


@pytest.mark.usefixtures("open_umask")
def test_an_outbox_that_others_could_read_is_closed_to_them(path: Path, make_item: MakeItem) -> None:
    """Copied or restored files often have wider permissions."""
    first = SqliteOutbox(path)
    first.put([make_item()])
    for name in ("outbox.db", "outbox.db-wal", "outbox.db-shm"):
        path.with_name(name).chmod(0o644)

    with SqliteOutbox(path):
        assert {("outbox.db", 0o600), ("outbox.db-wal", 0o600), ("outbox.db-shm", 0o600)} == modes(path)
    first.close()


@pytest.mark.parametrize("content", [b"Dear diary" * 1000, b""])
def test_permissions_of_a_file_change_only_once_it_is_an_outbox(path: Path, content: bytes) -> None:
    """A typing error in the path must not lock others out of their file; an empty one becomes an outbox."""
    path.write_bytes(content)
    path.chmod(0o644)

    with contextlib.suppress(OutboxError):
        SqliteOutbox(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == (0o644 if content else 0o600)


@pytest.mark.usefixtures("open_umask")
def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """So that the first run needs no preparation."""
    SqliteOutbox(tmp_path / "new" / "outbox.db").close()

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_odd_characters_in_the_path_are_fine(tmp_path: Path, make_item: MakeItem, bodies: Bodies) -> None:
    """SQLite's URIs give meaning to some."""
    path = tmp_path / "a ? #b%20c ü" / "out;box.db"

    with SqliteOutbox(path) as outbox:
        outbox.put([make_item()])

    assert path.exists()
    with SqliteOutbox(str(path)) as outbox:
        assert [make_item().body] == bodies(outbox)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("fullfsync", 1),
        ("temp_store", 2),
        ("secure_delete", 2),
        ("page_size", 8192),
        ("user_version", 2),
    ],
)
def test_the_file_is_tuned_for_durability_first(outbox: SqliteOutbox, pragma: str, expected: object) -> None:
    """2 means FULL for synchronous, FAST for secure_delete, MEMORY for temp_store."""
    assert expected == outbox._database._connection.execute(f"PRAGMA {pragma}").fetchone()[0]


def test_a_file_of_an_older_format_is_migrated(path: Path, make_item: MakeItem) -> None:
    """With what it holds; a second opening changes nothing more."""
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item()])
    newer = [*MIGRATIONS, ["ALTER TABLE item ADD COLUMN colour TEXT", "UPDATE item SET colour = 'red'"]]
    db = sqlite3.connect(path, isolation_level=None)

    for _ in range(2):
        prepare(db, path, newer)

    assert db.execute("SELECT event_id, colour FROM item").fetchall() == [("event-a", "red")]
    assert db.execute("PRAGMA user_version").fetchone() == (3,)
    db.close()
    with pytest.raises(OutboxError, match="newer"):
        SqliteOutbox(path)


def test_a_failed_migration_leaves_the_file_as_it_was(
    path: Path, make_item: MakeItem, bodies: Bodies
) -> None:
    """One transaction: half a migration would be the end of the file."""
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item()])
    db = sqlite3.connect(path, isolation_level=None)

    with pytest.raises(sqlite3.OperationalError):
        prepare(db, path, [*MIGRATIONS, ["DROP TABLE waiting", "nonsense"]])

    db.close()
    with SqliteOutbox(path) as outbox:
        assert [make_item().body] == bodies(outbox)


def test_the_file_shrinks_when_the_backlog_does(path: Path, make_item: MakeItem) -> None:
    """Grown to 40 MB in an outage, small again when nearly all is delivered; what is left is still there."""
    with SqliteOutbox(path) as outbox:
        for _ in range(20):
            outbox.put([make_item(str(number), body=bytes(2000)) for number in range(1000)])
        outbox._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        grown = path.stat().st_size
        for _ in range(19):
            claim = outbox.claim("shop", 1000, 10**9, 60, NOW)
            assert claim is not None
            outbox.acknowledge(claim.lease, [item.id for item in claim.items])
        outbox._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        assert grown > 40_000_000
        assert path.stat().st_size < grown / 3
        assert outbox.stats()["shop"].waiting == 1000


def test_a_larger_file_is_made_compact_when_it_is_closed(
    path: Path, make_item: MakeItem, dead: Judgement
) -> None:
    """Rewriting 40 MB would keep callers waiting; when the outbox is closed nobody waits."""
    with SqliteOutbox(path) as outbox:
        for _ in range(5):
            outbox.put([make_item(str(number), body=bytes(8_000)) for number in range(5_000)])
        for settle in ("bury", "acknowledge", "acknowledge", "acknowledge", "acknowledge"):
            claim = outbox.claim("shop", 5_000, 10**9, 60, NOW)
            assert claim is not None
            ids = [item.id for item in claim.items]
            if settle == "bury":
                outbox.bury(claim.lease, ids, dead, NOW)
            else:
                outbox.acknowledge(claim.lease, ids)
        outbox._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size

    assert before > 150_000_000
    assert path.stat().st_size < before / 3
    with SqliteOutbox(path) as outbox:
        assert outbox.stats()["shop"].dead == 5_000


def test_purging_dead_letters_shrinks_the_file(path: Path, make_item: MakeItem, dead: Judgement) -> None:
    """Their retention would be pointless if the disk stayed full."""
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item(str(number), body=bytes(4000)) for number in range(5_000)])
        claim = outbox.claim("shop", 5_000, 10**9, 60, NOW)
        assert claim is not None
        outbox.bury(claim.lease, [item.id for item in claim.items], dead, NOW)
        outbox.purge(DeadFilter())
    assert path.stat().st_size < 1_000_000


def test_no_hot_query_scans_a_table_that_grows(
    outbox: SqliteOutbox, make_item: MakeItem, dead: Judgement
) -> None:
    """A claim costs as much with a million items as with one: every access goes by a key.

    ``lease`` has a row for each batch on its way, ``groups`` one for each group, ``names`` one for each destination,
    ``json_each`` the ids that the caller gave, and constant rows are the items to be put.
    """
    db = outbox._database._connection
    queries: list[str] = []
    db.set_trace_callback(queries.append)
    outbox.put([make_item(str(number)) for number in range(20)])
    for settle in ("acknowledge", "release", "bury", "nothing"):
        claim = outbox.claim("shop", 5, 1000, 60, NOW)
        assert claim is not None
        ids = [item.id for item in claim.items]
        if settle == "acknowledge":
            outbox.acknowledge(claim.lease, ids)
        elif settle == "release":
            outbox.release(claim.lease, ids, NOW + 5)
        elif settle == "bury":
            outbox.bury(claim.lease, ids, dead, NOW)
    outbox.claim("shop", 5, 1000, 60, NOW + 100)
    outbox.ready("shop", 10, NOW)
    outbox.next_due("shop", NOW)
    outbox.destinations()
    outbox.purge(DeadFilter(before=NOW))
    db.set_trace_callback(None)

    plans = {
        step[3]
        for query in queries
        if query.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        for step in db.execute(f"EXPLAIN QUERY PLAN {query}")
    }
    scans = {plan for plan in plans if plan.startswith("SCAN") and not plan.endswith("CONSTANT ROWS")}
    allowed = (
        "SCAN lease",
        "SCAN groups",
        "SCAN names",
        "SCAN json_each",
        "SCAN (subquery",
        "SCAN CONSTANT ROW",
    )
    assert {scan for scan in scans if not scan.startswith(allowed) or scan.startswith("SCAN leased")} == set()
    assert any("waiting USING PRIMARY KEY" in plan for plan in plans)
