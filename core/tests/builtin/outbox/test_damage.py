"""Whatever is wrong with the file, every call works or raises an OutboxError: a person learns what to do."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions.builtin.outbox import SqliteOutbox, schema
from capi_actions.errors import OutboxError
from capi_actions.model import (
    ALL_DEAD,
    Claim,
    DeadFilter,
    DeadLetter,
    Item,
    Judgement,
    OnceOutbox,
    Outbox,
    Pause,
    Replayed,
    Stats,
    Verdict,
)
from support.length import examples

NOW = 1_800_000_000
WHY = Judgement(verdict=Verdict.DEAD, code=1, subcode=2, reason="Because.", advice="Don't.")


def item(number: int, destination: str = "shop", size: int = 600) -> Item:
    """Return an item."""
    return Item(destination, "acme.ping", None, f"event-{number}", NOW, NOW + 1000 + number, "", bytes(size))


def fill(path: Path) -> None:
    """Make an outbox that holds items in every state, a lease, a pause and a back-off."""
    with SqliteOutbox(path) as outbox:
        outbox.put([item(number) for number in range(40)])
        for settle in ("release", "bury", "leave"):
            claim = outbox.claim("shop", 8, 10**6, 60, NOW)
            assert claim is not None
            ids = [claimed.id for claimed in claim.items]
            if settle == "release":
                outbox.release(claim.lease, ids, NOW + 5)
            elif settle == "bury":
                outbox.bury(claim.lease, ids, WHY, NOW)
        outbox.put_once([item(90), item(91)], [b"a", b"b"], NOW)
        outbox.put([item(100, "other"), item(101, "paused")])
        outbox.back_off("other", NOW + 50)
        outbox.pause("paused", WHY, NOW)


def check_claim(claim: Claim | None) -> None:
    """Check that a claim holds what the contract says."""
    assert claim is None or all(
        [*map(type, (claimed.id, claimed.tries, claimed.deadline, claimed.body))] == [int, int, int, bytes]
        for claimed in claim.items
    )


def check_stats(stats: Any) -> None:
    """Check that counts are counts."""
    for name, value in stats.items():
        assert isinstance(name, str)
        assert isinstance(value, Stats)
        assert {type(value.waiting), type(value.delayed), type(value.leased), type(value.dead)} == {int}
        assert {type(value.oldest), type(value.deadline)} <= {int, type(None)}


def check_letters(letters: Iterator[DeadLetter]) -> None:
    """Check that dead letters hold what the contract says."""
    for letter in letters:
        assert isinstance(letter.item.body, bytes)
        assert [*map(type, (letter.item.event_id, letter.reason, letter.advice))] == [str, str, str]
        assert type(letter.item.deadline) is int


# Every method of the protocol, with a check of what it returns.
CALLS: dict[str, Callable[[OnceOutbox], object]] = {
    "paused": lambda outbox: check_pauses(outbox.paused()),
    "ready": lambda outbox: outbox.ready("shop", 100, NOW) + 0,
    "next_due": lambda outbox: (outbox.next_due("shop", NOW) or 0.0) + 0.0,
    "next_due of a paused one": lambda outbox: outbox.next_due("paused", NOW),
    "next_due of one that backs off": lambda outbox: (outbox.next_due("other", NOW) or 0.0) + 0.0,
    "destinations": lambda outbox: "".join(outbox.destinations()),
    "stats": lambda outbox: check_stats(outbox.stats()),
    "dead": lambda outbox: check_letters(outbox.dead()),
    "dead, filtered": lambda outbox: check_letters(
        outbox.dead(DeadFilter(action="acme.ping", code=1, since=1.0))
    ),
    "claim": lambda outbox: check_claim(outbox.claim("shop", 10, 10**6, 60, NOW)),
    "claim what is late": lambda outbox: check_claim(outbox.claim("shop", 10, 10**6, 60, NOW + 100)),
    "claim what backs off": lambda outbox: check_claim(outbox.claim("other", 10, 10**6, 60, NOW)),
    "extend": lambda outbox: outbox.extend(3, NOW + 90),
    "release": lambda outbox: outbox.release(3, [17, 18], NOW + 9),
    "bury": lambda outbox: outbox.bury(3, [19, 20], WHY, NOW),
    "acknowledge": lambda outbox: outbox.acknowledge(3, [21, 22]),
    "acknowledge late": lambda outbox: outbox.acknowledge(1, [1, 2, 9, 10, 30]),
    "back_off": lambda outbox: outbox.back_off("other", NOW + 70),
    "pause": lambda outbox: outbox.pause("paused", WHY, NOW),
    "resume": lambda outbox: outbox.resume("paused"),
    "resume another": lambda outbox: outbox.resume("shop"),
    "replay": lambda outbox: check_replayed(outbox.replay(DeadFilter(ids=[11, 12]), NOW)),
    "replay all": lambda outbox: check_replayed(outbox.replay(ALL_DEAD, NOW)),
    "purge": lambda outbox: outbox.purge(DeadFilter(before=NOW + 1)) + 0,
    "purge all": lambda outbox: outbox.purge(ALL_DEAD) + 0,
    "put": lambda outbox: outbox.put([item(200), item(201)]),
    "put_once": lambda outbox: outbox.put_once([item(300), item(301)], [b"a", b"new"], NOW) + 0,
    "claim everything": lambda outbox: check_claim(outbox.claim("shop", 1000, 10**9, 60, NOW + 5000)),
    "close": lambda outbox: outbox.close(),
}


def check_pauses(pauses: Mapping[str, Pause]) -> None:
    """Check that pauses can be shown."""
    for pause in pauses.values():
        assert isinstance(pause.judgement.reason, str)
        assert pause.since + 0 == pause.since


def check_replayed(replayed: Replayed) -> None:
    """Check that numbers are numbers."""
    assert {type(replayed.moved), type(replayed.expired)} == {int}


def call_everything(path: Path) -> dict[str, str]:
    """Open the file, make every call, and return the errors' sentences."""
    try:
        outbox = SqliteOutbox(path, busy_seconds=0.05)
    except OutboxError as error:
        return {"open": str(error)}
    with outbox:
        return call_all(outbox)


