"""JSON Lines in and out, one line in memory at a time."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

import orjson

from capi_actions.codec import Json, JsonObject, check_depth
from capi_actions.errors import EventError
from capi_actions.inputs import file_name, place_record, read_json_values


class JsonLine(NamedTuple):
    """A JSON value of a file, or why it can't be read.

    :ivar file: the file's name; empty for standard input.
    :ivar number: of the line where it begins, from 1.
    :ivar text: the value, not decoded yet, or the error.
    """

    file: str
    number: int
    text: bytes | EventError

    @property
    def place(self) -> JsonObject:
        """Where it is, for JSON records of errors: ``line``, and ``place`` as in ``orders.jsonl:12`` for a file."""
        return place_record(self.file, self.number)


def read_lines(files: Sequence[IO[bytes]]) -> Iterator[JsonLine]:
    """Read JSON values of files, or of standard input when there are none: one a line, or in an array.

    gzip, zstd and UTF-16 are read, too.  A file in another format gives one error, with a hint, and is skipped.

    Empty lines are skipped, but counted in the numbers of lines.
    """
    for file in files or [sys.stdin.buffer]:
        name = file_name(file)
        for number, text in read_json_values(file):
            yield JsonLine(name, number, text)


def write_line(record: Json) -> None:
    """Write one line to standard output and flush it: a program may wait for each answer.

    Characters that could steer a terminal or end the line (DEL, C1, bidi, U+2028…) are written as escapes.

    :raises EventError: when the record is nested too deeply, or holds what JSON can't.
    :raises OSError: when it can't be written: nobody reads any more, or the disk is full.
    """
    line = _escape_line(_encode(record))
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _escape_line(line: bytes) -> bytes:
    """Return a line of JSON with escapes for what isn't printable; that can only stand in texts."""
    if line.isascii() and b"\x7f" not in line:
        return line
    text = line.decode()
    return line if text.isprintable() else "".join(map(_escape, text)).encode()


def _escape(character: str) -> str:
    if character.isprintable():
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[index : index + 2].hex()}" for index in range(0, len(units), 2))


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
