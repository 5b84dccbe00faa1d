"""Events from and items to JSON."""

import json
import math
from datetime import date, time
from decimal import Decimal
from hashlib import sha256
from typing import Any, Never, TypeAlias
from uuid import UUID

import orjson

from capi_actions.errors import EventError
from capi_actions.text import number_text

Json: TypeAlias = Any
"""Any JSON value as Python has it: None, bool, int, float, str, list, dict."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""

EVENT_TYPES = frozenset({"track", "page", "screen", "identify", "group", "alias"})
"""The calls of the Segment spec (https://segment.com/docs/connections/spec/, read 2026-11-23)."""


_LEAST, _MOST = -(2**63), 2**64 - 1
_LONGEST_INTEGER = 20  # characters
_DEEPEST = 1024  # levels, orjson's own limit
_DEEPEST_ITEM = 252  # levels; with a request's two around it those that orjson writes, and platforms take


def decode_event(line: bytes | str) -> JsonObject:
    """Read one event from JSON.

    Of doubled keys the last one counts.  NaN and Infinity are no JSON.

    :raises EventError: when it is not JSON, not an object, or nested too deeply.
    """
    try:  # as decode_json() does, and check_event(): two calls less are 0.15 µs of an event's 26
        event = orjson.loads(line)
        if type(event) is dict and event.get("type") in EVENT_TYPES:
            return event
    except (orjson.JSONDecodeError, TypeError):  # a type that can't be hashed is none of those
        pass
    return check_event(decode_json(line))


def decode_json(line: bytes | str) -> Json:
    """Read one JSON value.

    :raises EventError: when it is not JSON or nested too deeply.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass  # it holds the line, and must not become another error's context
    return _decode_slowly(line)


def check_event(event: Json) -> JsonObject:
    """Say whether this is an event at all.

    :raises EventError: when it isn't an object or its ``type`` is none of the known calls.
    """
    if not isinstance(event, dict):
        raise EventError.of(f"an event must be a JSON object, but this is {_kind(event)}")
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        found = "is missing" if kind is None else "is something else"
        raise EventError.of(f"type must be one of {', '.join(sorted(EVENT_TYPES))}, but it {found}", "$.type")
    return event


def plain_event(event: Json) -> JsonObject:
    """Read one event that a program made: a copy in which there is nothing but JSON.

    Dates, times, UUIDs, enums, dataclasses and tuples become what JSON has for them, Decimals numbers,
    NaN null.

    :raises EventError: when it is no event, or holds what JSON can't.
    """
    return decode_event(_encode_event(check_event(event)))


def _encode_event(event: JsonObject) -> bytes | str:
    try:
        return orjson.dumps(event, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        pass
    try:  # lone surrogates, integers over 64 bits, more than 254 levels
        return json.dumps(event, default=_plain)
    except RecursionError:
        problem = "is nested too deeply"
    except (ValueError, TypeError):  # their texts may quote the event
        problem = "holds what JSON can't: an object of another type, a key that isn't text, or itself"
    raise EventError.of(problem)


def _plain(value: object) -> Json:
    match value:
        case Decimal():
            return float(value) if value.is_finite() else None
        case date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError


def encode_item(data: JsonObject) -> bytes:
    """Write an item as compact JSON in UTF-8.

    A lone surrogate, which no UTF-8 text can hold, becomes U+FFFD: one in a page title must not
    cost the event, and platforms refuse a whole request for its escape.

    :raises EventError: when it is nested too deeply or holds what JSON can't.
    """
    try:
        return orjson.dumps([[data]])[2:-2]  # in a request it lies two levels down
    except TypeError:
        pass
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        shallow(data, _DEEPEST_ITEM)
    except (RecursionError, ValueError, TypeError):
        problem = "what the action built can't be written as JSON, or is nested too deeply"
        raise EventError.of(problem) from None
    return whole_text(text).encode()


def whole_text(text: str) -> str:
    """Put U+FFFD for lone surrogates, which no UTF-8 text can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def message_id(event: JsonObject) -> str | None:
    """Give the event's ``messageId`` as text; some libraries count in numbers."""
    found: Any = event.get("messageId")
    if isinstance(found, str):
        return (found if found.isascii() else whole_text(found)) or None
    return number_text(found) if type(found) in (int, float) else None


def content_id(event: JsonObject) -> str:
    """Derive an id from an event's content: the same content gives the same id.

    :returns: 32 hex digits.
    """
    try:
        content = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        content = _canonical(event)
    return sha256(content).hexdigest()[:32]


def _canonical(event: JsonObject) -> bytes:
    try:
        shallow(event)
        return json.dumps(event, sort_keys=True).encode()
    except (RecursionError, ValueError, TypeError):
        raise EventError.of("it has no messageId, and is nested too deeply to derive one") from None


def _decode_slowly(line: bytes | str) -> Json:
    """Read what orjson refuses but JSON allows: escaped lone surrogates."""
    try:
        return shallow(json.loads(line, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole))
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text: wrong byte at position {error.start}"
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError as error:
        problem = f"is not JSON: {error}"
    # Out here the error has no context: the original's holds the whole line.
    raise EventError.of(problem)


def shallow(value: Json, deepest: int = _DEEPEST) -> Json:
    """Give a value back that is nested no deeper than orjson allows.

    How deep the json module goes depends on Python's version: 3.13 reads and writes some 10,000 levels.

    :param deepest: how many levels may lie in one another.
    :raises RecursionError: when it is deeper.
    """
    level: list[Any] = [[value]]
    for _ in range(deepest + 1):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for members in inside for each in members if isinstance(each, dict | list)]
        if not level:
            return value
    raise RecursionError


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON number")


def _whole(text: str) -> int | float:
    """Read an integer as orjson does, which makes floats of those over 64 bits."""
    number = int(text) if len(text) <= _LONGEST_INTEGER else None
    return number if number is not None and _LEAST <= number <= _MOST else _finite(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a string", list: "a list"}
    usual = "a number" if isinstance(value, int | float) else f"a Python {type(value).__name__}"
    return names.get(type(value), usual)