def call_all(outbox: OnceOutbox) -> dict[str, str]:
    """Make every call, each on what the ones before have left, and return the errors' sentences."""
    errors = {}
    for name, call in CALLS.items():
        try:
            call(outbox)
        except OutboxError as error:
            errors[name] = str(error)
    return errors


_TEXTS = ("reason", "advice", "platform_message", "platform_field", "trace_id")
TABLES = {
    "item": ("destination", "grp", "action", "message_id", "event_id", "event_time", "deadline", "body"),
    "waiting": ("destination", "grp", "deadline", "id", "tries"),
    "delayed": ("destination", "run_at", "id", "grp", "deadline", "tries"),
    "lease": ("destination", "until"),
    "leased": ("lease", "id", "tries"),
    "dead": ("destination", "code", "subcode", "reason", "advice", "tries", "buried_at", *_TEXTS[2:]),
    "destination_state": ("destination", "backoff_until", "paused_at", "code", "subcode", *_TEXTS),
    "once": ("key", "until"),
}
"""All columns but those that SQLite itself keeps to integers."""

COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]


def edit(path: Path, *statements: str, parameters: Sequence[Any] = ()) -> None:
    """Change the file as somebody with a database tool might; the parameters are the last statement's."""
    *others, last = statements
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in others:
            db.execute(statement)
        db.execute(last, parameters)


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: some thousand outboxes are opened here."""
    tuning = [statement.replace("synchronous = FULL", "synchronous = OFF") for statement in schema._TUNING]
    monkeypatch.setattr(schema, "_TUNING", tuning)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An outbox file with everything in it."""
    path = tmp_path_factory.mktemp("filled") / "outbox.db"
    fill(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def typeless(tmp_path_factory: pytest.TempPathFactory, filled: bytes) -> bytes:
    """The same with tables that take values of any type, as the pages of a damaged file do."""
    path = tmp_path_factory.mktemp("typeless") / "outbox.db"
    path.write_bytes(filled)
    for table, columns in TABLES.items():
        names = ", ".join(columns)
        key = "id INTEGER PRIMARY KEY, " if table in ("item", "dead", "once") else ""
        key = "lease INTEGER PRIMARY KEY, " if table == "lease" else key
        edit(
            path,
            f"ALTER TABLE {table} RENAME TO old",
            f"CREATE TABLE {table} ({key}{names})",
            f"INSERT INTO {table} ({key.split(' ')[0]}{',' if key else ''}{names})"
            f" SELECT {key.split(' ')[0]}{',' if key else ''}{names} FROM old",
            "DROP TABLE old",
        )
    return path.read_bytes()


def test_the_columns_above_are_all_there_are(tmp_path: Path, filled: bytes) -> None:
    """One that is added later is tested, too."""
    path = tmp_path / "outbox.db"
    path.write_bytes(filled)
    with closing(sqlite3.connect(path)) as db:
        for table, columns in TABLES.items():
            names = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            assert names - {"id", "lease"} <= set(columns) <= names


def test_the_calls_below_are_all_there_are(tmp_path: Path) -> None:
    """And all of them work on a file that isn't damaged."""
    methods = {name for name in {**vars(Outbox), **vars(OnceOutbox)} if not name.startswith("_")}
    assert methods == {name.split()[0].rstrip(",") for name in CALLS}

    path = tmp_path / "outbox.db"
    fill(path)
    assert call_everything(path) == {}


def check_damaged(path: Path, content: bytes, *statements: str, parameters: Sequence[Any] = ()) -> None:
    """Make every call on a damaged file."""
    path.write_bytes(content)
    if statements:
        edit(path, *statements, parameters=parameters)
    for sentence in call_everything(path).values():
        assert str(path) in sentence
        assert "can't do this" not in sentence


CELLS = [None, 7, -(2**63), 2**63 - 1, 1.5, float("inf"), -1e308, "text", "", "7", b"blob", b"", "\0"]


THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"  # `nox -s soak`: every kind in every column


@pytest.mark.soak
@pytest.mark.parametrize("kept", [False, True], ids=["all rows", "some rows"])
@pytest.mark.parametrize("place", COLUMNS, ids=".".join)
def test_cells_of_the_wrong_type(tmp_path: Path, typeless: bytes, place: tuple[str, str], kept: bool) -> None:
    """Every kind of value stands in some column; in some rows only, values of two types are compared and sorted."""
    table, column = place
    where, step = ("WHERE rowid % 2 = 0", 6) if kept else ("", 4)
    values = CELLS if THOROUGH else CELLS[COLUMNS.index(place) % step :: step]
    for number, value in enumerate(values):
        statement = f"UPDATE {table} SET {column} = ? {where}"
        check_damaged(tmp_path / f"{number}.db", typeless, statement, parameters=[value])


@pytest.mark.parametrize("place", COLUMNS, ids=".".join)
def test_text_that_is_no_unicode(tmp_path: Path, typeless: bytes, place: tuple[str, str]) -> None:
    """Python can't read it: not what a caller wanted to store is at fault, but the file."""
    table, column = place

    check_damaged(tmp_path / "a.db", typeless, f"UPDATE {table} SET {column} = CAST(x'fffe80' AS TEXT)")


@pytest.mark.parametrize("place", COLUMNS, ids=".".join)
def test_a_column_that_is_not_there(tmp_path: Path, typeless: bytes, place: tuple[str, str]) -> None:
    """SQLite drops columns on request."""
    table, column = place

    drop_index = "DROP INDEX IF EXISTS dead_by_time"
    check_damaged(tmp_path / "a.db", typeless, drop_index, f"ALTER TABLE {table} DROP COLUMN {column}")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["DROP TABLE {}", "DELETE FROM {}", "DROP TABLE {}; CREATE TABLE {} (other)"]
)
def test_a_table_that_is_not_there_or_empty_or_another(
    tmp_path: Path, filled: bytes, table: str, statement: str
) -> None:
    """Rows whose other half is gone, as after a rescue that rescued only some."""
    check_damaged(tmp_path / "a.db", filled, *statement.format(table, table).split(";"))


