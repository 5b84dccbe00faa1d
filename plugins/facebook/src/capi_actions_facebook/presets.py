"""Short ways to write the prebuilt mappings."""

from capi_actions import Json, JsonObject


def path(text: str) -> JsonObject:
    """Take the value at a path of the event."""
    return {"@path": text}


def first_of(*paths: str) -> JsonObject:
    """Take the value at the first of several paths that has one (null, "", 0 and false count as none)."""
    head, *rest = paths
    return when(head, path(head), first_of(*rest)) if rest else path(head)


def first_amount_of(*paths: str) -> JsonObject:
    """Take the number at the first of several paths that has one: 0 is one, an empty text is none.

    As a text, which templates make of it, 0 isn't blank.  That is asked only of what is blank as it is:
    templates take their time.
    """
    head, *rest = paths
    if not rest:
        return path(head)
    as_text = {"@template": f"{{{{{head.removeprefix('$.')}}}}}"}
    zero = {"@if": {"blank": as_text, "then": path(head), "else": first_amount_of(*rest)}}
    return when(head, path(head), zero)


def of_identify(text: str) -> JsonObject:
    """Take the value at a path of an identify call, and nothing of any other.

    The reference's directives can't compare; what its ``@replace`` leaves of the type is blank for one only.
    """
    rest_of_type = {"@replace": {"pattern": "identify", "replacement": "", "value": path("$.type")}}
    return {"@if": {"blank": rest_of_type, "else": path(text)}}


def when(condition: str, then: Json, otherwise: Json) -> JsonObject:
    """Take one value if there is something at a path, and another if there is nothing or an empty text.

    The reference calls this condition ``blank``, though it holds when the value is *not* blank.
    """
    return {"@if": {"blank": path(condition), "then": then, "else": otherwise}}
