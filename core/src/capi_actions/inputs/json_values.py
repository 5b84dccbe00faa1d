"""JSON values of a file: one a line as in JSON Lines, or in an array, or over several lines."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO, TypeAlias

from capi_actions.codec import decode_json
from capi_actions.errors import EventError
from capi_actions.inputs.streams import MAX_LINE_BYTES, read_lines_as_utf8

Numbered: TypeAlias = Iterator[tuple[int, bytes | EventError]]


class MemberLine(int):
    """The number of a line that holds several members of an array.

    :ivar member: which of them, from 1.
    """

    member: int = 0


MAX_DOCUMENT_BYTES = MAX_LINE_BYTES
"""Longer JSON over several lines is refused, so that memory stays bounded."""

_HINT = "there should be one JSON object a line; `jq -c .` writes such lines"
_CSV = "this looks like CSV: `capi send --csv FILE` reads it"
_BINARY = "this is no text; export the data as JSON Lines or CSV"
_MARKUP = "this looks like XML or HTML, not like JSON Lines"
_TOO_LONG = (
    f"JSON over several lines may have up to {MAX_DOCUMENT_BYTES // 2**20} MiB; `jq -c '.[]' FILE | capi ...`"
    " makes lines of an array, `jq -c . FILE | capi ...` of objects"
)
_DELIMITER = re.compile(rb"[,;\t|]")
_CONTROLS = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")  # what no text has; an escape may colour a log
_OPEN_ENDS = (b"{", b"[", b",", b":")  # of a line in the middle of a value


def read_json_values(file: IO[bytes]) -> Numbered:
    """Read a file's JSON values, each with the number of the line where it begins.

    JSON Lines are read line by line.  One array, which counts as its members, or objects that are printed over
    several lines are recognized by the first line that isn't empty.  The first line of a file in some other format
    gives one error with a hint; the others aren't read.

    :returns: values that are not decoded yet, or errors.
    """
    lines = _strip_lines(file)
    for number, line in lines:
        if not isinstance(line, EventError):
            yield from _read_from(number, line, lines)
            return
        yield number, line


def _strip_lines(file: IO[bytes]) -> Numbered:
    """Return lines without white space around them, and without those that are empty then."""
    for number, line in read_lines_as_utf8(file):
        if isinstance(line, EventError):
            yield number, line
        elif stripped := line.strip():
            yield number, stripped


def _read_from(number: int, line: bytes, lines: Numbered) -> Numbered:
    """Read a file from its first line with content."""
    if _is_json(line):
        yield from _split(number, line) if line.startswith(b"[") else [(number, line)]
        yield from lines
        return
    following = next(lines, None)
    lines = chain([following], lines) if following else lines
    second = following[1] if following else b""
    # A mistake in the first of many lines of JSON must not cost the others.
    are_lines = isinstance(second, bytes) and second.startswith(b"{") and _is_json(second)
    if line.startswith(b"[") or (line.startswith(b"{") and line.endswith(_OPEN_ENDS) and not are_lines):
        yield from _read_document(number, line, lines)
    elif line.startswith(b"<"):
        yield number, EventError.of(_MARKUP)
    elif _CONTROLS.search(line):
        yield number, EventError.of(_BINARY)
    elif not line.startswith(b"{") and _DELIMITER.search(line) and not are_lines:
        yield number, EventError.of(_CSV)
    else:
        yield number, check_first_line(line)
        yield from lines


def check_first_line(line: bytes) -> bytes | EventError:
    """Return a file's first line, or an error with a hint if it isn't a JSON value."""
    try:
        decode_json(line)
    except EventError as error:
        problem = f"{error.message}; {_hint(line)}"
    else:
        return line
    # Out here the error has no context: the original's may hold the line.
    return EventError.of(problem)


def _hint(line: bytes) -> str:
    """Return what helps with a line that is no JSON."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return "save it as UTF-8: `iconv -f latin1 -t utf-8 FILE`"
    return _HINT


def _is_json(line: bytes) -> bool:
    try:
        decode_json(line)
    except EventError:
        return False
    return True


def _read_document(number: int, line: bytes, lines: Numbered) -> Numbered:
    """Read a file whose values go over several lines."""
    pieces, size, last, problem = [], 0, number - 1, None
    for position, piece in chain([(number, line)], lines):
        if isinstance(piece, EventError):
            problem = (position, piece)
            break
        size += len(piece) + 1
        if size > MAX_DOCUMENT_BYTES:
            yield number, EventError.of(_TOO_LONG)
            return
        pieces += [b""] * (position - last - 1) + [piece]
        last = position
    yield from _split(number, b"\n".join(pieces))
    if problem:
        yield problem


_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def _split(number: int, document: bytes) -> Numbered:
    """Return the values of a document; arrays at its top count as their members.

    :param number: of the document's first line.
    """
    text = _decode_utf8(document)
    if text is None:
        yield number, EventError.of("is not UTF-8 text")
        return
    position, in_array, problem = 0, False, ""
    member, is_one_line = 0, "\n" not in text  # else the line tells members apart
    while (start := _skip(text, position, _SPACE + ("," if in_array else ""))) < len(text):
        number += text.count("\n", position, start)
        position = start
        if text[start] == ("]" if in_array else "["):
            in_array, position, member = not in_array, start + 1, 0
            continue
        member += 1
        place = _member_line(number, member) if in_array and is_one_line else number
        try:
            position = _DECODER.raw_decode(text, start)[1]
        except json.JSONDecodeError as error:
            problem, at = f"is not JSON: {error.msg.removesuffix(' at')}", error.pos
        except (RecursionError, ValueError):
            problem, at = "is nested too deeply, or holds a number that is too long", start
        if problem:
            line = number + text.count("\n", start, at)
            yield (
                (line if line != number else place),
                EventError.of(f"{problem}; nothing is read from here on"),
            )
            return
        yield place, text[start:position].encode()
        number += text.count("\n", start, position)
    if in_array:
        number += text.count("\n", position)
        yield number, EventError.of("the file ends in the middle of a JSON array: it may be cut off")


def _member_line(number: int, member: int) -> MemberLine:
    line = MemberLine(number)
    line.member = member
    return line


def _decode_utf8(document: bytes) -> str | None:
    try:
        return document.decode()
    except UnicodeDecodeError:
        return None


def _skip(text: str, position: int, characters: str) -> int:
    while position < len(text) and text[position] in characters:
        position += 1
    return position
