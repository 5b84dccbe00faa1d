"""Rows of a table to events: which column is which part of the event, and how its cells are written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from capi_actions.codec import check_event
from capi_actions.errors import Diagnostics, EventError, Problem, json_path
from capi_actions.inputs.cells import CONVERTERS, Amount, CellFormat, check_spreadsheet_value
from capi_actions.model import Json, JsonObject
from capi_actions.text import did_you_mean

Path = tuple[str | int, ...]
Kind = Literal["text", "verbatim", "time", "amount", "number", "boolean"]

_ROOTS = (
    "type",
    "event",
    "name",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "properties",
    "traits",
    "context",
    "integrations",
)
_TIMES = ("timestamp", "originalTimestamp", "sentAt")
_AMOUNTS = ("revenue", "total", "value", "price", "subtotal", "tax", "shipping", "discount")
_CURRENCY: Path = ("properties", "currency")
_EACH = "[]"
_MAX_INDEX = 100
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,3})?\]")


@frozen(kw_only=True)
class Column:
    """What becomes of one column.

    :ivar to: the parts of the event that it becomes, such as ``properties.order_id``; ``[]`` in ``products[].price``
        is the product of this row.
    :ivar kind: what its cells hold; None goes by ``to``.
    :ivar time_format: instead of the table's own; see :class:`~capi_actions.inputs.cells.CellFormat`.
    :ivar digits: how many digits its numbers have, leading zeros included; 0 for any number.
    """

    to: Sequence[str]
    kind: Kind | None = None
    time_format: str = ""
    digits: int = 0


def _one_character(text: str) -> Callable[[object, Any, str | None], None]:
    def check(_: object, attribute: Any, value: str | None) -> None:
        if value is not None and (len(value) != 1 or value not in text):
            raise ValueError(f"should be one of these characters: {' '.join(text)}")

    return check


def _check_encoding(_: object, attribute: Any, value: str | None) -> None:
    try:
        "".encode(value or "utf-8")
    except (LookupError, ValueError):
        raise ValueError("should be an encoding's name, such as utf-8, cp1252 or utf-16") from None


def _check_zone(_: object, attribute: Any, value: str | None) -> None:
    try:
        ZoneInfo(value or "UTC")
    except (LookupError, ValueError, OSError):
        hint = "names look like Europe/Berlin; a system without any needs `pip install tzdata`"
        raise ValueError(f"should be a time zone's name that is known here; {hint}") from None


def _check_thousands(options: Any, attribute: Any, value: str) -> None:
    if value not in ("", ".", ",", "'", "’", " ", "\u00a0", "\u202f"):
        raise ValueError("should be a point, a comma, an apostrophe or a space, or empty")
    if value and value == options.decimal:
        raise ValueError("shouldn't be the same as the decimal mark")


@frozen(kw_only=True)
class CsvOptions:
    """How a CSV file becomes events.

    :ivar columns: by the names in the file's first row.  None takes those names as parts of the event.
    :ivar constants: values that are the same in every event, by parts of the event.
    :ivar type: the events' type.
    :ivar event: the events' name.
    :ivar group_by: rows one after the other that agree in this column make one event: an order's lines.
    :ivar delimiter: what separates cells; None finds out by the first row.
    :ivar encoding: of files without a byte order mark.
    :ivar empty: cells that count as empty.
    :ivar time_zone: of times that name none; None refuses them.

    The others are those of :class:`~capi_actions.inputs.cells.CellFormat`.
    """

    columns: Mapping[str, Column] | None = None
    constants: Mapping[str, Json] = field(factory=dict)
    type: str = "track"
    event: str | None = None
    group_by: str | None = None
    delimiter: str | None = field(default=None, validator=_one_character(",;\t|"))
    encoding: str = field(default="utf-8", validator=_check_encoding)
    decimal: str = field(default=".", validator=_one_character(".,"))
    thousands: str = field(default="", validator=_check_thousands)
    time_zone: str | None = field(default=None, validator=_check_zone)
    time_format: str = ""
    empty: Sequence[str] = ("NULL", "\\N")

    def check(self, diagnostics: Diagnostics) -> None:
        """Report parts of the event that don't exist, or that are said twice."""
        targets: dict[Path, str] = {}
        for name, column in (self.columns or {}).items():
            for target in column.to:
                _check_target(target, json_path(["columns", name]), targets, diagnostics)
        for target in self.constants:
            _check_target(target, json_path(["constants", target]), targets, diagnostics)


