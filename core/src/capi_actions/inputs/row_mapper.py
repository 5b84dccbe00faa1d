"""One row of a CSV file, or several of one order, to one event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from capi_actions.codec import check_event
from capi_actions.errors import EventError, Problem, json_path
from capi_actions.inputs.cells import CONVERTERS, Amount, CellFormat, check_spreadsheet_value
from capi_actions.inputs.columns import AMOUNTS, EACH, TIMES, Column, CsvOptions, Path, Targets, parse_target
from capi_actions.model import Json, JsonObject
from capi_actions.personal_data import mask
from capi_actions.text import did_you_mean


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

    :ivar unused: the file's columns that nothing is made of, each in words.
    """

    def __init__(self, header: Sequence[str], options: CsvOptions) -> None:
        """Compare the file's first row with the options.

        :raises EventError: with everything that is wrong with it.
        """
        self._options = options
        names = [name.strip() for name in header]
        _check_first_row(names, options)
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
                hint = did_you_mean(name, [other for other in names if other and not _is_value(other)])
                problems.append(Problem(f"there is no column {name!r}{hint}"))
        problems += _find_contradictions(names, columns, options)
        if problems:
            raise EventError(problems)
        self.unused = [
            _describe_column(name, place)
            for place, name in enumerate(names, 1)
            if name and name not in needed
        ]
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
    others: list[str] = []
    for place, name in enumerate(names, 1):
        try:
            parse_target(name)
        except ValueError:
            others += [_describe_column(name, place)] if name else []
        else:
            columns[name] = Column(to=[name])
    if others:
        shown = ", ".join(others[:_SHOWN_COLUMNS])
        more = f" and {len(others) - _SHOWN_COLUMNS} more" if len(others) > _SHOWN_COLUMNS else ""
        subject = (
            f"the columns {shown}{more} are no parts" if others[1:] else f"the column {shown} is no part"
        )
        hint = (
            "say in a table `[inputs.<name>.columns]` what becomes of it, or rename it to a part of the event"
        )
        problems.append(Problem(f"{subject} of an event; {hint}"))
    return columns


_SHOWN_COLUMNS = 10


def _find_contradictions(
    names: Sequence[str], columns: Mapping[str, Column], options: CsvOptions
) -> Iterator[Problem]:
    """Find columns that can't all be in one event: a first row may name any, and was checked by nobody."""
    targets = Targets()
    for target in options.constants:
        targets.add(parse_target(target), f"the constant {target!r}")
    places = {name: place for place, name in enumerate(names, 1)}
    for name, column in columns.items():
        for target in column.to:
            shown = _describe_column(name, places[name]) if options.columns is None else repr(target)
            if problem := targets.add(parse_target(target), shown):
                yield Problem(f"the column {problem}")


def _check_first_row(names: Sequence[str], options: CsvOptions) -> None:
    """Check that a file begins with its columns' names, and say nothing of what stands there instead.

    :raises EventError: when values stand there, and no name that is known.
    """
    is_known = _is_target if options.columns is None else options.columns.__contains__
    if any(map(_is_value, names)) and not any(map(is_known, names)):
        raise EventError.of(
            "the first row should have the columns' names, but it has values, such as an address or a number;"
            " put a row with the names before it"
        )


def _is_target(name: str) -> bool:
    try:
        parse_target(name)
    except ValueError:
        return False
    return True


def _is_value(name: str) -> bool:
    """Return whether a cell of the first row is no column's name: a number, a date, or what may be personal."""
    return bool(name) and (not any(map(str.isalpha, name)) or mask(name) != name)


def _describe_column(name: str, place: int) -> str:
    """Return a column's name as a message may have it, or its number from 1 if the name may be personal."""
    return f"number {place}" if _is_value(name) else repr(name)


def _kind_of(path: Path) -> str:
    """Return what a column's cells hold, going by the part of the event that they become."""
    if path[0] in TIMES:
        return "time"
    if path[0] == "properties" and path[-1] in AMOUNTS:
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
        if key == EACH:
            key = number
        if isinstance(key, int):
            container.extend({} for _ in range(key + 1 - len(container)))
        if following is None:
            if isinstance(key, int) or key not in container or path == ("type",):
                container[key] = value
            return
        is_list = following == EACH or isinstance(following, int)
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
