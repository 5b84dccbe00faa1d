"""JSON Lines in and out, one line in memory at a time."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO

import orjson

from capi_actions.errors import EventError
from capi_actions.lines.beginnings import first_line, unreadable
from capi_actions.model import Json
from capi_actions.pipeline.decode import shallow

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
