"""Show what an event is like without showing whose it is."""

import re
from typing import Any, Final

from capi_actions import Json, count_noun, personal_kind

_SHOWN_AT_TOP: Final = frozenset(
    {"type", "event", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "channel"}
)
# Values under these names say what was bought, not by whom.
_SHOWN_PROPERTIES: Final = frozenset(
    """
    action_source affiliation brand category category_id content_category content_type coupon currency
    delivery_category discount num_items position price product_id quantity revenue shipping sku subtotal tax total
    value variant
    """.split()
)
_SHOWN_IN_CONTEXT: Final = frozenset({"library", "locale", "timezone", "channel", "direct", "active"})
_LONG_NUMBER: Final = re.compile(r"\d(?:[^A-Za-z]{0,2}\d){6}")
_MAX_TEXT, _MAX_MEMBERS, _MAX_DEPTH = 80, 40, 6


def mask_event(event: Json) -> Json:
    """Return an event with its form, and without values that may be personal.

    A value is shown only under a name that is known not to be personal, and only if it doesn't look personal all the
    same.  In place of any other there is its kind and length.
    """
    if not isinstance(event, dict):
        return _kind(event)
    return {_name(key): _top(key, value) for key, value in list(event.items())[:_MAX_MEMBERS]}


def event_name(event: Json) -> str:
    """Return what an event is called, such as ``track Order Completed``."""
    if not isinstance(event, dict):
        return "no event"
    kind, name = event.get("type"), event.get("event")
    words = [_text(word) for word in (kind, name) if isinstance(word, str) and word]
    return " ".join(words) or "no event"


def _top(key: str, value: Json) -> Json:
    if key in _SHOWN_AT_TOP and isinstance(value, str | int | float):
        return _text(value) if isinstance(value, str) else value
    if key in ("properties", "context", "integrations"):
        return _inner(value, key, 1)
    if isinstance(value, dict):
        return _inner(value, "", 1)
    return _kind(value)


def _inner(value: Json, parent: str, depth: int) -> Json:
    """Return an object or list with its members; ``parent`` is the part of the event that it belongs to."""
    if depth > _MAX_DEPTH:
        return _kind(value)
    if isinstance(value, dict):
        members = list(value.items())[:_MAX_MEMBERS]
        return {_name(key): _member(key, member, parent, depth) for key, member in members}
    if isinstance(value, list):
        return [_inner(member, parent, depth + 1) for member in value[:_MAX_MEMBERS]]
    return _kind(value)


def _member(key: str, value: Any, parent: str, depth: int) -> Json:
    if parent == "context" and depth == 1:
        if key in _SHOWN_IN_CONTEXT:
            return _mask_value(value, depth + 1)
        if key == "consent":
            return _inner(value, "integrations", depth + 1)
        return _inner(value, "", depth + 1)
    if isinstance(value, dict | list):
        return _inner(value, parent, depth + 1)
    if isinstance(value, bool) or value is None:
        return value
    if parent == "properties" and key in _SHOWN_PROPERTIES:
        return _mask_value(value, depth)
    return _kind(value)


def _mask_value(value: Json, depth: int) -> Json:
    if isinstance(value, dict) and depth <= _MAX_DEPTH:
        return {
            _name(key): _mask_value(member, depth + 1) for key, member in list(value.items())[:_MAX_MEMBERS]
        }
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if abs(value) < 10_000_000 else _kind(value)
    return value if isinstance(value, bool) or value is None else _kind(value)


def _text(text: str) -> str:
    """Return a text unless it looks personal."""
    is_time = re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?", text) is not None
    if is_time:
        return text
    if len(text) > _MAX_TEXT or "@" in text or personal_kind(text) or _LONG_NUMBER.search(text):
        return _kind(text)
    return text


def _name(key: str) -> str:
    return key if len(key) <= _MAX_TEXT and "@" not in key and not _LONG_NUMBER.search(key) else "(a name)"


def _kind(value: Any) -> str:
    if isinstance(value, str):
        kind = personal_kind(value)
        return f"({kind})" if kind else f"(text of {count_noun(len(value), 'character')})"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "(a number)"
    if isinstance(value, list):
        return f"(list of {len(value)})"
    return "(an object)" if isinstance(value, dict) else "null"
