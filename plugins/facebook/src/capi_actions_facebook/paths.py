"""Short ways to write the prebuilt mappings."""

from capi_actions import Json, JsonObject


def path(text: str) -> JsonObject:
    """Take the value at a path of the event."""
    return {"@path": text}


def first_of(*paths: str) -> JsonObject:
    """Take the value at the first of several paths that has one (null counts as none)."""
    head, *rest = paths
    if not rest:
        return path(head)
    return {"@if": {"exists": path(head), "then": path(head), "else": first_of(*rest)}}


def when(condition: str, then: Json, otherwise: Json) -> JsonObject:
    """Take one value if there is something at a path, and another if there is nothing or an empty text.

    The reference calls this condition ``blank``, though it holds when the value is *not* blank.
    """
    return {"@if": {"blank": path(condition), "then": then, "else": otherwise}}