@pytest.mark.parametrize("version", [0, 1, 3, -1, 2**31 - 1])
@pytest.mark.parametrize("pragma", ["user_version", "application_id"])
def test_numbers_of_another_format(tmp_path: Path, filled: bytes, pragma: str, version: int) -> None:
    """Said before anything is touched."""
    check_damaged(tmp_path / "a.db", filled, f"PRAGMA {pragma} = {version}")


def test_a_huge_value(tmp_path: Path, typeless: bytes) -> None:
    """A body of 50 MB where the destination's name should be."""
    for column in ("destination", "event_id", "body"):
        check_damaged(
            tmp_path / f"{column}.db", typeless, f"UPDATE item SET {column} = zeroblob(50000000) WHERE id = 9"
        )


@pytest.mark.parametrize(
    "content",
    [b"", b"SQLite format 3\0", b"Dear diary,\n", b"{}", b"\0" * 100, b"\xff" * 8192, b"PK\x03\x04" * 3000],
)
@pytest.mark.parametrize("companion", ["", "-wal", "-shm"])
def test_a_file_that_is_something_else(tmp_path: Path, filled: bytes, content: bytes, companion: str) -> None:
    """The outbox itself, or what SQLite keeps beside it."""
    path = tmp_path / "outbox.db"
    path.write_bytes(filled)
    path.with_name(path.name + companion).write_bytes(content)

    for sentence in call_everything(path).values():
        assert str(path) in sentence


