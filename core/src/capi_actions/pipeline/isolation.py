"""What of an event a plugin could change by mistake, so that it gets a copy of just that.

What one mapping's plugins change must reach no other mapping, no id that is made of the event's content, and not the
caller.  Copying every event would cost 6 µs of a purchase's 28.
"""

from collections.abc import Mapping

from capi_actions.mapping import BUILTIN, is_directive
from capi_actions.mapping.compiler import ROOT_DIRECTIVE
from capi_actions.model import Directive, Field, Json, JsonObject


def needs_copy(mapping: Json, directives: Mapping[str, Directive]) -> bool:
    """Return whether a mapping uses a plugin's directive that asks for a copy of the event.

    :param directives: all that there are, by name.
    """
    pending = [mapping]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
            used = [directives[key] for key in value if key in directives]
            if any(directive.copies_event and not _is_builtin(directive) for directive in used):
                return True
    return False


def shared_fields(fields: Mapping[str, Field], mapping: JsonObject) -> tuple[str, ...]:
    """Return the fields whose values may be, or hold, objects of the event itself.

    :param fields: those of an action; its ``build`` gets their values.
    """
    if ROOT_DIRECTIVE in mapping:
        return tuple(key for key, field in fields.items() if _is_shared(field, mapping[ROOT_DIRECTIVE]))
    return tuple(key for key, field in fields.items() if key in mapping and _is_shared(field, mapping[key]))


def _is_builtin(directive: Directive) -> bool:
    return BUILTIN.get(directive.name) is directive


def _is_shared(field: Field, mapping: Json) -> bool:
    """Return whether a field may pass on objects as they are, itself or in one of its properties.

    Where all properties are known, the field's check makes a new object.
    """
    if field.type != "object":
        return False
    properties = field.properties or {}
    keeps_others = field.properties is None or field.additional_properties
    if isinstance(mapping, dict) and not is_directive(mapping):
        return any(
            _is_shared(properties[key], value)
            if key in properties
            else keeps_others and isinstance(value, dict | list)
            for key, value in mapping.items()
        )
    return keeps_others or any(_is_shared(spec, mapping) for spec in properties.values())
