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


def person(field: str, *conditions: str) -> JsonObject:
    """Return a mapping to a trait of the person: in the context's traits, else wherever ``@person`` finds it.

    Nearly every event has its traits in the context, or none at all.  A path and a condition take a tenth of the
    time of the directive, so that is evaluated only where it may find something.

    :param field: as ``@person`` calls it, and the context's traits do.
    :param conditions: paths besides the event's ``traits`` that lead to something if the person may be there.
    """
    elsewhere: JsonObject | None = None
    for condition in reversed(("$.traits", *conditions)):
        elsewhere = when(condition, {"@person": field}, elsewhere)
    return when(f"$.context.traits.{field}", path(f"$.context.traits.{field}"), elsewhere)


def when(condition: str, then: Json, otherwise: Json) -> JsonObject:
    """Return a mapping to ``then`` if the path ``condition`` has a value, else to ``otherwise``, None for nothing.

    No value and an empty text count as none.  The reference calls this condition ``blank``, though it
    holds when the value is *not* blank.
    """
    outcomes = {"then": then} if otherwise is None else {"then": then, "else": otherwise}
    return {"@if": {"blank": path(condition), **outcomes}}