def _check_target(target: str, location: str, targets: dict[Path, str], diagnostics: Diagnostics) -> None:
    try:
        path = parse_target(target)
    except ValueError as error:
        diagnostics.add(str(error), location)
        return
    for other, text in targets.items():
        if path[: len(other)] == other[: len(path)]:
            diagnostics.add(f"{target!r} is set already, by {text!r}", location)
            return
    targets[path] = target


def parse_target(target: str) -> Path:
    """Return the keys that lead to a part of the event.

    :raises ValueError: when there is no such part.

    >>> parse_target("properties.products[].price")
    ('properties', 'products', '[]', 'price')
    """
    keys: list[str | int] = []
    position = 0
    while position < len(target):
        step = _STEP.match(target, position)
        if not step or (step[0].startswith(".") == (position == 0) and step[1]):
            break
        keys.append(step[1] if step[1] else _EACH if step[2] is None else int(step[2]))
        position = step.end()
    if position < len(target) or not keys:
        raise ValueError(
            "should be a part of the event, such as properties.order_id or properties.products[].price"
        )
    root = keys[0]
    if root not in _ROOTS:
        raise ValueError(
            f"an event has no part {root!r}{did_you_mean(str(root), _ROOTS)}; an order's own values are below"
            " properties, a person's below context.traits"
        )
    if any(isinstance(key, int) and key >= _MAX_INDEX for key in keys):
        raise ValueError(f"an index should be below {_MAX_INDEX}")
    if (keys[0] in ("properties", "traits", "context", "integrations")) != (len(keys) > 1):
        raise ValueError(
            f"{root} should be followed by a point and a name" if len(keys) == 1 else f"{root} has no parts"
        )
    return tuple(keys)


@frozen
class _Cell:
    """A column of a file, ready to convert cells."""

    index: int
    name: str
    paths: Sequence[Path]
    kind: str
    form: CellFormat


class RowMapper:
    """Makes events of a file's rows.

    :ivar unused: names of the file's columns that nothing is made of.
    """

    def __init__(self, header: Sequence[str], options: CsvOptions) -> None:
        """Compare the file's first row with the options.

        :raises EventError: with everything that is wrong with it.
        """
        self._options = options
        names = [name.strip() for name in header]
        columns = options.columns
        problems: list[Problem] = []
        if columns is None:
            columns = _columns_by_target(names, problems)
        needed = {*columns, *([options.group_by] if options.group_by is not None else [])}
        for name in sorted(needed):
            count = names.count(name)
            if count > 1:
                positions = ", ".join(str(place + 1) for place, other in enumerate(names) if other == name)
                problems.append(
                    Problem(f"the column {name!r} is there {count} times, at {positions}; rename one")
                )
            elif not count:
                hint = did_you_mean(name, [other for other in names if other])
                problems.append(Problem(f"there is no column {name!r}{hint}"))
        if problems:
            raise EventError(problems)
        self.unused = [name for name in names if name and name not in needed]
        self._width = len(names)
        self._group = names.index(options.group_by) if options.group_by is not None else None
        self._cells = [self._cell(names.index(name), name, column) for name, column in columns.items()]
        self._constants = [(parse_target(target), value) for target, value in options.constants.items()]

    def _cell(self, index: int, name: str, column: Column) -> _Cell:
        options = self._options
        paths = [parse_target(target) for target in column.to]
        return _Cell(
            index,
            name,
            paths,
            column.kind or _kind_of(paths[0]),
            CellFormat(
                decimal=options.decimal,
                thousands=options.thousands,
                zone=ZoneInfo(options.time_zone) if options.time_zone else None,
                time_format=column.time_format or options.time_format,
                digits=column.digits,
            ),
        )

    def group(self, row: Sequence[str]) -> str | None:
        """Return the cell by which rows are grouped; None without grouping, or when it is empty."""
        if self._group is None or self._group >= len(row):
            return None
        return row[self._group].strip() or None

    def check_width(self, row: Sequence[str], is_cut_off: bool) -> None:
        """Compare a row's length with the header's.  Spreadsheets leave out empty cells at the end of a row.

        :param is_cut_off: whether the row may be incomplete, as the last one without a line end.
        :raises EventError: when they don't fit.
        """
        if any(cell.strip() for cell in row[self._width :]) or (is_cut_off and len(row) < self._width):
            hint = (
                "the file may be cut off"
                if is_cut_off
                else "a cell with the delimiter in it should be in quotes"
            )
            raise EventError.of(f"has {len(row)} cells where the first row has {self._width}; {hint}")

    def event(self, rows: Sequence[Sequence[str]]) -> JsonObject:
        """Return the event of a row, or of the rows of one group.

        Of a part of the event that several rows have, the first that isn't empty counts.

        :raises EventError: with everything that is wrong with the rows.
        """
        event: JsonObject = {"type": self._options.type}
        if self._options.event is not None:
            event["event"] = self._options.event
        for path, value in self._constants:
            _put(event, path, value, 0)
        problems: list[Problem] = []
        currencies: set[str] = set()
        for number, row in enumerate(rows):
            for cell in self._cells:
                text = row[cell.index].strip() if cell.index < len(row) else ""
                if not text or text in self._options.empty:
                    continue
                try:
                    value = _convert(text, cell)
                except EventError as error:
                    problems.append(
                        Problem(f"the column {cell.name!r} {error.message}", json_path([cell.name]))
                    )
                    continue
                if isinstance(value, Amount):
                    currencies |= {value.currency} if value.currency else set()
                    value = value.value
                for path in cell.paths:
                    _put(event, path, value, number)
        problems += _settle_currency(event, currencies)
        if problems:
            raise EventError(problems)
        _drop_empty_members(event)
        return check_event(event)


