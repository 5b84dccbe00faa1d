"""Events of files, whatever their format: the one way in for commands that take events."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import IO, NamedTuple, Protocol, TypeAlias, TypeVar

from attrs import frozen

from capi_actions.codec import check_event, decode_event, decode_json
from capi_actions.errors import EventError, detach
from capi_actions.inputs.json_values import MemberLine, read_json_values
from capi_actions.model import JsonObject
from capi_actions.tracebacks import where

_Value = TypeVar("_Value")
_Read: TypeAlias = Callable[[IO[bytes], Callable[[str], None]], Iterator[tuple[int, _Value]]]


def file_name(file: object) -> str:
    """Return the name of an open file; "" for standard input, or if it has none."""
    name = getattr(file, "name", "")
    return name if isinstance(name, str) and name not in _STDIN else ""


def place_record(file: str, line: int) -> JsonObject:
    """Return where something is, for JSON records of errors.

    :param file: the file's name; empty for standard input.
    :returns: ``line``, and ``place`` as in ``orders.jsonl:12`` for a file; where a line holds members of an array,
        ``member``, too, and ``place`` as in ``orders.json:1, member 3``.
    """
    which: JsonObject = {"member": line.member} if isinstance(line, MemberLine) else {}
    suffix = f", member {line.member}" if isinstance(line, MemberLine) else ""
    place: JsonObject = {"place": f"{file}:{line}{suffix}"} if file else {}
    return {**place, "line": int(line), **which}


class InputRecord(NamedTuple):
    """An event of a file, or what is wrong with it.

    :ivar file: the file's name; empty for standard input.
    :ivar line: the line where it begins, from 1.
    :ivar event: the event, or why there is none.
    """

    file: str
    line: int
    event: JsonObject | EventError

    @property
    def place(self) -> JsonObject:
        """Where it is, for JSON records of errors; see :func:`place_record`."""
        return place_record(self.file, self.line)


class UndecodedRecord(NamedTuple):
    """A record of a file, as far as it must be read in the order of the file.

    :ivar file: the file's name; empty for standard input.
    :ivar line: the line where it begins, from 1.
    :ivar value: a line of JSON that holds one event; or what :class:`InputRecord` has as its event.
    """

    file: str
    line: int
    value: bytes | JsonObject | EventError


class Reader(Protocol):
    """Reads the events of one file."""

    def read(
        self, file: IO[bytes], warn: Callable[[str], None]
    ) -> Iterator[tuple[int, JsonObject | EventError]]:
        """Read events, each with the number of the line where it begins.

        :param warn: is called with a sentence about what is likely to be a mistake.
        """


_STDIN = ("-", "<stdin>")


def read_events(
    files: Sequence[IO[bytes]], reader: Reader, warn: Callable[[str], None]
) -> Iterator[InputRecord]:
    """Read the events of files, or of standard input when there are none.

    :param warn: is called with a sentence that names the file, such as that it is empty.
    """
    return map(InputRecord._make, _read(files, reader.read, warn))  # half the time of calling the class


def read_undecoded(
    files: Sequence[IO[bytes]], reader: Reader, warn: Callable[[str], None]
) -> Iterator[UndecodedRecord]:
    """Read the same records as :func:`read_events`, leaving to :func:`decode_record` what needn't be done in order.

    :param warn: see :func:`read_events`.
    """
    is_plain = isinstance(reader, JsonInput) and reader.convert is None
    read: _Read[bytes | JsonObject | EventError] = _read_json_lines if is_plain else reader.read
    return map(UndecodedRecord._make, _read(files, read, warn))


def decode_record(value: bytes | JsonObject | EventError) -> JsonObject | EventError:
    """Return the event of an undecoded record, or why there is none."""
    if not isinstance(value, bytes):
        return value
    try:
        return decode_event(value)
    except EventError as error:
        return detach(error)


def _read_json_lines(file: IO[bytes], _: Callable[[str], None]) -> Iterator[tuple[int, bytes | EventError]]:
    return read_json_values(file)


def _read(
    files: Sequence[IO[bytes]], read: "_Read[_Value]", warn: Callable[[str], None]
) -> Iterator[tuple[str, int, "_Value"]]:
    """Read files one after another: the name, line and value of each record."""
    for file in files or [sys.stdin.buffer]:
        name = file_name(file)
        title = name or "standard input"
        records = read(file, partial(_warn_of, warn, title))
        first = next(records, None)
        if first is None:
            warn(f"{title} holds no events")
            continue
        for line, value in chain([first], records):
            yield name, line, value


def _warn_of(warn: Callable[[str], None], title: str, text: str) -> None:
    warn(f"{title}{text}")


@frozen
class JsonInput:
    """Reads JSON: events, or what a plugin converts to events.

    :ivar convert: makes events of one JSON object; None takes it as the event.
    :ivar format: the name of the plugin's format, for messages.
    """

    convert: Callable[[JsonObject], Iterable[JsonObject]] | None = None
    format: str = ""

    def read(
        self, file: IO[bytes], warn: Callable[[str], None]
    ) -> Iterator[tuple[int, JsonObject | EventError]]:
        """Read events.  Warns how many objects make none, such as orders that aren't paid."""
        decode = decode_event if self.convert is None else self._convert_line
        objects = without_event = 0
        for number, line in read_json_values(file):
            if isinstance(line, EventError):
                yield number, line
                continue
            try:
                decoded = decode(line)
            except EventError as error:
                yield number, detach(error)
                continue
            if isinstance(decoded, dict):
                yield number, decoded
                continue
            objects += 1
            without_event += not decoded
            yield from ((number, event) for event in decoded)
        if without_event:
            warn(f": {without_event:,} of {objects:,} objects make no event (format {self.format})")

    def _convert_line(self, line: bytes) -> list[JsonObject]:
        body = decode_json(line)
        if not isinstance(body, dict):
            raise EventError.of(f"{self.format}: should be a JSON object")
        assert self.convert is not None  # noqa: S101  for type checkers: read() has checked it
        try:
            return [check_event(event) for event in self.convert(body)]
        except (EventError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            problem = f"the format {self.format!r} failed on this object ({where(error)})"
        # Out here the error has no context: the original's text may quote the object.
        raise EventError.of(problem)
