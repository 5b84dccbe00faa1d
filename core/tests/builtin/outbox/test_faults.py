"""When the disk or the file fails: a sentence that says what to do, nothing accepted, nothing lost."""

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.outbox.schema import APPLICATION, prepare
from capi_actions.errors import OutboxError
from capi_actions.model import Item

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


def test_a_full_disk_is_said_and_nothing_is_half_stored(path: Path) -> None:
    """A limit on the file's size stands for the disk's: writes fail for real, at some point in a put."""
    script = f"""
import resource, sys
from capi_actions.errors import OutboxError
from capi_actions.model import Item
from capi_actions.builtin.outbox import SqliteOutbox
with SqliteOutbox({str(path)!r}) as outbox:
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
    for batch in range(100):
        items = [Item(destination="shop", action="a", message_id=None, event_id=f"{{batch}}", event_time=1,
            deadline=2_000_000_000, group="", body=bytes(10_000)) for _ in range(10)]
        try:
            outbox.put(items)
        except OutboxError as error:
            print(batch, error)
            break
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    accepted, _, sentence = ended.stdout.partition(" ")
    assert f"the outbox {path} " in sentence
    assert "disk" in sentence
    assert int(accepted) > 5
    with SqliteOutbox(path) as outbox:
        assert int(accepted) * 10 == outbox.stats()["shop"].waiting


def test_a_full_database_is_said_and_what_was_there_stays(
    path: Path, outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """SQLite's own word for a full disk; afterwards, with room again, all is as before."""
    outbox.put([make_item("first")])
    db = outbox._database._connection
    db.execute("PRAGMA max_page_count = 30")

    with pytest.raises(OutboxError, match=r"no room left: the disk is full; free some space .*SQLITE_FULL"):
        outbox.put([make_item(str(number), body=bytes(5000)) for number in range(100)])
    db.execute("PRAGMA max_page_count = 100000")
    outbox.put([make_item("second")])

    assert [make_item("first").body, make_item("second").body] == bodies(outbox)


def test_a_locked_outbox_is_said_after_a_while(path: Path, make_item: MakeItem, bodies: Bodies) -> None:
    """Another process may hold it for a moment; not for ever."""
    with SqliteOutbox(path, busy_seconds=0.1) as outbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(OutboxError, match="is kept locked by another process"):
            outbox.put([make_item()])

        other.execute("ROLLBACK")
        other.close()
        outbox.put([make_item()])
        assert [make_item().body] == bodies(outbox)


def test_an_outbox_that_is_locked_from_the_start_is_said(path: Path) -> None:
    """Also while it is being created."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(OutboxError, match="is kept locked by another process"):
        SqliteOutbox(path, busy_seconds=0.1)
    other.close()


def test_an_outbox_waits_for_others_that_look_at_its_new_file(path: Path) -> None:
    """Switching to the write-ahead log needs the file alone for a moment."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN")
    other.execute("SELECT * FROM sqlite_master").fetchall()
    with pytest.raises(OutboxError, match="is kept locked by another process"):
        SqliteOutbox(path, busy_seconds=0.05)

    timer = threading.Timer(0.1, other.execute, ["ROLLBACK"])
    timer.start()
    SqliteOutbox(path, busy_seconds=30).close()
    timer.join()
    other.close()


def test_a_file_system_that_cannot_share_memory_is_refused(path: Path) -> None:
    """A database in memory stands for it: there, too, SQLite declines the write-ahead log."""
    db = sqlite3.connect(":memory:")

    with pytest.raises(OutboxError, match="can't share memory between processes; put it on a local disk"):
        prepare(db, path)
    db.close()


def test_a_damaged_outbox_is_said(path: Path, make_item: MakeItem) -> None:
    """With the way to rescue what is in it."""
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item(str(number), body=bytes(5000)) for number in range(100)])
    content = bytearray(path.read_bytes())
    for at in range(8192, len(content)):
        content[at] ^= 0x55
    path.write_bytes(content)

    with SqliteOutbox(path) as outbox, pytest.raises(OutboxError, match=r"is damaged; stop all .* \.recover"):
        outbox.put([make_item()])


@pytest.mark.parametrize("content", [b"Dear diary" * 1000, b"\0" * 8192])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    """A typing error in the path must not cost somebody's file."""
    path.write_bytes(content)

    with pytest.raises(OutboxError, match=r"is not an outbox but some other file|is damaged"):
        SqliteOutbox(path)

    assert content == path.read_bytes()


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    """Nor must it cost a database."""
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE diary (day TEXT)")
    other.commit()
    other.close()
    content = path.read_bytes()

    with pytest.raises(OutboxError, match="is another program's SQLite database, not an outbox"):
        SqliteOutbox(path)

    assert content == path.read_bytes()


