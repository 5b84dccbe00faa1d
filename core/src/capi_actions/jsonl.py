"""JSON Lines in and out, one line in memory at a time."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO

import orjson

from capi_actions.codec import Json, check_depth, decode_json
from capi_actions.errors import EventError

MAX_LINE_BYTES = 64 * 1024 * 1024
"""Longer lines are refused and skipped, so that memory stays bounded."""

_FOREIGN_FORMATS = (
    (b"\x1f\x8b", "this is gzip: `zcat FILE | capi ...` reads it"),
    (b"\xff\xfe", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
    (b"\xfe\xff", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
)
_HINT = "there should be one JSON object a line; `jq -c .` writes such lines"
_LIST_HINT = "this is a JSON array; `jq -c '.[]'` makes lines of one"


def read_lines(files: Sequence[IO[bytes]]) -> Iterator[tuple[int, bytes | EventError]]:
    """Read lines of files, or of standard input when there are none.

    The first line of a file that isn't JSON gets a hint.  A file in a format that can't hold any lines of
    JSON, such as gzip, gives one error and is skipped.

    :returns: pairs of the line's number, counted over all files from 1, and the line, or the error
        when it is too long.  Empty lines are skipped but counted.
    """
    number = 0
    sources: Sequence[IO[bytes]] = files or [sys.stdin.buffer]
    for file in sources:
        is_first = True
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if is_first and (problem := detect_foreign_format(line)):
                yield number, EventError.of(problem)
                break
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES)
                yield number, EventError.of(f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB")
            elif line := line.strip():
                yield number, check_first_line(line) if is_first else line
                is_first = False


def write_line(record: Json) -> None:
    """Write one line to standard output and flush it: a program may wait for each answer.

    :raises EventError: when the record is nested too deeply, or holds what JSON can't.
    :raises OSError: when it can't be written: nobody reads any more, or the disk is full.
    """
    line = _encode(record)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def detect_foreign_format(line: bytes) -> str | None:
    """Return what a file is that begins with this line, if it can't hold lines of UTF-8; None otherwise."""
    return next((problem for start, problem in _FOREIGN_FORMATS if line.startswith(start)), None)


def check_first_line(line: bytes) -> bytes | EventError:
    """Return a file's first line, or an error with a hint if it isn't a JSON value."""
    if line.startswith(b"["):
        return EventError.of(_LIST_HINT)
    try:
        decode_json(line)
    except EventError as error:
        problem = f"{error.message}; {_HINT}"
    else:
        return line
    # Out here the error has no context: the original's may hold the line.
    return EventError.of(problem)


def _encode(record: Json) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:
        pass
    try:  # lone surrogates as escapes, long integers digit by digit
        return json.dumps(check_depth(record), separators=(",", ":"), allow_nan=False).encode()
    except TypeError as error:  # a plugin's directive may return anything
        raise EventError.of(f"the result can't be printed: {error}") from None
    except (RecursionError, ValueError):
        raise EventError.of("the result is nested too deeply to be printed, or holds NaN") from None
