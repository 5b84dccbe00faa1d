"""Events from files: JSON Lines, other JSON, CSV, and formats of plugins; compressed or not, in several encodings."""

from capi_actions.inputs.columns import Column, CsvOptions
from capi_actions.inputs.csv_rows import CsvInput
from capi_actions.inputs.events import InputRecord, JsonInput, Reader, read_events
from capi_actions.inputs.json_values import read_json_values
from capi_actions.inputs.streams import MAX_LINE_BYTES

__all__ = [
    "MAX_LINE_BYTES",
    "Column",
    "CsvInput",
    "CsvOptions",
    "InputRecord",
    "JsonInput",
    "Reader",
    "read_events",
    "read_json_values",
]
