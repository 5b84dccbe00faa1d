"""Sample events, as libraries send them and as nobody should, made of an action's own mapping: the same each time."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from capi_actions.mapping.paths import parse_path, without_root
from capi_actions.model import Action, Field, Json, JsonObject

_START = 1_799_999_000
"""When the sample events happen: Unix seconds, shortly before the tests' present."""

ODD_VALUES: Sequence[Json] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        10**18,
        2**64,
        1e308,
        -0.5,
        "",
        " ",
        "0",
        "null",
        "undefined",
        "NaN",
        "1e400",
    ),
    *(
        "ı",
        "\ud800",
        "\x00",
        "\u0085x",
        "x" * 5_000,
        "<b>",
        "{{x}}",
        "$.a",
        "@path",
        "Grüße 東京 🎉",
        "2026-13-45",
    ),
    *([], {}, [None], [[]], [{}], {"": ""}, {"a": {"b": [1, "x", None]}}, ["a", 1, None], [{"id": 5}, "x"]),
)
"""Values that nobody sends on purpose."""

ORDINARY_TEXTS: Mapping[str, Sequence[str]] = {
    "email": ("Ada.Lovelace@Example.com ", "bob+shop@mail.example", "grüße@exämple.de"),
    "phone": ("+44 20 7946 0958", "(030) 123 456-78", "0049301234567"),
    "name": ("Ada", "María José", "O'Neil-Smith", "李"),
    "city": ("New York", "München"),
    "country": ("US", "de", "Germany"),
    "birthday": ("1990-12-31", "31.12.1990"),
    "gender": ("f", "Male"),
    "zip": ("94103-1234", "SW1A 1AA"),
    "id": ("customer-1", "0042"),
}
"""Texts as people write them, by what they are."""


def typical_event(seed: int) -> JsonObject:
    """Return an order as libraries send it; another one for each seed."""
    event = copy.deepcopy(_TYPICAL)
    event["messageId"] = f"message-{seed}"
    moment = datetime.fromtimestamp(_START - seed % 60, UTC)
    forms = (moment.isoformat().replace("+00:00", "Z"), moment.isoformat(), int(moment.timestamp()) * 1000)
    event["timestamp"] = event["originalTimestamp"] = forms[0] if seed < 2 else forms[seed % 3]
    return event


_TRAITS: JsonObject = {
    "email": "ada@example.com",
    "phone": "+442079460958",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "gender": "f",
    "birthday": "1990-12-31",
    "address": {"city": "London", "state": "LND", "postalCode": "SW1A 1AA", "country": "GB"},
}
_TYPICAL: JsonObject = {
    "type": "track",
    "event": "Order Completed",
    "userId": "customer-1",
    "anonymousId": "anonymous-1",
    "properties": {
        "order_id": "order-1",
        "revenue": 12.5,
        "value": 12.5,
        "total": "12.50",
        "currency": "EUR",
        "query": "shoes",
        "products": [{"product_id": "p1", "sku": "s1", "name": "Shoe", "price": 10, "quantity": 1}],
    },
    "traits": _TRAITS,
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "locale": "en-GB",
        "page": {"url": "https://shop.example/?fbclid=IwAR-x_1", "title": "Thanks"},
        "traits": _TRAITS,
        "device": {"model": "Pixel", "adTrackingEnabled": True},
        "os": {"name": "Android", "version": "15"},
    },
}


class Sampler:
    """Makes events for an action: what its prebuilt mapping reads is there, mostly of the right type.

    One in four has exactly what the fields ask for, one in four some odd values, one in four mostly odd ones.
    """

    def __init__(self, action: Action) -> None:
        self._paths = [
            (tuple(key if index is None else index for key, index in parse_path(without_root(path))), field)
            for path, field in _paths(action.mapping, action.fields)
        ]

    def event(self, seed: int) -> JsonObject:
        """Return the event of this number."""
        random = Random(seed)
        odd, absent = ((0.0, 0.0), (0.0, 0.2), (0.15, 0.1), (0.6, 0.1))[seed % 4]
        event = typical_event(seed)
        if seed % 4 > 1:
            _make_odd(event, random, odd / 3)
        for steps, field in self._paths:
            if random.random() < absent or not steps:
                _remove(event, steps)
                continue
            if random.random() < odd:
                value = random.choice(ODD_VALUES)
            else:
                value, present = _ordinary(steps, field, random), _get(event, steps)
                if isinstance(value, dict) and isinstance(present, dict):
                    value = {**value, **present}  # other fields may read what is inside
            if value is not None or odd:
                _put(event, steps, copy.deepcopy(value))
        return event


