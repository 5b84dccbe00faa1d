"""JavaScript's rules for values, where results of the reference show them.

Source: ECMA-262, ToString, IsLooselyEqual, JSON.stringify and JSON.parse (read 2026-11-23), and the
vectors made by running the reference.  Everything here walks without recursion: an event may be
nested deeper than Python's stack.
"""

import json
import math
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from json.encoder import encode_basestring
from typing import Any, Final

from capi_actions.model import MISSING, Json, JsonObject
from capi_actions.text import json_type, number_text

_WIDTHS_OF_SPACE = "".join(map(chr, range(0x2000, 0x200B)))
WHITESPACE: Final = f"\t\n\v\f\r \xa0\u1680{_WIDTHS_OF_SPACE}\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What ``trim`` removes."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_INDEX = 2**32 - 1

_TOML_TYPES = {datetime: "date and time", date: "date", time: "time"}
"""What a configuration can hold and JSON can't."""


def type_name(value: Any) -> str:
    """Return the name of a value's type, for messages."""
    if value is MISSING:
        return "undefined"
    return json_type(value) or _TOML_TYPES.get(type(value), type(value).__name__)


def truthy(value: Json) -> bool:
    """Return whether a value counts as true in a condition: empty lists and objects do."""
    return isinstance(value, dict | list) or (bool(value) and value == value)  # NaN is false


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def is_blank(value: Any) -> bool:
    """Return whether ``value == ""`` in JavaScript: true for 0, false and [[""]], false for " " and {}."""
    while isinstance(value, list):
        if len(value) != 1:
            return not value
        value = value[0]
        if value is None:
            return True
        if not isinstance(value, list):
            return isinstance(value, str) and value == ""
    return value == "" or value is False or (type(value) in (int, float) and value == 0)


def text(value: Any) -> str:
    """Return a value as text, as ``String()`` does, but null and missing ones as the empty text."""
    return value if isinstance(value, str) else ",".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    pending = [iter([value])]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list) and item:
                pending.append(iter(item))
                break
            yield _scalar_text(item)
        else:
            pending.pop()


def _scalar_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is MISSING or isinstance(value, list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else "[object Object]"


def json_pieces(value: Any, indent: str = "") -> Iterator[str]:
    """Yield the pieces of a value's JSON, as ``JSON.stringify`` writes it.

    Nothing is escaped without need, lone surrogates excepted; keys that look like an index come
    first in ascending order; NaN and infinite numbers become null.

    :param indent: written before every line once for each level; empty for one line.
    """
    stack: list[tuple[Iterator[tuple[str, Any]], str]] = [(iter([("", value)]), "")]
    colon = ": " if indent else ":"
    first = True
    while stack:
        members, end = stack[-1]
        line = "\n" + indent * (len(stack) - 1) if indent and len(stack) > 1 else ""
        for lead, member in members:
            yield line + lead if first else "," + line + lead
            if not (isinstance(member, dict | list) and member):
                yield _json_scalar(member)
                first = False
                continue
            yield "{" if isinstance(member, dict) else "["
            stack.append(_json_members(member, colon))
            first = True
            break
        else:
            stack.pop()
            yield (line[: len(line) - len(indent)] if line else "") + end
            first = False


def _json_members(value: JsonObject | list[Any], colon: str) -> tuple[Iterator[tuple[str, Any]], str]:
    """Return what is written inside an object or list, each value with its key, and the closing bracket."""
    if isinstance(value, list):
        return (("", item) for item in value), "]"
    return ((_json_string(str(key)) + colon, member) for key, member in _order_members(value)), "}"


def _order_members(value: JsonObject) -> Iterator[tuple[str, Any]]:
    indices = [key for key in value if _is_index(key)]
    if indices:
        yield from ((key, value[key]) for key in sorted(indices, key=int))
        yield from ((key, member) for key, member in value.items() if not _is_index(key))
    else:
        yield from value.items()


def _is_index(key: Any) -> bool:
    return (
        isinstance(key, str)
        and key.isascii()
        and key.isdigit()
        and len(key) <= 10
        and (key == "0" or key[0] != "0")
        and int(key) < _MAX_INDEX
    )


def _json_scalar(value: Any) -> str:
    if isinstance(value, str):
        return _json_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value) if -math.inf < value < math.inf else "null"
    return "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else "null"


def _json_string(value: str) -> str:
    quoted = encode_basestring(value)
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def parse_json(value: str) -> Json:
    """Return the value of a JSON text, as ``JSON.parse`` does, but integers keep all their digits.

    A number beyond a double's range becomes null, which is what it is once written again.

    :raises ValueError: when it is not JSON.
    :raises RecursionError: when it is nested deeper than Python's own reader goes.
    """
    return json.loads(value, parse_int=_integer, parse_float=_number, parse_constant=_no_constant)


def _integer(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= 21 else _number(digits)


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
