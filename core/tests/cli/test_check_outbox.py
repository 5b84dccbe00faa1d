"""`capi check` and the store: a factory says by itself what it can't open, and ours looks at the file's own marks."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capi_actions import OutboxFactory, Plugins, Problem
from capi_actions.builtin.outbox import SqliteOutbox, check
from capi_actions.builtin.outbox.check import check_file
from capi_actions.builtin.outbox.schema import APPLICATION
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics, OutboxError
from capi_actions.runtime import check_outbox

DESTINATION = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "t"\n'


def write_database(path: Path, *, application: int, version: int, table: str | None = "notes") -> None:
    """Write a file of SQLite that is none of ours."""
    with sqlite3.connect(path) as db:
        if table:
            db.execute(f"CREATE TABLE {table} (a)")
        db.execute(f"PRAGMA application_id = {application}")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()


def in_wal_mode(path: Path) -> None:
    """Write another program's file that is in WAL mode, its log already gone."""
    write_database(path, application=0, version=0)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


FILES: dict[str, Callable[[Path], object]] = {
    "another program's": lambda path: write_database(path, application=0, version=0),
    "another program's, with a mark": lambda path: write_database(path, application=0x0F055112, version=3),
    "another program's, in WAL mode": in_wal_mode,
    "of a newer version": lambda path: write_database(path, application=APPLICATION, version=99),
    "from before the first release": lambda path: write_database(path, application=APPLICATION, version=1),
    "text": lambda path: path.write_text("{}\n" * 1_000, encoding="utf-8"),
    "cut": lambda path: path.write_bytes(b"SQLite format 3\0" + b"\1" * 10),
    "without tables": lambda path: write_database(path, application=0, version=0, table=None),
    "empty": lambda path: path.write_bytes(b""),
    "ours": lambda path: SqliteOutbox(path).close(),
    "missing": lambda path: None,
}


@pytest.mark.parametrize("kind", FILES)
def test_the_check_refuses_what_opening_refuses(tmp_path: Path, kind: str) -> None:
    """In the same words; and it leaves the folder as it was."""
    path = tmp_path / "outbox.db"
    FILES[kind](path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    problems = list(check_file(path))

    assert before == {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    try:
        SqliteOutbox(path).close()
    except OutboxError as error:
        assert problems
        assert (problems[0].path, problems[0].message) == ("$.path", str(error)) or kind == "text"
    else:
        assert problems == []


def test_an_outbox_that_is_open_elsewhere_is_fine(tmp_path: Path) -> None:
    """Its marks may be in the log alone; and reading it disturbs nobody."""
    path = tmp_path / "outbox.db"
    with SqliteOutbox(path) as outbox:
        assert list(check_file(path)) == []
        assert outbox.stats() == {}


@pytest.mark.parametrize(("looks", "expected"), [(2, 0), (3, 1)])
def test_what_looks_damaged_while_another_process_writes_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int, expected: int
) -> None:
    """Without its log the file is read without a lock: a service that starts just then may be writing it."""
    path = tmp_path / "outbox.db"
    SqliteOutbox(path).close()
    failures = iter([sqlite3.DatabaseError] * looks)

    def check_format(db: sqlite3.Connection, file: Path) -> bool:
        for failure in failures:
            error = failure("database disk image is malformed")
            error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT"
            raise error
        return False

    monkeypatch.setattr(check, "check_format", check_format)
    monkeypatch.setattr(check, "sleep", lambda seconds: None)

    assert expected == len(list(check_file(path)))


def test_another_program_s_database_that_is_open_is_reported(tmp_path: Path) -> None:
    """Its tables may be in the log alone."""
    path = tmp_path / "notes.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE notes (a)")

    problems = list(check_file(path))

    db.close()
    assert ["is another program's SQLite database"] == [
        problem.message.removeprefix(f"{path} ").partition(",")[0] for problem in problems
    ]


def test_capi_check_reports_another_program_s_database(capi: Any, config: Path) -> None:
    """The command is what people run before the first event comes."""
    write_database(config.with_name("notes.db"), application=0, version=0)
    config.write_text(config.read_text() + '[outbox]\npath = "notes.db"\n', encoding="utf-8")

    result = capi("check", "-c", str(config), "--json")

    errors = {line["path"]: line["message"] for line in result.lines if line["severity"] == "error"}
    assert result.status == 2
    assert "another program's SQLite database" in errors["$.outbox.path"]


def failing(**_: object) -> Iterator[Problem]:
    raise RuntimeError("secret")


def complaining(**options: Any) -> Iterator[Problem]:
    yield Problem(f"no shelf {options['shelf']}", "$.shelf")


def partly_complaining(**options: Any) -> Iterator[Problem]:
    yield Problem(f"no room {options.get('room', 1)}", "$.room")
    yield from complaining(**options)


def speaking(**_: object) -> Any:
    return ["no shelf"]


def naming(shelf: int = 0, **_: object) -> Iterator[Problem]:
    yield Problem(f"no shelf {shelf}", "$.shelf")


@pytest.mark.parametrize(
    ("check", "table", "expected"),
    [
        (complaining, "shelf = 5", [("error", "$.outbox.shelf", "no shelf 5")]),
        (failing, "shelf = 5", [("warning", "plugin 'acme'", "the check of its outbox 'shelves' failed: ")]),
        (speaking, "shelf = 5", [("warning", "plugin 'acme'", "the check of its outbox 'shelves' failed: ")]),
        (None, "shelf = 5", []),
        (complaining, 'shelf = "5"', [("error", "$.outbox.shelf", "should be a whole number")]),
        (
            partly_complaining,
            'shelf = "5"',
            [
                ("error", "$.outbox.shelf", "should be a whole number"),
                ("error", "$.outbox.room", "no room 1"),
            ],
        ),
        (
            naming,
            'shelf = "5"\nroom = 2',
            [("error", "$.outbox.shelf", "should be a whole number")],
        ),
        (
            naming,
            'shelf = 5\nroom = "2"',
            [
                ("error", "$.outbox.room", "should be a whole number"),
                ("error", "$.outbox.shelf", "no shelf 5"),
            ],
        ),
    ],
)
def test_any_plugin_s_outbox_can_be_checked(
    plugins: Plugins,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[..., Iterator[Problem]] | None,
    table: str,
    expected: list[tuple[str, str, str]],
) -> None:
    """The configuration knows no store: what fails in a check is no reason not to send."""

    def make(shelf: int, room: int = 1) -> Any:
        raise AssertionError(shelf)

    factory = OutboxFactory(name="shelves", make=make, check=check)
    monkeypatch.setattr(plugins, "outboxes", {"shelves": factory})
    monkeypatch.setattr(plugins, "provider", lambda *_: "acme")
    config = read_config(f'{DESTINATION}[outbox]\ntype = "shelves"\n{table}\n', plugins, strict=False)
    diagnostics = Diagnostics(problem for problem in config.problems if "outbox" in problem.path)

    check_outbox(config, plugins, diagnostics)

    problems = [(problem.severity, problem.path, problem.message) for problem in diagnostics]
    assert len(expected) == len(problems)
    for (severity, path, words), problem in zip(expected, problems, strict=True):
        assert (severity, path) == problem[:2]
        assert problem[2].startswith(words)
        assert "secret" not in problem[2]