def _paths(mapping: Json, fields: Mapping[str, Field]) -> Iterator[tuple[str, Field | None]]:
    """Yield every path that a mapping reads, with the field that it fills."""
    if isinstance(mapping, dict):
        for key, value in mapping.items():
            field = fields.get(key)
            yield from _paths_of(value, field)


_EXPRESSION = re.compile(r"\{\{-?\s*([\w.\[\]]+)")


def _paths_of(mapping: Json, field: Field | None) -> Iterator[tuple[str, Field | None]]:
    if isinstance(mapping, list):
        for item in mapping:
            yield from _paths_of(item, field)
    elif isinstance(mapping, dict):
        for key, value in mapping.items():
            if key == "@path" and isinstance(value, str):
                yield value, field
            elif key in ("@template", "@liquid") and isinstance(value, str):
                yield from ((path, field) for path in _EXPRESSION.findall(value))
            elif not key.startswith("@") and field is not None and field.properties is not None:
                yield from _paths_of(value, field.properties.get(key))
            else:
                yield from _paths_of(value, field)


def _ordinary(steps: Sequence[str | int], field: Field | None, random: Random) -> Json:
    """Return a value of the type that a field has; None leaves what the typical event has there."""
    if field is None:
        return None
    if field.choices:
        return random.choice(field.choices).value
    value = _of_type(str(steps[-1]), field, random)
    return [value] if field.multiple and value is not None and random.random() < 0.5 else value


def _of_type(name: str, field: Field, random: Random) -> Json:
    low = int(field.minimum or 0)
    match field.type:
        case "number":
            return _at_most(field.maximum, low + random.choice((0, 0.5, 11.25)))
        case "integer":
            return _at_most(field.maximum, low + random.randrange(5))
        case "boolean":
            return random.random() < 0.5
        case "object":
            properties = field.properties or {"a": Field(type="string")}
            return {key: _of_type(key, nested, random) for key, nested in properties.items()}
        case "datetime":
            return "2027-01-15T07:43:20Z"
    return _text(name, field, low, random)


def _at_most(limit: float | None, number: float) -> float:
    return number if limit is None else min(number, int(limit))


_FORMATS = {
    "date": "2027-01-15",
    "time": "07:43:20Z",
    "date-time": "2027-01-15T07:43:20Z",
    "email": "ada@example.com",
    "hostname": "shop.example",
    "ipv4": "203.0.113.7",
    "ipv6": "2001:db8::7",
    "uri": "https://shop.example/",
    "uuid": "5f0c1c9e-6a53-4b9e-9d2f-3a5b1c2d4e6f",
}
_LEFT = frozenset(
    {"event", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "messageId", "currency", "url", "ip"}
)
"""Names whose values in the typical event are better than any text."""


def _text(name: str, field: Field, low: int, random: Random) -> Json:
    if field.format in _FORMATS:
        return _FORMATS[field.format]
    if name in _LEFT:
        return None
    if name.lower().endswith("time"):
        return "2027-01-15T07:43:20Z"
    for kind, texts in ORDINARY_TEXTS.items():
        if kind in name.lower():
            return random.choice(texts)
    text = f"{name}-{random.randrange(1000)}".ljust(low, "x")
    return text[: int(field.maximum)] if field.maximum is not None else text


def _put(event: JsonObject, steps: Sequence[str | int], value: Json) -> None:
    """Put a value where a path leads, making objects and lists on the way."""
    if value is None and _get(event, steps) is not None:
        return
    container: Any = event
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) and isinstance(container, list):
            container.extend([None] * (step + 1 - len(container)) if step < 100 else [])
            if step >= len(container):
                return
        elif not isinstance(container, dict):
            return
        else:
            step = str(step)
        if following is None:
            container[step] = value
            return
        present = container.get(step) if isinstance(container, dict) else container[int(step)]
        if not isinstance(present, dict | list):
            present = container[step] = [] if isinstance(following, int) else {}
        container = present


def _get(event: Json, steps: Sequence[str | int]) -> Json:
    for step in steps:
        if isinstance(event, dict):
            event = event.get(str(step))
        elif isinstance(event, list) and isinstance(step, int) and step < len(event):
            event = event[step]
        else:
            return None
    return event


def _remove(event: Json, steps: Sequence[str | int]) -> None:
    """Leave out what a path leads to: what is optional is missing at times."""
    holder = _get(event, steps[:-1])
    if steps and isinstance(holder, dict) and steps[-1] != "type":
        holder.pop(str(steps[-1]), None)


def _make_odd(value: Json, random: Random, odds: float) -> None:
    """Replace some of an event's values, but never its type."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "type" and random.random() < odds:
                value[key] = copy.deepcopy(random.choice(ODD_VALUES))
            else:
                _make_odd(item, random, odds)
    elif isinstance(value, list):
        for item in value:
            _make_odd(item, random, odds)
