"""Recipes: how an action's object is made of an event."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from capi_actions.errors import EventError
from capi_actions.fields import compile_fields
from capi_actions.hashing import Hasher
from capi_actions.mapping import CompiledMapping, compile_mapping
from capi_actions.model import Action, JsonObject
from capi_actions.plugins import Plugins

SYNC_MODE = "__segment_internal_sync_mode"


@frozen(kw_only=True)
class Recipe:
    """How an action's object is made of an event: mapping, fields, build."""

    action: Action
    mapping: JsonObject
    resolve: CompiledMapping
    check: Callable[[Any], JsonObject]
    group_field: str | None
    wrong_mode: str | None

    @classmethod
    def compile(
        cls, action: Action, mapping: JsonObject, plugins: Plugins, hashers: Mapping[str, Hasher]
    ) -> "Recipe":
        """Compile a whole mapping for an action.

        :raises ConfigError: when the mapping is malformed.
        """
        mode = mapping.get(SYNC_MODE) if isinstance(mapping, dict) else None
        return cls(
            action=action,
            mapping=mapping,
            resolve=compile_mapping(_switched_on(action, mapping), plugins.directives),
            check=compile_fields(action.fields, hashers),
            group_field=action.group_field,
            wrong_mode=None if mode is None or mode in action.sync_modes else str(mode),
        )

    def data(self, event: JsonObject) -> tuple[JsonObject, str]:
        """Build the platform's object.

        :returns: the object, and the value of the action's grouping field or "".
        :raises EventError: when the event doesn't give what the action needs.
        """
        values = self.check(self.resolve(event))
        if self.wrong_mode:
            raise EventError.of(f"Sync mode {self.wrong_mode} is not supported", f"$.{SYNC_MODE}")
        group = values.get(self.group_field, "") if self.group_field else ""
        try:
            return self.action.build(values), group
        except EventError:
            raise
        except Exception as error:
            problem = f"the action {self.action.name} failed on this event with {type(error).__name__}"
            raise EventError.of(problem) from error


def _switched_on(action: Action, mapping: JsonObject) -> JsonObject:
    """Leave out objects that a literal switches off: nothing of them would be used.

    For web events, which have no app data, this saves a third of all look-ups.
    """

    def is_off(key: str, value: object) -> bool:
        spec = action.fields.get(key)
        return (
            spec is not None
            and spec.switch is not None
            and isinstance(value, dict)
            and not any(member.startswith("@") for member in value)
            and value.get(spec.switch) in (None, False)
        )

    if not isinstance(mapping, dict):
        return mapping
    return {key: value for key, value in mapping.items() if not is_off(key, value)}
