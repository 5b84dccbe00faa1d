"""Events from JSON and items to JSON."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Never, TypeAlias
from uuid import UUID

import orjson

from capi_actions.errors import EventError, json_path
from capi_actions.personal_data import mask
from capi_actions.text import closest, json_type, number_text, with_article

Json: TypeAlias = Any
"""Any JSON value as Python has it: None, bool, int, float, str, list, dict."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""

EVENT_TYPES = frozenset({"track", "page", "screen", "identify", "group", "alias"})
"""The calls of the Segment spec (https://segment.com/docs/connections/spec/, read 2026-11-23)."""

EVENT_FIELDS = (
    *("type", "event", "name", "category", "properties", "traits", "context", "integrations"),
    *("userId", "anonymousId", "groupId", "previousId", "messageId"),
    *("timestamp", "originalTimestamp", "sentAt", "receivedAt", "version", "channel", "writeKey"),
)
"""The fields of events in the Segment spec; an event may have others."""

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1  # those that orjson reads as integers
_MAX_INTEGER_LENGTH = 20  # characters
_MAX_EXACT = 2.0**53  # beyond it, different integers are the same double
_MAX_DEPTH = 1024  # levels, orjson's own limit
# An object of Python takes 30 to 100 times the two bytes that a value takes in JSON: 60 MB of `[]` took
# 1.8 GB and 25 s.  Segment's own limit for a call is 32 KB.
MAX_VALUES = 200_000
_MAX_UNCOUNTED = 2 * MAX_VALUES  # bytes; a shorter text can't hold more values
# With a request's two levels around an item: what orjson writes, and what platforms take.
_MAX_ITEM_DEPTH = 252


def decode_event(line: bytes | str) -> JsonObject:
    """Decode one event.  Of repeated keys the last one counts.

    :raises EventError: when it is not JSON, as NaN and Infinity are not; not an object; of an unknown
        type; nested too deeply; or more than 200,000 values.
    """
    # The usual case of decode_json() and check_event(), inlined: two calls less are 0.15 µs of an event's 26.
    try:
        event: JsonObject = orjson.loads(line) if len(line) <= _MAX_UNCOUNTED else {}
        if event["type"] in EVENT_TYPES and type(event.get("messageId")) is not float:
            return event
    # A TypeError comes from what is no object, or from a type that can't be hashed.
    except (orjson.JSONDecodeError, LookupError, TypeError):
        pass
    return check_event(decode_json(line))


def decode_json(line: bytes | str) -> Json:
    """Decode one JSON value.

    :raises EventError: when it is not JSON, nested too deeply, or more than 200,000 values.
    """
    if len(line) > _MAX_UNCOUNTED:
        _check_count(line)
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass  # it holds the line, and must not become another error's context
    return _decode_with_stdlib(line)


def check_event(event: Json) -> JsonObject:
    """Return the value if it is an event: an object of a known type.

    :raises EventError: when it isn't.
    """
    if not isinstance(event, dict):
        raise EventError.of(f"an event must be a JSON object, but this is {_type_phrase(event)}")
    event_type = event.get("type")
    if not isinstance(event_type, str) or event_type not in EVENT_TYPES:
        raise EventError.of(
            f"type must be one of {', '.join(sorted(EVENT_TYPES))}, but it {_type_mistake(event_type)}",
            "$.type",
        )
    message_id = event.get("messageId")
    if isinstance(message_id, float) and not -_MAX_EXACT < message_id < _MAX_EXACT:
        raise EventError.of(
            "is a number that has lost digits, so that other events may have the same: write it as text",
            "$.messageId",
        )
    return event


def _type_mistake(event_type: Json) -> str:
    """Return what a wrong type of an event is, without quoting it."""
    if event_type is None:
        return "is missing"
    if not isinstance(event_type, str):
        return f"is {_type_phrase(event_type)}"
    match = closest(event_type, EVENT_TYPES)
    return f"is another word; did you mean {match!r}?" if match else "is another word"


