"""Which of the pixel's events belong to an event: what a configuration's triggers and mappings say of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from capi_actions import Action, Json, as_action
from capi_actions_facebook.actions import ACTIONS

META_NAMES: Final[Mapping[str, str]] = {
    action.name: kind.meta_name for kind in ACTIONS if (action := as_action(kind)) is not None
}
"""The pixel's name of an event by the action's; "" for an event of one's own."""

CUSTOM: Final = "facebook.custom"

# Parameters of the pixel that are paths of the event's properties, or an object of them.
_PARAMETERS: Final = (
    *("value", "currency", "content_name", "content_category", "content_type", "search_string", "num_items"),
    *("order_id", "predicted_ltv", "status"),
)
_LITERAL: Final = re.compile(r"""\b(type|event)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_JOINED: Final = re.compile(r"(?:[\s()]|\b(?:and|or)\b|\0)*")
_PROPERTY: Final = re.compile(r"\$?\.?properties\.(\w+)")


class NotInBrowserError(ValueError):
    """A mapping can't be followed in the browser; the text says why."""


@frozen(kw_only=True)
class PixelCall:
    """A call of ``fbq``.

    :ivar method: ``track``, or ``trackCustom`` for names of one's own.
    :ivar name: of the event.
    :ivar fields: for each parameter, the properties of which the first that is there counts.
    """

    method: str
    name: str
    fields: Mapping[str, Sequence[str]]


def pixel_calls(action: Action, trigger: str, mapping: Mapping[str, Json]) -> Iterator[tuple[str, PixelCall]]:
    """Yield the calls that a mapping stands for: with the event, such as ``track Order Completed`` or ``page``.

    :param trigger: the mapping's own, or the prebuilt one.
    :param mapping: all of it, with its prebuilt parts.
    :raises NotInBrowserError: when the trigger looks at more than type and name, or the name isn't known here.
    """
    fields = dict(_fields(mapping))
    for event in _events(trigger):
        name = META_NAMES.get(action.name)
        if name:
            yield event, PixelCall(method="track", name=name, fields=fields)
        elif action.name == CUSTOM:
            yield event, PixelCall(method="trackCustom", name=_custom_name(mapping, event), fields=fields)
        else:
            raise NotInBrowserError(f"the pixel's name for {action.name} isn't known here")


def _events(trigger: str) -> list[str]:
    """Return the events that a trigger takes, if type and name decide."""
    literals = [
        (match[1], re.sub(r"\\(.)", r"\1", match[2] if match[2] is not None else match[3]))
        for match in _LITERAL.finditer(trigger)
    ]
    types = {value for key, value in literals if key == "type"}
    names = [value for key, value in literals if key == "event"]
    if not _JOINED.fullmatch(_LITERAL.sub("\0", trigger)) or not types <= {"track", "page", "screen"}:
        raise NotInBrowserError(
            f"its trigger looks at more than the type and the name of an event: {trigger}"
        )
    if not names:
        return ["page"] if "page" in types else []
    if types != {"track"}:
        raise NotInBrowserError(f"its trigger isn't for track calls alone: {trigger}")
    return [f"track {name}" for name in dict.fromkeys(names)]


def _custom_name(mapping: Mapping[str, Json], event: str) -> str:
    name = mapping.get("event_name")
    if isinstance(name, str) and "{{" not in name:
        return name
    if any(path in ("$.event", "event") for path in _paths(name)):
        return event.partition(" ")[2] or event
    raise NotInBrowserError("its event_name isn't a text that is known beforehand")


def _fields(mapping: Mapping[str, Json]) -> Iterator[tuple[str, Sequence[str]]]:
    for key in _PARAMETERS:
        names = [match[1] for path in _paths(mapping.get(key)) if (match := _PROPERTY.fullmatch(path))]
        if names or (key == "num_items" and mapping.get(key)):
            yield key, list(dict.fromkeys(names))
    if "@products" in _keys(mapping.get("contents")):
        yield "contents", []


def _paths(mapping: Json) -> Iterator[str]:
    """Yield the paths in a mapping, in their order."""
    if isinstance(mapping, dict):
        for key, value in mapping.items():
            if key == "@path" and isinstance(value, str):
                yield value
            else:
                yield from _paths(value)
    elif isinstance(mapping, list):
        for value in mapping:
            yield from _paths(value)


def _keys(mapping: Json) -> set[Any]:
    return set(mapping) if isinstance(mapping, dict) else set()
