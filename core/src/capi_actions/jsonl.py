"""JSON Lines in and out, one line in memory at a time."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO

import orjson

from capi_actions.codec import decode_json, shallow
from capi_actions.errors import EventError
from capi_actions.model import Json

_BEGINNINGS = (
    (b"\x1f\x8b", "this is gzip: `zcat FILE | capi ...` reads it"),
    (b"\xff\xfe", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
    (b"\xfe\xff", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
)
_HINT = "there should be one JSON object a line; `jq -c .` writes such lines"
_LIST_HINT = "this is a JSON array; `jq -c '.[]'` makes lines of one"


def unreadable(line: bytes) -> str:
    """Say what a file is that begins with this line and can't hold lines of text in UTF-8; "" when it may."""
    return next((problem for start, problem in _BEGINNINGS if line.startswith(start)), "")


def first_line(line: bytes) -> bytes | EventError:
    """Give a file's first line back, or an error with a hint when no line of JSON begins so."""
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


LONGEST_LINE = 64 * 1024 * 1024
"""In bytes; longer lines are refused and skipped, so that memory stays bounded."""


def read_lines(files: Sequence[IO[bytes]]) -> Iterator[tuple[int, bytes | EventError]]:
    """Read lines of files, or of standard input when there are none.

    A file whose beginning shows that it holds no lines of JSON gets a hint; of what can't hold any, such
    as gzip, nothing more is read.

    :returns: pairs of the line's number, counted over all files from 1, and the line, or the error
        when it is too long.  Empty lines are passed over but counted.
    """
    number = 0
    sources: Sequence[IO[bytes]] = files or [sys.stdin.buffer]
    for file in sources:
        begun = False
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if not begun and (problem := unreadable(line)):
                yield number, EventError.of(problem)
                break
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
                yield number, EventError.of(f"the line is longer than {LONGEST_LINE // 2**20} MiB")
            elif line := line.strip():
                yield number, line if begun else first_line(line)
                begun = True


def write_line(record: Json) -> None:
    """Write one line to standard output, at once: a program that asks line by line waits for it.

    :raises EventError: when the record is nested too deeply.
    :raises OSError: when it can't be written: nobody reads any more, or the disk is full.
    """
    line = _encode(record)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _encode(record: Json) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:
        pass
    try:  # lone surrogates as escapes, long integers digit by digit
        return json.dumps(shallow(record), separators=(",", ":"), allow_nan=False).encode()
    except TypeError as error:  # a plugin's directive may give anything
        raise EventError.of(f"the result can't be printed: {error}") from None
    except (RecursionError, ValueError):
        raise EventError.of("the result is nested too deeply to be printed, or holds NaN") from None