def test_a_newer_format_is_refused(path: Path) -> None:
    """Going back to an older version must not mangle what the newer one wrote."""
    SqliteOutbox(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA user_version = 99")
    other.close()

    with pytest.raises(
        OutboxError, match=r"newer capi-actions \(format 99, this one knows up to 2\); upgrade"
    ):
        SqliteOutbox(path)


def test_a_format_from_before_the_first_release_is_refused_and_left_alone(path: Path) -> None:
    """Its tables have other names: a person must empty it with the version that knows them."""
    old = sqlite3.connect(path, isolation_level=None)
    old.execute("CREATE TABLE later (id INTEGER)")
    old.execute(f"PRAGMA application_id = {APPLICATION}")
    old.execute("PRAGMA user_version = 1")
    old.close()
    content = path.read_bytes()

    with pytest.raises(OutboxError) as raised:
        SqliteOutbox(path)

    assert (
        f"the outbox {path} was written by a capi-actions from before its first release (format 1, this one knows 2 and"
        " newer); deliver what it holds with the version that wrote it, then move the file away: a new one is created"
    ) == str(raised.value)
    assert content == path.read_bytes()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutboxError, match=r"file/outbox.db can't be opened: Not a directory"):
        SqliteOutbox(tmp_path / "file" / "outbox.db")


def test_a_folder_in_its_place_is_said(path: Path) -> None:
    """Not an internal error of SQLite."""
    path.mkdir()
    path.chmod(0o755)  # whatever the user's umask
    (path / "other").write_text("")

    with pytest.raises(OutboxError, match="it is a folder or a device; give the path of a file"):
        SqliteOutbox(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_a_nearly_full_disk_keeps_room_for_delivering(
    path: Path, make_item: MakeItem, bodies: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the outbox fills it to the last byte, and then can't even let go of what it holds."""
    disk = SimpleNamespace(total=10**12, free=10**9)
    monkeypatch.setattr("capi_actions.builtin.outbox.connection.disk_usage", lambda folder: disk)
    with SqliteOutbox(path) as outbox:
        outbox.put([make_item("first")])
        disk.free = 10**6
        with pytest.raises(OutboxError, match=r"nearly full.* free some space and try again"):
            outbox.put([make_item("second")])
        assert bodies(outbox) == [make_item("first").body]
        disk.total = 10**7
        outbox.put([make_item("third")])

        assert outbox.stats()["shop"].undelivered == 2


@pytest.mark.parametrize("replace", [False, True])
def test_a_deleted_outbox_can_be_neither_written_nor_read(
    path: Path, outbox: SqliteOutbox, make_item: MakeItem, replace: bool
) -> None:
    """The open file would take items that no other process could ever find, and an idle one would look empty."""
    path.rename(path.with_name("moved.db"))
    if replace:
        path.write_bytes(b"")

    for use in (
        lambda: outbox.put([make_item()]),
        lambda: outbox.claim("shop", 1, 1000, 60, NOW),
        outbox.stats,
        lambda: next(outbox.dead()),
    ):
        with pytest.raises(OutboxError, match=r"was deleted or replaced while it was open.*restart this one"):
            use()


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "text"},
        {"body": None},
        {"deadline": "soon"},
        {"deadline": 1.5},
        {"deadline": float("nan")},
        {"event_time": 2**64},
        {"event_id": "lone \ud800 surrogate"},
        {"event_id": None},
        {"action": ["list"]},
        {"group": {}},
    ],
)
def test_an_item_that_cannot_be_stored_is_refused_with_its_whole_put(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies, changes: dict[str, object]
) -> None:
    """All or nothing, whatever a plugin made; and the outbox goes on working."""
    with pytest.raises(OutboxError, match="can't store an item with a value of the wrong type"):
        outbox.put([make_item("good"), make_item("bad", **changes)])

    assert bodies(outbox) == []
    outbox.put([make_item("good")])
    assert [make_item("good").body] == bodies(outbox)


def test_errors_quote_no_value(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """Not in the text and not in what caused it, where error trackers look."""
    with pytest.raises(OutboxError) as raised:
        outbox.put([make_item(event_id="marker \ud800 marker")])

    assert "marker" not in str(raised.value)
    assert raised.value.__suppress_context__