def event_from_python(event: Json) -> JsonObject:
    """Return a copy of an event that a program made, with JSON values only.

    Dates, times, UUIDs, enums, dataclasses and tuples become what JSON has for them, Decimals numbers,
    NaN null, and keys that are numbers, booleans or None the text that JSON has for them.

    :raises EventError: when it is no event, or holds what JSON can't.
    """
    return decode_event(encode_event(event))


def encode_event(event: Json) -> bytes | str:
    """Return the JSON text of an event that a program made, as :func:`event_from_python` says.

    :raises EventError: when it is no event, or holds what JSON can't.
    """
    check_event(event)
    try:
        return orjson.dumps(event, default=_json_default, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        pass
    try:
        return _encode_with_stdlib(event)
    except RecursionError:
        problem, path = "is nested too deeply", "$"
    except (ValueError, TypeError):  # their texts may quote the event
        problem, path = _find_unencodable(event)
    raise EventError.of(problem, path)


def _encode_with_stdlib(event: Json) -> str:
    """Encode what orjson refuses: lone surrogates, integers over 64 bits, more than 254 levels."""
    text = json.dumps(event, default=_stdlib_default)
    if "NaN" in text or "Infinity" in text:  # null, as orjson writes them
        text = json.dumps(json.loads(text, parse_constant=lambda name: None))
    return text


def _stdlib_default(value: object) -> Json:
    """Return what orjson would make of a value that the json module doesn't know.

    Members come back as they are: they may hold what orjson refuses.
    """
    if isinstance(value, Enum):
        return value.value
    if (attributes := _attributes(value)) is not None:
        return attributes
    return orjson.loads(orjson.dumps(value, default=_json_default, option=orjson.OPT_SERIALIZE_NUMPY))


def _attributes(value: object) -> dict[str, object] | None:
    """Return the public attributes of a dataclass's instance, None for anything else."""
    if not is_dataclass(value) or isinstance(value, type):
        return None
    known: dict[str, object] = getattr(value, "__dict__", None) or {
        attribute.name: getattr(value, attribute.name) for attribute in fields(value)
    }
    return {name: member for name, member in known.items() if not name.startswith("_")}


def _find_unencodable(event: object) -> tuple[str, str]:
    """Return what keeps an event from being written as JSON, and its path; no value of the event."""
    pending: list[tuple[tuple[str | int, ...], object, tuple[int, ...]]] = [((), event, ())]
    for _ in range(MAX_VALUES):
        if not pending:
            break
        keys, value, ancestors = pending.pop()
        if id(value) in ancestors:
            return "holds itself", _masked_path(keys)
        if isinstance(value, list | tuple):
            members: Iterable[tuple[object, object]] = enumerate(value)
        elif isinstance(value, dict):
            members = value.items()
        elif attributes := _attributes(value):
            members = attributes.items()
        elif mistake := _encoding_mistake(value):
            return mistake, _masked_path(keys)
        else:
            continue
        for key, member in members:
            if not isinstance(key, _KEY_TYPES):
                return f"keys should be text or numbers, but one is {_type_phrase(key)}", _masked_path(keys)
            step = key if type(key) is int else str(key)
            pending.append(((*keys, step), member, (*ancestors, id(value))))
    return "holds what JSON can't: an object of another type, a key that is no text or number, or itself", "$"


def _masked_path(keys: Iterable[str | int]) -> str:
    """Return the path of a value; keys of an event are names, but may be a person's address."""
    return json_path([mask(key) if isinstance(key, str) else key for key in keys])


_KEY_TYPES = (str, int, float, type(None))  # those that the json module writes


def _encoding_mistake(value: object) -> str:
    """Return why a value can't be written as JSON, "" if it can."""
    try:
        json.dumps(value, default=_stdlib_default)
    except ValueError:
        if isinstance(value, int):
            return "a number has too many digits"
    except TypeError:
        pass
    else:
        return ""
    return f"{_type_phrase(value)} can't be written as JSON"


def copy_json(value: Json) -> Json:
    """Return a copy of a JSON value, with copies of all objects and lists in it, however deep."""
    if type(value) not in (dict, list):
        return value
    root = value.copy()
    pending: list[Any] = [root]
    while pending:
        container = pending.pop()
        for key, member in container.items() if type(container) is dict else enumerate(container):
            if type(member) is dict or type(member) is list:
                container[key] = member = member.copy()
                pending.append(member)
    return root


def encode_item(data: JsonObject) -> bytes:
    """Encode an item as compact JSON in UTF-8.

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
        check_depth(data, _MAX_ITEM_DEPTH)
    except (RecursionError, ValueError, TypeError):
        problem = "what the action built can't be written as JSON, or is nested too deeply"
        raise EventError.of(problem) from None
    return replace_surrogates(text).encode()


def message_id(event: JsonObject) -> str | None:
    """Return the event's ``messageId`` as text, None without one; some libraries count in numbers."""
    value: Any = event.get("messageId")
    if isinstance(value, str):
        return (value if value.isascii() else replace_surrogates(value)) or None
    return number_text(value) if type(value) in (int, float) else None


def content_id(event: JsonObject) -> str:
    """Derive an id from an event's content: the same content has the same id.

    :returns: 32 hex digits.
    :raises EventError: when it is nested too deeply.
    """
    try:
        content = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        content = _canonical_json(event)
    return sha256(content).hexdigest()[:32]


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 text can hold, by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_depth(value: Json, limit: int = _MAX_DEPTH) -> Json:
    """Return the value if it is nested no deeper than *limit* levels, by default orjson's own.

    The json module's limit depends on Python's version: 3.13 reads and writes some 10,000 levels.

    :raises RecursionError: when it is deeper.
    """
    containers: list[Any] = [[value]]
    for _ in range(limit + 1):
        contents = (
            container.values() if isinstance(container, dict) else container for container in containers
        )
        containers = [member for members in contents for member in members if isinstance(member, dict | list)]
        if not containers:
            return value
    raise RecursionError


def _json_default(value: object) -> Json:
    match value:
        case Decimal():
            return float(value) if value.is_finite() else None
        case date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError


def _canonical_json(event: JsonObject) -> bytes:
    try:
        check_depth(event)
        return json.dumps(event, sort_keys=True).encode()
    except (RecursionError, ValueError, TypeError):
        raise EventError.of("it has no messageId, and is nested too deeply to derive one") from None


def _check_count(line: bytes | str) -> None:
    """Check how many values a text holds, before any of them takes memory.

    :raises EventError: when there are too many.
    """
    if _count_separators(line) > MAX_VALUES:
        outside = _TEXTS.sub("", line) if isinstance(line, str) else _BYTE_TEXTS.sub(b"", line)
        if _count_separators(outside) > MAX_VALUES:
            raise EventError.of(f"holds more than {MAX_VALUES:,} values")


def _count_separators(line: bytes | str) -> int:
    """Return how many commas and opening brackets there are: outside of texts, about one for each value."""
    if isinstance(line, str):
        return sum(map(line.count, ",[{"))
    return sum(map(line.count, (b",", b"[", b"{")))


# Possessive, and closed by the end as well: linear time whatever the text is.
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_TEXTS = re.compile(_TEXT, re.DOTALL)
_BYTE_TEXTS = re.compile(_TEXT.encode(), re.DOTALL)


def _decode_with_stdlib(line: bytes | str) -> Json:
    """Decode what orjson refuses but JSON allows, such as escaped lone surrogates.

    :raises EventError: when it is not JSON; then with the place of the mistake.
    """
    try:
        value = json.loads(
            line, parse_constant=_reject_constant, parse_float=_parse_float, parse_int=_parse_int
        )
        return check_depth(value)
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


def _reject_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON number")


def _parse_int(text: str) -> int | float:
    """Parse an integer as orjson does: those over 64 bits become floats."""
    number = int(text) if len(text) <= _MAX_INTEGER_LENGTH else None
    return number if number is not None and _MIN_INTEGER <= number <= _MAX_INTEGER else _parse_float(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _type_phrase(value: Any) -> str:
    """Return what a value is, in words for a message, never the value itself."""
    if value is None:
        return "null"
    return with_article(json_type(value) or f"Python {type(value).__name__}")
