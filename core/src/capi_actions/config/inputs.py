"""Read ``[inputs.<name>]``: how files become events."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import field, frozen

from capi_actions.config.structure import describe, read_values, structure
from capi_actions.errors import Diagnostics, json_path
from capi_actions.inputs import Column, CsvOptions
from capi_actions.model import JsonObject
from capi_actions.plugins import Plugins


@frozen(kw_only=True)
class _InputTable(CsvOptions):
    """The table as it is written: its columns have shorter forms."""

    format: Literal["csv"]
    columns: dict[str, Any] | None = None
    constants: JsonObject = field(factory=dict)
    type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    empty: list[str] = field(factory=lambda: ["NULL", "\\N"])


@frozen(kw_only=True)
class _ColumnTable:
    """A column's table; see :class:`~capi_actions.inputs.Column`."""

    to: Any
    as_: Any = None
    time_format: str = ""
    digits: int = 0


_KINDS = ("text", "verbatim", "time", "amount", "number", "boolean")


def read_inputs(tables: object, plugins: Plugins, diagnostics: Diagnostics) -> Mapping[str, CsvOptions]:
    """Read all tables; those with errors are left out."""
    if not isinstance(tables, dict):
        diagnostics.add(f"should be tables, one for each kind of file, but it is {describe(tables)}")
        return {}
    inputs = {}
    for name, table in tables.items():
        nested = diagnostics.under(json_path([name]))
        if name in ("csv", "jsonl") or name in plugins.inputs:
            nested.add("has the name of a format; choose another")
        elif (options := _read_input(table, nested)) is not None:
            inputs[name] = options
    return inputs


def _read_input(table: object, diagnostics: Diagnostics) -> CsvOptions | None:
    own = Diagnostics()
    values = read_values(table, _InputTable, own)
    columns = None
    if (written := values.pop("columns", None)) is not None:
        columns = {
            name: _read_column(value, own.under(json_path(["columns", name])))
            for name, value in written.items()
        }
        if not columns:
            own.add("should name at least one column", "$.columns")
    values.pop("format", None)
    CsvOptions(columns=columns, constants=values.get("constants", {})).check(own)
    diagnostics.extend(own)
    return None if own.errors else CsvOptions(**values, columns=columns)


def _read_column(value: object, diagnostics: Diagnostics) -> Column:
    """Read a column: a part of the event, several of them, or a table."""
    if isinstance(value, dict):
        table = {"as_" if key == "as" else key: member for key, member in value.items() if key != "as_"}
        settings = structure(table, _ColumnTable, diagnostics)
        if settings is None:
            return Column(to=[])
        kind = settings.as_
        if kind is not None and kind not in _KINDS:
            diagnostics.add(f"should be one of {', '.join(_KINDS)}", "$.as")
        return Column(
            to=_read_targets(settings.to, diagnostics.under("$.to")),
            kind=kind,
            time_format=settings.time_format,
            digits=settings.digits,
        )
    return Column(to=_read_targets(value, diagnostics))


def _read_targets(value: object, diagnostics: Diagnostics) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(target, str) for target in value):
        return value
    diagnostics.add(
        f"should be a part of the event, in quotes, or a list of them, but it is {describe(value)}"
    )
    return []
