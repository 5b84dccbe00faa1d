"""Lines of a file in UTF-8: decompressed and transcoded on the way, one line in memory at a time."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import IO, Any

from capi_actions.errors import EventError

MAX_LINE_BYTES = 64 * 1024 * 1024
"""Longer lines are refused and skipped, so that memory stays bounded."""

_HEAD = 8  # bytes: enough to recognize every format below
_BUFFER = 128 * 1024

_UNREADABLE = (
    (b"PK\x03\x04", "this is an Excel workbook or another ZIP archive; save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"BZh", "this is bzip2: `bzcat FILE | capi ...` reads it"),
    (b"\xfd7zXZ", "this is xz: `xzcat FILE | capi ...` reads it"),
    (b"PAR1", "this is Parquet; export it as JSON Lines or CSV"),
    (b"%PDF", "this is a PDF; export the data as JSON Lines or CSV"),
)
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NO_ZSTD = (
    "this is zstd, which this Python can't read: `pip install backports.zstd` adds that,"
    " or `zstdcat FILE | capi ...` reads it"
)
# UTF-32 first: its byte order mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


def read_lines_as_utf8(
    file: IO[bytes], encoding: str | None = None
) -> Iterator[tuple[int, bytes | EventError]]:
    """Read a file's lines, each with its number from 1.

    gzip and zstd are recognized by their first bytes, as are UTF-16, UTF-32 and a byte order mark.

    :param encoding: of the text, for files without a byte order mark; None leaves the bytes as they are, unless
        they look like UTF-16.
    :returns: lines with their ends, or the error for a line that is too long.  The error for a file that can't be
        read, or can't be read any further, is the last.
    """
    number, limit = 0, MAX_LINE_BYTES
    damage: tuple[type[Exception], ...] = (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError)
    try:
        stream, errors = _open(file, encoding)
        damage += errors
        while line := stream.readline(limit + 1):
            number += 1
            if len(line) > limit:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(limit)
                yield number, EventError.of(f"the line is longer than {limit // 2**20} MiB")
            else:
                yield number, line
    except EventError as error:
        problem = error.message
    except damage as error:
        is_text = isinstance(error, UnicodeDecodeError)
        fault = f"is not {error.encoding} text" if is_text else "is compressed, and damaged or cut off"  # type: ignore[attr-defined]
        problem = f"the file {fault}; nothing is read from here on"
    else:
        return
    # Out here the error has no context: the original's may hold the line.
    yield number + 1, EventError.of(problem)


class _Utf8Lines:
    """A stream of text as lines in UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def readline(self, limit: int) -> bytes:
        """Return the next line, or the beginning of a longer one."""
        return self._text.readline(limit).encode()


class _Resumed(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, file: Any) -> None:
        self._head = head
        # What is there at once, even if it is less: `tail -f` writes a line at a time.
        self._read = getattr(file, "read1", file.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        piece = piece or self._read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _open(file: Any, encoding: str | None) -> tuple[Any, tuple[type[Exception], ...]]:
    """Return a stream with lines in UTF-8, and the exceptions that its compression raises.

    :raises EventError: when the file is in a format that can't be read.
    """
    stream, head = _resume(file)
    errors: tuple[type[Exception], ...] = ()
    if head.startswith(_GZIP):
        stream, head = _resume(gzip.GzipFile(fileobj=stream))
    elif head.startswith(_ZSTD):
        zstd = _import_zstd()
        errors = (zstd.ZstdError,)
        try:
            stream, head = _resume(zstd.ZstdFile(stream))
        except zstd.ZstdError:
            raise EOFError from None
    if head.startswith((_GZIP, _ZSTD)):
        raise EventError.of("this was compressed twice; decompress it once and try again")
    for start, problem in _UNREADABLE:
        if head.startswith(start):
            raise EventError.of(problem)
    detected = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
    encoding = detected or _utf16_without_mark(head) or encoding
    if encoding is None or codecs.lookup(encoding).name == "utf-8":
        return stream, errors
    if encoding == "utf-8-sig":
        stream.read(len(codecs.BOM_UTF8))
        return stream, errors
    return _Utf8Lines(io.TextIOWrapper(stream, encoding, newline="\n")), errors


def _resume(file: Any) -> tuple[io.BufferedReader, bytes]:
    """Return a buffered stream, and its first bytes, which it still has to read."""
    read, head = getattr(file, "read1", file.read), b""
    while len(head) < _HEAD and b"\n" not in head and (piece := read(_HEAD - len(head))):
        head += piece
    return io.BufferedReader(_Resumed(head, file), _BUFFER), head


def _utf16_without_mark(head: bytes) -> str | None:
    """Return the encoding if every other byte is 0, as in ASCII characters in UTF-16."""
    if len(head) < 4:
        return None
    if head[0] and head[2] and not head[1] and not head[3]:
        return "utf-16-le"
    if head[1] and head[3] and not head[0] and not head[2]:
        return "utf-16-be"
    return None


def _import_zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):  # Python has it from 3.14 on
        with suppress(ImportError):
            return import_module(name)
    raise EventError.of(_NO_ZSTD)
