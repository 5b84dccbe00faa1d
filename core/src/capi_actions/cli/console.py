"""Tables for people: nothing is cut off however narrow the terminal, and no text can steer it."""

import io
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import UnsupportedOperation
from pathlib import Path
from time import monotonic
from typing import Any, Never

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from capi_actions.errors import CapiError, ConfigError, EventError, Problem
from capi_actions.jsonl import read_lines
from capi_actions.jsonl import write_line as write
from capi_actions.model import Json


class ClosedStreamError(ConfigError):
    """A standard stream is closed, but needed."""


class _Closed(io.TextIOBase):
    """Stands for a closed stream, where Python has None: says so when it is used."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    @property
    def buffer(self) -> Never:
        raise ClosedStreamError.of(self._problem, "")

    def write(self, text: str, /) -> Never:
        raise ClosedStreamError.of(self._problem, "")


def replace_closed() -> None:
    """Put something that explains itself in the place of closed streams."""
    streams: Any = sys
    if streams.stdin is None:
        streams.stdin = _Closed("standard input is closed; name a FILE, or pipe lines in")
    if streams.stdout is None:
        streams.stdout = _Closed(
            "standard output is closed; leave it open, or redirect it to a file or /dev/null"
        )


def stderr() -> Console:
    """Give the console for progress and accompanying tables."""
    return Console(stderr=True, highlight=False)


def stdout() -> Console:
    """Give the console for tables that were asked for."""
    return Console(highlight=False)


def table(title: str, *columns: str, wide: str = "", lines: bool = False) -> Table:
    """Make a table whose cells fold; add rows of :func:`cell`.

    :param wide: the column that takes what width is left.
    :param lines: put lines between rows, for rows of several lines.
    """
    made = Table(title=title, show_lines=lines)
    for column in columns:
        made.add_column(column, overflow="fold", ratio=1 if column == wide else None)
    return made


def cell(*parts: object, style: str = "") -> Text:
    """Make a cell of one line for each part; what isn't printable becomes U+FFFD."""
    return Text("\n".join(printable(str(part)) for part in parts), style=style)


def printable(text: str) -> str:
    """Put U+FFFD for what can't be printed: names come from events, and could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def moment(seconds: float) -> str:
    """Write a time, Unix seconds, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")


def joined(parts: Iterable[str]) -> str:
    """Join the parts that aren't empty."""
    return " ".join(part for part in parts if part)


__all__ = ["discard_output", "error_record", "read_lines", "write", "write_if_read"]


def write_if_read(record: Json) -> None:
    """Write one line; when nobody reads any more, as after `head`, or nobody ever did, go on in silence.

    For commands that do more than print.
    """
    try:
        write(record)
    except BrokenPipeError:
        discard_output()
    except ClosedStreamError:
        pass


def discard_output() -> None:
    """Send the rest of standard output nowhere, also what Python still wants to write at its end."""
    with suppress(UnsupportedOperation), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def error_record(error: CapiError) -> dict[str, Any]:
    """Describe an error for machines."""
    if not isinstance(error, ConfigError | EventError):
        return {"message": str(error), "path": "$"}
    record: dict[str, Any] = {"message": error.message, "path": error.path}
    if error.problems and error.problems[0].code is not None:
        record["code"] = error.problems[0].code
    if len(error.problems) > 1:
        record["problems"] = [_problem_record(each) for each in error.problems]
    return record


def _problem_record(problem: Problem) -> dict[str, Any]:
    record: dict[str, Any] = {"message": problem.message, "path": problem.path}
    return record if problem.code is None else {**record, "code": problem.code}


_EVERY = 60.0  # seconds between two lines of one kind: an outage must not fill the screen


@contextmanager
def told(verbose: bool = False) -> Iterator[None]:
    """Print what the library logs from warnings on, or with ``verbose`` everything.

    Of what says the same about the same destination one line a minute is printed, and how many were not.
    """
    logger = logging.getLogger("capi_actions")
    handler = _Teller(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:
        handler.addFilter(_Repeats())
    former = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(handler.level, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former)


class _Teller(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        more = getattr(record, "unsaid", 0)
        suffix = f" ({more} more like this since the last)" if more else ""
        with suppress(OSError):  # nobody reads any more: that is no reason to stop sending
            click.echo(
                f"capi: {record.levelname.lower()}: {printable(record.getMessage())}{suffix}", err=True
            )


class _Repeats(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[object, ...], float] = {}
        self._unsaid: dict[tuple[object, ...], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (
            record.msg,
            getattr(record, "destination", record.args[:1] if isinstance(record.args, tuple) else None),
            *(getattr(record, name, None) for name in ("verdict", "code", "subcode")),
        )
        now = monotonic()
        if now - self._said.get(kind, -_EVERY) < _EVERY:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return False
        self._said[kind] = now
        record.unsaid = self._unsaid.pop(kind, 0)
        return True
