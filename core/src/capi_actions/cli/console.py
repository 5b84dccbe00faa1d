"""Output of ``capi``: lines, JSON records, log lines, and standard streams that are closed.

:mod:`~capi_actions.cli.tables` has what is drawn with rich.  No text from outside can steer the terminal.
"""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

from capi_actions.errors import CapiError, ConfigError, EventError, Problem
from capi_actions.jsonl import write_line
from capi_actions.logs import RateLimit, record_message
from capi_actions.model import Json
from capi_actions.plugins import PluginInfo

if TYPE_CHECKING:  # rich takes 40 ms to import: not every command draws
    from capi_actions.cli.tables import ProgressBar

_LOG_INTERVAL = 60.0  # seconds between two lines of one kind: an outage must not fill the screen


def echo(text: str) -> None:
    """Write lines to standard output, each of them :func:`printable`."""
    click.echo("\n".join(map(printable, text.split("\n"))))


def echo_error(line: str) -> None:
    """Write a :func:`printable` line to standard error: above the progress bar, if one is shown."""
    line = printable(line)
    with _bar_lock:
        if _shown_bar is None:
            click.echo(line, err=True)
        else:
            _shown_bar.print_line(line)


def print_tracebacks(offers: Iterable[PluginInfo]) -> None:
    """Print the exceptions for which plugins are refused on standard error."""
    for offer in offers:
        for line in offer.traceback.splitlines():
            echo_error(line)


_bar_lock = threading.RLock()
_shown_bar: "ProgressBar | None" = None


def set_shown_bar(bar: "ProgressBar | None") -> None:
    """Set the progress bar that lines are to be written above; None when no bar is shown any more."""
    global _shown_bar
    with _bar_lock:
        _shown_bar = bar


@contextmanager
def _room_on_stdout() -> Iterator[None]:
    """Hide the bar while a line is written to standard output, if that is a terminal as well."""
    with _bar_lock:
        bar = _shown_bar if sys.stdout.isatty() else None
        if bar is not None:
            bar.live.stop()
        try:
            yield
        finally:
            if bar is not None:
                bar.live.start(refresh=True)


def printable(text: str) -> str:
    """Replace what could steer a terminal by U+FFFD: names come from events, answers and configurations.

    That is every character but those that are seen, and the space: control, bidi and separator characters,
    line ends and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def format_time(seconds: float) -> str:
    """Return Unix seconds as date and time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")


def join_words(parts: Iterable[str]) -> str:
    """Join the parts that aren't empty by spaces."""
    return " ".join(part for part in parts if part)


def describe_problem(problem: Problem) -> str:
    """Return a problem of a configuration with its severity, path and code; a trigger's has several lines."""
    path = f"{problem.path}: " if problem.path else ""
    code = "" if problem.code is None else f" (the platform's error {problem.code})"
    return f"{problem.severity}: {path}{problem.message}{code}"


def error_record(error: CapiError) -> dict[str, Any]:
    """Return an error as a JSON object.  With more than one problem, ``problems`` lists them all."""
    if not isinstance(error, ConfigError | EventError):
        return {"message": str(error), "path": "$"}
    record: dict[str, Any] = {"message": error.loggable, "path": error.path}
    if error.problems and error.problems[0].code is not None:
        record["code"] = error.problems[0].code
    if len(error.problems) > 1:
        record["problems"] = [_problem_record(problem) for problem in error.problems]
    return record


def _problem_record(problem: Problem) -> dict[str, Any]:
    code = {} if problem.code is None else {"code": problem.code}
    return {"message": problem.loggable, "path": problem.path, **code}


def try_write_line(record: Json) -> None:
    """Write one line of JSON, unless nobody reads it, as after ``head`` or with a closed standard output.

    For commands that must finish their work even so.
    """
    try:
        with _room_on_stdout():
            write_line(record)
    except BrokenPipeError:
        discard_output()
    except ClosedStreamError:
        pass


def discard_output() -> None:
    """Redirect standard output to nowhere, including what Python flushes when it exits."""
    with suppress(UnsupportedOperation), Path(os.devnull).open("wb") as devnull:
        os.dup2(devnull.fileno(), sys.stdout.fileno())


class ClosedStreamError(ConfigError):
    """A standard stream is closed, but needed."""


def replace_closed_streams() -> None:
    """Replace standard streams that are closed by ones that raise :class:`ClosedStreamError` when used."""
    streams: Any = sys
    if streams.stdin is None:
        streams.stdin = _ClosedStream("standard input is closed; name a FILE, or pipe lines in")
    if streams.stdout is None:
        streams.stdout = _ClosedStream(
            "standard output is closed; leave it open, or redirect it to a file or /dev/null"
        )


class _ClosedStream(io.TextIOBase):
    """Stands for a closed stream, where Python has None."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    @property
    def buffer(self) -> Never:
        raise ClosedStreamError.of(self._problem, "")

    def write(self, text: str, /) -> Never:
        raise ClosedStreamError.of(self._problem, "")


@contextmanager
def log_to_stderr(verbose: bool = False) -> Iterator[None]:
    """Print the library's warnings and errors on standard error, or with ``verbose`` every log record.

    Unless verbose, it is rate-limited: one line a minute per message and destination, with the number suppressed.
    """
    logger = logging.getLogger("capi_actions")
    handler = _StderrHandler(verbose)
    if not verbose:
        handler.addFilter(_RateLimitFilter())
    former_level = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(handler.level, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former_level)


class _StderrHandler(logging.Handler):
    """Writes records; only if verbose with the platform's own words, which ``capi outbox`` shows as well."""

    def __init__(self, verbose: bool) -> None:
        super().__init__(logging.DEBUG if verbose else logging.WARNING)
        self._verbose = verbose

    def emit(self, record: logging.LogRecord) -> None:
        suppressed = getattr(record, "suppressed", 0)
        suffix = (
            f" ({suppressed} more like this since the last)"
            if isinstance(suppressed, int) and suppressed
            else ""
        )
        with suppress(OSError):  # a terminal that has gone is no reason to stop sending
            brief = getattr(record, "brief", None)
            text = brief if isinstance(brief, str) and not self._verbose else record_message(record)
            echo_error(f"capi: {record.levelname.lower()}: {printable(text)}{suffix}")


class _RateLimitFilter(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._rate_limit = RateLimit(_LOG_INTERVAL)

    def filter(self, record: logging.LogRecord) -> bool:
        suppressed = self._rate_limit.admit(record)
        record.suppressed = suppressed
        return suppressed is not None
