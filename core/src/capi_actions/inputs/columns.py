"""The options of a CSV file: which column is which part of an event, and how its cells are written."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

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
_OBJECTS = ("properties", "traits", "context", "integrations")  # those of the roots that have parts
TIMES = ("timestamp", "originalTimestamp", "sentAt")
AMOUNTS = ("revenue", "total", "value", "price", "subtotal", "tax", "shipping", "discount")
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


def _one_character(text: str) -> Callable[[object, object, str | None], None]:
    def check(_options: object, _attribute: object, value: str | None) -> None:
        if value is not None and (len(value) != 1 or value not in text):
            shown = " ".join(text).replace("\t", "\\t")  # as TOML writes it, too
            raise ValueError(f"should be one of these characters: {shown}")

    return check


def _check_encoding(_options: object, _attribute: object, value: str | None) -> None:
    try:
        "".encode(value or "utf-8")
    except (LookupError, ValueError):
        raise ValueError("should be an encoding's name, such as utf-8, cp1252 or utf-16") from None


def _check_zone(_options: object, _attribute: object, value: str | None) -> None:
    try:
        ZoneInfo(value or "UTC")
    except (LookupError, ValueError, OSError):
        hint = "names look like Europe/Berlin; a system without any needs `pip install tzdata`"
        raise ValueError(f"should be a time zone's name that is known here; {hint}") from None


def _check_thousands(options: Any, _attribute: object, value: str) -> None:
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
    :ivar time_format: as for ``datetime.datetime.strptime``, or ``unix`` for seconds or milliseconds; empty for
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
        """Report parts of the event that don't exist, or that contradict each other."""
        targets = Targets()
        for name, column in (self.columns or {}).items():
            for target in column.to:
                _check_target(target, json_path(["columns", name]), targets, diagnostics)
        for target in self.constants:
            _check_target(target, json_path(["constants", target]), targets, diagnostics)


def _check_target(target: str, location: str, targets: "Targets", diagnostics: Diagnostics) -> None:
    try:
        path = parse_target(target)
    except ValueError as error:
        diagnostics.add(str(error), location)
        return
    if problem := targets.add(path, repr(target)):
        diagnostics.add(problem, location)


class Targets:
    """The parts of an event that are set: no two of them may be the same part, or one a part of the other."""

    def __init__(self) -> None:
        self._root = _Part("")

    def add(self, path: Path, name: str) -> str:
        """Add a part, unless it contradicts one that was added before.

        :param name: the part, in words for messages.
        :returns: what contradicts it; "" if nothing does.
        """
        alike = [self._root]
        for key in path:
            for part in alike:
                if part.members and _is_index(key) != _is_index(next(iter(part.members))):
                    return f"{name} contradicts {part.name}: the same part can't be a list and an object"
            alike = [member for part in alike for member in part.find(key)]
            for part in alike:
                if part.is_set:
                    return f"{name} is set already, by {part.name}"
        if alike:
            return f"{name} is set already, by {alike[0].name}"
        part = self._root
        for key in path:
            part = part.members.setdefault(key, _Part(name))
        part.is_set = True
        return ""


@define
class _Part:
    """A part of the event.

    :ivar name: the target, in words, that was the first to lead here.
    :ivar members: those that targets lead to: by names, or by indexes and ``[]``.
    :ivar is_set: whether it is a target itself.
    """

    name: str
    members: dict[str | int, "_Part"] = field(factory=dict)
    is_set: bool = False

    def find(self, key: str | int) -> Iterable["_Part"]:
        """Return the members that may be meant by a key: ``[]`` is any index, as it depends on the row."""
        if key == EACH:
            return self.members.values()
        return [self.members[other] for other in (key, EACH) if other in self.members]


def _is_index(key: str | int) -> bool:
    return isinstance(key, int) or key == EACH


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
    if root not in _OBJECTS and len(keys) > 1:
        raise ValueError(f"{root} has no parts")
    if root in _OBJECTS and (len(keys) == 1 or _is_index(keys[1])):
        raise ValueError(f"{root} should be followed by a point and a name")
    return tuple(keys)