@pytest.mark.parametrize("companion", ["-wal", "-shm"])
def test_a_folder_in_the_place_of_a_companion(tmp_path: Path, filled: bytes, companion: str) -> None:
    """SQLite can't open it."""
    path = tmp_path / "outbox.db"
    path.write_bytes(filled)
    path.with_name(path.name + companion).mkdir()

    errors = call_everything(path)

    assert errors
    assert all(str(path) in sentence for sentence in errors.values())


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_bytes_changed_anywhere(
    tmp_path_factory: pytest.TempPathFactory, filled: bytes, data: st.DataObject
) -> None:
    """A disk that fails, a copy that was cut, a page of something else; while it is open, too."""
    path = tmp_path_factory.mktemp("changed") / "outbox.db"
    content = bytearray(filled)
    pages = st.integers(0, len(content) // 8192 - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        match data.draw(st.sampled_from(["byte", "run", "page", "swap", "cut"])):
            case "byte":
                # The beginning of a page says what is where in it.
                at = min(data.draw(pages) * 8192 + data.draw(st.integers(0, 200)), len(content) - 1)
                content[at] = data.draw(st.integers(0, 255))
            case "run":
                at = data.draw(st.integers(0, len(content) - 1))
                content[at : at + 500] = data.draw(st.binary(min_size=1, max_size=8)) * 60
            case "page":
                at = data.draw(pages) * 8192
                content[at : at + 8192] = bytes(8192)
            case "swap":
                one, other = data.draw(pages) * 8192, data.draw(pages) * 8192
                content[one : one + 8192] = content[other : other + 8192]
            case "cut":
                del content[data.draw(st.integers(1, len(content))) :]
        content += bytes(max(0, 8192 - len(content)))
    if data.draw(st.booleans()):
        path.write_bytes(content)
        errors = call_everything(path)
    else:
        path.write_bytes(filled)
        with SqliteOutbox(path, busy_seconds=0.05) as outbox:
            with path.open("r+b") as file:
                file.truncate(len(content))
                file.write(content)
            errors = call_all(outbox)

    for sentence in errors.values():
        assert str(path) in sentence