def _columns_by_target(names: Sequence[str], problems: list[Problem]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name in names:
        try:
            parse_target(name)
        except ValueError:
            if name:
                hint = (
                    "say what it is in a table `[inputs.<name>.columns]`, or rename it to a part of the event"
                )
                problems.append(Problem(f"the column {name!r} is no part of an event; {hint}"))
        else:
            columns[name] = Column(to=[name])
    return columns


def _kind_of(path: Path) -> str:
    """Return what a column's cells hold, going by the part of the event that they become."""
    if path[0] in _TIMES:
        return "time"
    if path[0] == "properties" and path[-1] in _AMOUNTS:
        return "amount"
    return "number" if path[0] == "properties" and path[-1] == "quantity" else "text"


def _convert(text: str, cell: _Cell) -> Json:
    if cell.kind != "verbatim":
        check_spreadsheet_value(text)
    return CONVERTERS[cell.kind](text, cell.form)


def _put(event: JsonObject, path: Path, value: Json, number: int) -> None:
    """Set a part of the event, unless it is set.

    :param number: of the row in its group, from 0.
    """
    container: Any = event
    for key, following in zip(path, (*path[1:], None), strict=True):
        if key == _EACH:
            key = number
        if isinstance(key, int):
            container.extend({} for _ in range(key + 1 - len(container)))
        if following is None:
            if isinstance(key, int) or key not in container or path == ("type",):
                container[key] = value
            return
        is_list = following == _EACH or isinstance(following, int)
        if isinstance(key, str):
            container = container.setdefault(key, [] if is_list else {})
        else:
            container[key] = container[key] or ([] if is_list else {})
            container = container[key]


def _settle_currency(event: JsonObject, currencies: set[str]) -> list[Problem]:
    """Take the currency from the amounts, or compare it with theirs."""
    if not currencies:
        return []
    properties = event.setdefault("properties", {})
    stated = properties.get("currency")
    if isinstance(stated, str):
        currencies = currencies | {stated.strip().upper()}
    if len(currencies) > 1:
        return [
            Problem(
                f"amounts are in several currencies: {', '.join(sorted(currencies))}", "$.properties.currency"
            )
        ]
    properties.setdefault("currency", currencies.pop())
    return []


def _drop_empty_members(event: JsonObject) -> None:
    """Drop members of lists that no row had a value for, such as the product of a row without one."""
    properties = event.get("properties", {})
    for key, value in properties.items():
        if isinstance(value, list):
            properties[key] = [member for member in value if member != {}]
