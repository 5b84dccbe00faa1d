"""Recipes: how an action's object is made of an event."""

from collections.abc import Mapping

from attrs import frozen

from capi_actions.errors import EventError, where
from capi_actions.fields import CheckFields, compile_fields
from capi_actions.hashing import Hasher
from capi_actions.mapping import CompiledMapping, compile_mapping
from capi_actions.model import Action, JsonObject
from capi_actions.pipeline.codegen import Values, fuse
from capi_actions.plugins import Plugins

SYNC_MODE = "__segment_internal_sync_mode"


@frozen(kw_only=True)
class Recipe:
    """How an action's object is made of an event: mapping, fields, build.

    :ivar values: ``resolve`` and ``check`` in one, faster.
    """

    action: Action
    mapping: JsonObject
    resolve: CompiledMapping
    check: CheckFields
    values: Values
    group_field: str | None
    wrong_mode: str | None

    @classmethod
    def compile(
        cls, action: Action, mapping: JsonObject, plugins: Plugins, hashers: Mapping[str, Hasher]
    ) -> "Recipe":
        """Compile a whole mapping for an action.

        :raises ConfigError: when the mapping is malformed.
        """
        mode = mapping.get(SYNC_MODE)
        resolve = compile_mapping(_switched_on(action, mapping), plugins.directives)
        check = compile_fields(action.fields, hashers)
        return cls(
            action=action,
            mapping=mapping,
            resolve=resolve,
            check=check,
            values=fuse(resolve, check),
            group_field=action.group_field,
            wrong_mode=None if mode is None or mode in action.sync_modes else str(mode)[:60],
        )

    def data(self, event: JsonObject) -> tuple[JsonObject, str]:
        """Build the platform's object.

        :returns: the object, and the value of the action's grouping field or "".
        :raises EventError: when the event doesn't give what the action needs.
        """
        try:
            values = self.values(event)
            built = {} if self.wrong_mode else self.action.build(values)
        except EventError:
            raise
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            fault = where(error)
        else:
            if self.wrong_mode:
                raise EventError.of(f"Sync mode {self.wrong_mode} is not supported", f"$.{SYNC_MODE}")
            return built, values.get(self.group_field, "") if self.group_field else ""
        # Out here the error has no context: the original's text may quote the event.
        raise EventError.of(f"the action {self.action.name} failed on this event ({fault})")


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

    return {key: value for key, value in mapping.items() if not is_off(key, value)}
