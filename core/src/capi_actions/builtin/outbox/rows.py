"""Check what a query returns: in a damaged file any cell may hold a value of any type, whatever the schema says."""

from collections.abc import Sequence
from typing import Any

Types = frozenset[type]

INTEGER: Types = frozenset({int})
INTEGER_OR_NULL: Types = frozenset({int, type(None)})
NUMBER: Types = frozenset({int, float})
NUMBER_OR_NULL: Types = frozenset({int, float, type(None)})
TEXT: Types = frozenset({str})
TEXT_OR_NULL: Types = frozenset({str, type(None)})
BLOB: Types = frozenset({bytes})


def check_row(row: Sequence[Any], types: Sequence[Types]) -> None:
    """Check the types of a row's values.

    :raises TypeError: if one is of none of its column's types.  The text quotes no value.
    """
    for value, allowed in zip(row, types, strict=True):
        if type(value) not in allowed:
            raise TypeError("a cell holds a value of the wrong type")
