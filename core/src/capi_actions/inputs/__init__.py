"""Events from files: JSON Lines, other JSON, CSV, and formats of plugins; compressed or not, in several encodings.

events        the way in: which format a file has, and events of its records
streams       bytes to text: compression, encodings, bounds
json_values   JSON values out of a text, one after another
csv_rows      rows of a CSV file, grouped
columns       the options of a CSV file
row_mapper    rows to an event
cells         one cell to a value
"""

from capi_actions.inputs.columns import Column, CsvOptions
from capi_actions.inputs.csv_rows import CsvInput
from capi_actions.inputs.events import (
    InputRecord,
    JsonInput,
    Reader,
    UndecodedRecord,
    decode_record,
    file_name,
    place_record,
    read_events,
    read_undecoded,
)
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
    "UndecodedRecord",
    "decode_record",
    "file_name",
    "place_record",
    "read_events",
    "read_json_values",
    "read_undecoded",
]
