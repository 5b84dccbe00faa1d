"""The options of a CSV file: which column is which part of an event, and how its cells are written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from capi_actions.errors import Diagnostics, json_path
from capi_actions.model import Json
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
TIMES = ("timestamp", "originalTimestamp", "sentAt")
AMOUNTS = ("revenue", "total", "value", "price", "subtotal", "tax", "shipping", "discount")
_CURRENCY: Path = ("properties", "currency")
EACH = "[]"
_MAX_INDEX = 100
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,3})?\]")


@frozen(kw_only=True)
class Column:
    """What becomes of one column.

    :ivar to: the parts of the event that it becomes, such as ``properties.order_id``; ``[]`` in ``products[].price``
        is the product of this row.
    :ivar kind: what its cells hold; None goes by ``to``.
    :ivar time_format: instead of the table's own; empty for that.
    :ivar digits: how many digits its numbers have, leading zeros included; 0 for any number.
    """

    to: Sequence[str]
    kind: Kind | None = None
    time_format: str = ""
    digits: int = 0


def _one_character(text: str) -> Callable[[object, Any, str | None], None]:
    def check(_: object, attribute: Any, value: str | None) -> None:
        if value is not None and (len(value) != 1 or value not in text):
            shown = " ".join(text).replace("\t", "\\t")  # as TOML writes it, too
            raise ValueError(f"should be one of these characters: {shown}")

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
    :ivar decimal: the decimal mark, a point or a comma.
    :ivar thousands: what groups digits; empty for nothing.  A space stands for every kind of space.
    :ivar time_zone: of times that name none; None refuses them.
    :ivar time_format: as for :meth:`datetime.datetime.strptime`, or ``unix`` for seconds or milliseconds; empty for
        ISO 8601.
    :ivar empty: cells that count as empty.
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
        keys.append(step[1] if step[1] else EACH if step[2] is None else int(step[2]))
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
