"""An action compiled with a mapping: from an event to the platform's object."""

from collections.abc import Mapping
from typing import Never

from attrs import field, frozen

from capi_actions.codec import copy_json
from capi_actions.errors import EventError
from capi_actions.fields import CheckFields, compile_fields
from capi_actions.hashing import Hasher
from capi_actions.mapping import CompiledMapping, compile_mapping, is_directive
from capi_actions.model import Action, Build, Json, JsonObject
from capi_actions.pipeline.amount_paths import with_sources
from capi_actions.pipeline.codegen import Evaluate, generate
from capi_actions.pipeline.fallbacks import with_fallbacks
from capi_actions.pipeline.isolation import needs_copy, shared_fields
from capi_actions.plugins import Plugins
from capi_actions.tracebacks import where

SYNC_MODE = "__segment_internal_sync_mode"


@frozen(kw_only=True)
class CompiledAction:
    """An action compiled with a mapping.

    :ivar mapping: the whole mapping, as it stands in the configuration or the action.
    :ivar resolve: the mapping, compiled.
    :ivar check: the check of the action's fields.
    :ivar group_field: the field by whose value items are kept apart in requests, if there is one.
    :ivar build_object: the action's ``build``; or what refuses each event, if the mapping has a sync mode that the
        action doesn't support.
    :ivar copies_event: whether a plugin's directive asks for a copy of the event.
    :ivar shared_fields: fields whose values may be, or hold, objects of the event itself.
    :ivar evaluate: ``resolve`` and ``check`` in one function.  It is generated for the first event: that takes 6 ms,
        and there are 18 actions, of which most files and most runs of ``capi preview`` need a few, and ``capi check``
        none.
    """

    action: Action
    mapping: JsonObject
    resolve: CompiledMapping
    check: CheckFields
    group_field: str | None
    build_object: Build
    copies_event: bool = False
    shared_fields: tuple[str, ...] = ()
    # No cached_property: attrs would add a __getattr__ for it, which slows down each look at an attribute.
    evaluate: Evaluate = field(init=False, eq=False, repr=False)

    @evaluate.default
    def _evaluate_lazily(self) -> Evaluate:
        return self._generate_and_evaluate

    def _generate_and_evaluate(self, event: JsonObject) -> JsonObject:
        function = generate(self.resolve, self.check)
        object.__setattr__(self, "evaluate", function)
        return function(event)

    @classmethod
    def compile(
        cls, action: Action, mapping: JsonObject, plugins: Plugins, hashers: Mapping[str, Hasher]
    ) -> "CompiledAction":
        """Compile an action with a whole mapping.

        :raises ConfigError: when the mapping or a field's definition is malformed.
        """
        mode = mapping.get(SYNC_MODE)
        resolve = compile_mapping(without_unused_objects(action, mapping), plugins.directives)
        check = compile_fields(action.fields, hashers)
        resolve = with_fallbacks(resolve, check.root)
        return cls(
            action=action,
            mapping=mapping,
            resolve=resolve,
            check=check,
            group_field=action.group_field,
            build_object=action.build if mode is None or mode in action.sync_modes else _refusal_of(mode),
            copies_event=needs_copy(mapping, plugins.directives),
            shared_fields=shared_fields(action.fields, mapping),
        )

    def build(self, event: JsonObject) -> tuple[JsonObject, str]:
        """Build the platform's object.

        :returns: the object, and the value of the action's grouping field or "".
        :raises EventError: when the event lacks what the action needs, or has a wrong value for it.
        """
        values: JsonObject | None = None
        try:
            values = self.evaluate(copy_json(event) if self.copies_event else event)
            if self.shared_fields:
                for key in values.keys() & self.shared_fields:
                    values[key] = copy_json(values[key])
            # Not later: the values become the attributes of the action's object, which may set them.
            group = (values.get(self.group_field) or "") if self.group_field else ""
            return self.build_object(values), group
        except KeyboardInterrupt:
            raise
        except EventError as error:
            refused, is_of_fields = error, values is None
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            fault = f"the action {self.action.name} failed on this event ({where(error)})"
            refused, is_of_fields = EventError.of(fault), False
        # Out here the error has no context: the original's text may quote the event.
        raise with_sources(refused, self.action.fields, self.resolve, event) if is_of_fields else refused


def _refusal_of(mode: Json) -> Build:
    def refuse(_: JsonObject) -> Never:
        raise EventError.of(f"Sync mode {str(mode)[:60]} is not supported", f"$.{SYNC_MODE}")

    return refuse


def without_unused_objects(action: Action, mapping: JsonObject) -> JsonObject:
    """Return a mapping without the objects that a literal switches off: the action wouldn't use them.

    For web events, which have no app data, this saves a third of all look-ups.
    """

    def is_unused(key: str, value: object) -> bool:
        field = action.fields.get(key)
        return (
            field is not None
            and field.switch is not None
            and isinstance(value, dict)
            and not is_directive(value)
            and value.get(field.switch) in (None, False)
        )

    return {key: value for key, value in mapping.items() if not is_unused(key, value)}
