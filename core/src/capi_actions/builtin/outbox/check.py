"""What ``capi check`` can say of an outbox file without writing to it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import sleep

from capi_actions.builtin.outbox.connection import primary_code, to_outbox_error
from capi_actions.builtin.outbox.schema import check_format
from capi_actions.errors import OutboxError, Problem

# Source: https://www.sqlite.org/fileformat.html (read 2026-11-28).
_HEADER = b"SQLite format 3\0"

_LOOKS = 3  # that must show a problem before it is believed
_LOOK_INTERVAL = 0.05  # seconds; a commit takes less, but for its wait for the disk

_UNUSABLE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def check_file(path: str | os.PathLike[str], **_: object) -> Iterator[Problem]:
    """Yield why a file can't be opened as an outbox.  One that isn't there yet, or is empty, can.

    The parameters are those of :class:`~capi_actions.builtin.outbox.SqliteOutbox`.
    """
    absolute = Path(path).absolute()
    if not absolute.is_file():
        return
    with absolute.open("rb") as file:
        header = file.read(len(_HEADER))
    if header not in (b"", _HEADER):
        yield Problem(f"{absolute} is not an outbox but some other file; give another path", "$.path")
    elif problem := _lasting_problem(absolute):
        yield Problem(problem, "$.path")


def _lasting_problem(path: Path) -> str | None:
    # What SQLite takes for immutable it doesn't lock: another process that opens or closes the outbox just then may be
    # writing what is read.  Of 200,000 looks at files that others kept opening and closing, one said "is damaged".
    for _ in range(_LOOKS - 1):
        if _format_problem(path) is None:
            return None
        sleep(_LOOK_INTERVAL)
    return _format_problem(path)


def _format_problem(path: Path) -> str | None:
    # A database in WAL mode can be opened read-only only beside its log, unless SQLite may take it for immutable.
    # While the log is there, the marks that are looked for may be in it alone.
    has_log = path.with_name(f"{path.name}-wal").exists()
    try:
        with closing(
            sqlite3.connect(f"{path.as_uri()}?{'mode=ro' if has_log else 'immutable=1'}", uri=True)
        ) as db:
            check_format(db, path)
    except OutboxError as error:
        return str(error)
    except sqlite3.Error as error:
        # Any other, such as a lock, says nothing of the file.
        return str(to_outbox_error(error, path)) if primary_code(error) in _UNUSABLE else None
    return None
