"""Reads the rows of a CSV file, groups them, and has ``row_mapper`` make events of them."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO

from attrs import frozen

from capi_actions.errors import EventError, detach
from capi_actions.inputs.columns import CsvOptions
from capi_actions.inputs.row_mapper import RowMapper
from capi_actions.inputs.streams import read_lines_as_utf8
from capi_actions.model import JsonObject

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"?')
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')  # Excel's own first line
_MAX_ROWS = 1000  # of a group: more is hardly an order, but a column that is the same in every row
_SHOWN_NAMES = 10
_NOT_TEXT = (
    'isn\'t {} text; if it comes from Excel on Windows, set `encoding = "cp1252"`, or save it as CSV UTF-8;'
    " nothing is read from here on"
)

Rows = Iterator[tuple[int, "list[str] | EventError", bool]]


@frozen
class CsvInput:
    """Reads CSV, with the columns' names in the first row."""

    options: CsvOptions

    def read(
        self, file: IO[bytes], warn: Callable[[str], None]
    ) -> Iterator[tuple[int, JsonObject | EventError]]:
        """Read events, each with the number of the line where its first row begins."""
        lines = _Lines(file, self.options.encoding)
        try:
            delimiter = self._delimiter(lines)
            rows = _read_rows(lines, delimiter)
            number, header, _ = next(rows, (1, [], False))
            if not header:
                return
            try:
                if isinstance(header, EventError):
                    raise header
                mapper = RowMapper(header, self.options)
            except EventError as error:
                yield number, detach(error)
                return
            if mapper.unused:
                shown = ", ".join(mapper.unused[:_SHOWN_NAMES])
                others = len(mapper.unused) - _SHOWN_NAMES
                warn(
                    f":{number}: columns that aren't used: {shown}{f' and {others} others' if others > 0 else ''}"
                )
            yield from _to_events(rows, mapper)
        except _UnreadableError as unreadable:
            yield unreadable.number, detach(unreadable.problem)

    def _delimiter(self, lines: "_Lines") -> str:
        """Return what separates cells; by default, the character that the first row has most of."""
        first = lines.peek()
        if separator := _SEPARATOR_LINE.fullmatch(first):
            lines.drop()
            return self.options.delimiter or separator[1]
        if self.options.delimiter:
            return self.options.delimiter
        bare = _QUOTED.sub("", first)
        return max(_DELIMITERS, key=bare.count)


def _to_events(rows: Rows, mapper: RowMapper) -> Iterator[tuple[int, JsonObject | EventError]]:
    group: list[list[str]] = []
    start, key = 0, None
    try:
        for number, row, is_cut_off in rows:
            try:
                if isinstance(row, EventError):
                    raise row
                mapper.check_width(row, is_cut_off)
            except EventError as error:
                yield number, detach(error)
                continue
            row_key = mapper.group(row)
            if group and row_key != key:
                yield start, _make_event(mapper, group)
                group = []
            if row_key is None:
                yield number, _make_event(mapper, [row])
                continue
            if not group:
                start, key = number, row_key
            if len(group) <= _MAX_ROWS:  # one too many shows that all of them are refused
                group.append(row)
    except _UnreadableError:
        if group:
            yield start, EventError.of("its rows may be incomplete, as the file can't be read any further")
        raise
    if group:
        yield start, _make_event(mapper, group)


def _make_event(mapper: RowMapper, rows: list[list[str]]) -> JsonObject | EventError:
    try:
        if len(rows) > _MAX_ROWS:
            raise EventError.of(
                f"over {_MAX_ROWS:,} rows one after the other are alike in the column that `group_by` names, so none of"
                " them is sent; it should be the column of the order's number"
            )
        return mapper.event(rows)
    except EventError as error:
        return detach(error)


class _UnreadableError(Exception):
    """A line can't be read, nor any after it.

    :ivar number: the line's number.
    :ivar problem: why.
    """

    def __init__(self, number: int, problem: EventError) -> None:
        super().__init__(number, problem)
        self.number = number
        self.problem = problem


class _Lines:
    """Lines of a file as text, for the csv module; those of a row that can't be parsed can be put back.

    :ivar taken: the lines of the row that is being parsed, with their numbers.
    """

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self.taken: list[tuple[int, str]] = []
        self._lines = read_lines_as_utf8(file, encoding)
        self._pending: deque[tuple[int, str]] = deque()
        self._encoding = encoding

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pending.popleft() if self._pending else self._read()
        self.taken.append(line)
        return line[1]

    def put_back(self) -> None:
        """Put back all lines of the row but its first."""
        self._pending.extendleft(reversed(self.taken[1:]))

    def peek(self) -> str:
        """Return the first line that isn't empty; empty if there is none."""
        for number, line in iter(self._read_or_none, None):
            if line.strip():
                self._pending.append((number, line))
                return line
        return ""

    def drop(self) -> None:
        """Skip the line that was peeked at."""
        self._pending.popleft()

    def _read_or_none(self) -> tuple[int, str] | None:
        try:
            return self._read()
        except StopIteration:
            return None

    def _read(self) -> tuple[int, str]:
        number, line = next(self._lines)
        if isinstance(line, EventError):
            raise _UnreadableError(number, line)
        try:
            return number, line.decode()
        except UnicodeDecodeError:
            pass
        raise _UnreadableError(number, EventError.of(_NOT_TEXT.format("UTF-8")))


def _read_rows(lines: _Lines, delimiter: str) -> Rows:
    """Parse rows, each with its line's number and whether it may be cut off.

    After a row that can't be parsed, the next line begins a new one: a forgotten quote costs one row, not the file.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = _explain(str(error), delimiter)
            lines.put_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield lines.taken[0][0], EventError.of(problem), False
            continue
        if any(cell.strip() for cell in row):
            yield lines.taken[0][0], row, not lines.taken[-1][1].endswith(("\n", "\r"))


def _explain(problem: str, delimiter: str) -> str:
    """Return the csv module's message in our words."""
    if "expected after" in problem:
        return (
            f"a quoted cell is followed by something else than {delimiter!r}; a quote inside a quoted cell should be"
            " doubled"
        )
    if "unexpected end" in problem or "field limit" in problem:
        return "a cell begins with a quote that isn't closed; a quote inside a quoted cell should be doubled"
    if "new-line" in problem:
        return (
            "line ends are lone carriage returns, as old Macs wrote them; save the file with other line ends"
        )
    return "can't be parsed as CSV"
