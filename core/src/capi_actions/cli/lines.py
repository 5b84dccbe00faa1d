"""JSON Lines in and out, one line in memory at a time."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import IO, Any

import orjson

from capi_actions.errors import CapiError, ConfigError, EventError, Problem
from capi_actions.model import Json
from capi_actions.pipeline.decode import shallow

LONGEST_LINE = 64 * 1024 * 1024
"""In bytes; longer lines are refused and skipped, so that memory stays bounded."""


def read_lines(files: Sequence[IO[bytes]]) -> Iterator[tuple[int, bytes | EventError]]:
    """Read lines of files, or of standard input when there are none.

    :returns: pairs of the line's number, counted over all files from 1, and the line, or the error
        when it is too long.  Empty lines are passed over but counted.
    """
    number = 0
    sources: Sequence[IO[bytes]] = files or [sys.stdin.buffer]
    for file in sources:
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
                yield number, EventError.of(f"the line is longer than {LONGEST_LINE // 2**20} MiB")
            elif line := line.strip():
                yield number, line


def write(record: Json) -> None:
    """Write one line to standard output, at once: a program that asks line by line waits for it.

    :raises EventError: when the record is nested too deeply.
    :raises OSError: when it can't be written: nobody reads any more, or the disk is full.
    """
    line = _encode(record)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def write_if_read(record: Json) -> None:
    """Write one line; once nobody reads any more, as after `head`, go on in silence.

    For commands that do more than print.
    """
    try:
        write(record)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Send the rest of standard output nowhere, also what Python still wants to write at its end."""
    with suppress(UnsupportedOperation), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _encode(record: Json) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:
        pass
    try:  # lone surrogates as escapes, long integers digit by digit
        return json.dumps(shallow(record), separators=(",", ":"), allow_nan=False).encode()
    except (RecursionError, ValueError):
        raise EventError.of("the result is nested too deeply to be printed, or holds NaN") from None


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
