"""Short forms for the prebuilt mappings of fields."""

from capi_actions import Json, JsonObject


def path(text: str) -> JsonObject:
    """Return a mapping to the value at a path of the event."""
    return {"@path": text}


def first_of(*paths: str) -> JsonObject:
    """Return a mapping to the first of several paths with a value; null, "", 0 and false count as none."""
    head, *others = paths
    return when(head, path(head), first_of(*others)) if others else path(head)


def first_amount_of(*paths: str) -> JsonObject:
    """Return a mapping to the first of several paths with a number: 0 is one, an empty text is none.

    ``@if`` takes the number 0 for blank, but not the text "0", which a template makes of it.  The template
    is evaluated only when the value itself is blank, because templates are slow.
    """
    head, *others = paths
    if not others:
        return path(head)
    as_text = {"@template": f"{{{{{head.removeprefix('$.')}}}}}"}
    zero_or_next = {"@if": {"blank": as_text, "then": path(head), "else": first_amount_of(*others)}}
    return when(head, path(head), zero_or_next)


def of_identify(text: str) -> JsonObject:
    """Return a mapping to the value at a path of identify calls; other calls get no value.

    The reference's directives can't compare, so this one removes "identify" from the event's type:
    nothing is left of an identify call's only.
    """
    type_without_identify = {"@replace": {"pattern": "identify", "replacement": "", "value": path("$.type")}}
    return {"@if": {"blank": type_without_identify, "else": path(text)}}


def when(condition: str, then: Json, otherwise: Json) -> JsonObject:
    """Return a mapping to ``then`` if the path ``condition`` has a value, else to ``otherwise``.

    No value and an empty text count as none.  The reference calls this condition ``blank``, though it
    holds when the value is *not* blank.
    """
    return {"@if": {"blank": path(condition), "then": then, "else": otherwise}}
