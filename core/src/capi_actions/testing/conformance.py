"""What every plugin with actions must keep to: subclass, set two attributes, done."""

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings

from capi_actions import builtin
from capi_actions.codec import content_id, encode_item
from capi_actions.config.structure import structure
from capi_actions.errors import EventError
from capi_actions.model import Destination, JsonObject
from capi_actions.pipeline.compiled_action import Recipe
from capi_actions.plugins import Plugins
from capi_actions.testing.strategies import events
from capi_actions.triggers import compile_trigger

_NOW = 1_700_000_000.0


class PluginConformance:
    """Checks that a plugin keeps the contract of its hooks.

    ::

        class TestConformance(PluginConformance):
            plugin = capi_actions_acme.plugin
            config = {"url": "https://acme.example"}

    :cvar plugin: the module or object with the hooks.
    :cvar config: settings of its destination types, without ``type``; {} when it offers none.
    :cvar others: further plugins that it needs, such as the owner of the destination type.
    """

    plugin: Any
    config: Mapping[str, Any]
    others: tuple[object, ...] = ()

    def _plugins(self) -> Plugins:
        return Plugins(builtin, *self.others, self.plugin)

    def _actions(self) -> list[str]:
        alone = Plugins(builtin, *self.others)
        return [name for name in self._plugins().actions if name not in alone.actions]

    def _destination(self, name: str) -> Destination:
        kind = self._plugins().destinations[name]
        return kind(structure(dict(self.config), kind.settings_type, "$"))

    def test_it_loads(self) -> None:
        """If this fails, the message says which hook is misspelt, unmarked, or offers the wrong thing."""
        assert list(self._plugins().describe())

    def test_it_offers_the_same_twice(self) -> None:
        """If this fails, a hook depends on something that changes: a clock, a file, the environment."""
        assert [info.hooks for info in self._plugins().describe()] == [
            info.hooks for info in self._plugins().describe()
        ]

    def test_names_begin_with_a_known_destination_type(self) -> None:
        """If this fails, rename the action, or name the plugin that owns the type in ``others``."""
        known = self._plugins().destinations
        assert [name for name in self._actions() if name.partition(".")[0] not in known] == []

    def test_prebuilt_triggers_can_be_read_and_can_match(self) -> None:
        """If this fails, the trigger is malformed or contradicts itself; the message says where."""
        for name in self._actions():
            trigger = self._plugins().actions[name].trigger
            if trigger is not None:
                assert compile_trigger(trigger).problems() == (), name

    def test_prebuilt_mappings_can_be_compiled(self) -> None:
        """If this fails, a default mapping is malformed, or ``hashed`` names no normalizer."""
        for recipe in self._recipes():
            assert recipe.resolve({}) is not None

    @settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])
    @given(event=events())
    def test_any_event_gives_an_item_or_an_event_error(self, event: JsonObject) -> None:
        """If this fails, ``build`` or ``check`` raises something else, is not deterministic, or changes the event."""
        before = copy.deepcopy(event)
        for recipe in self._recipes():
            assert self._outcome(recipe, event) == self._outcome(recipe, event)
        assert event == before

    def _recipes(self) -> list[Recipe]:
        cached: list[Recipe] | None = vars(type(self)).get("_cached_recipes")
        if cached is None:
            plugins = self._plugins()
            cached = []
            for name in self._actions():
                action = plugins.actions[name]
                hashers = plugins.hashers(self._destination(action.destination).profile)
                cached.append(Recipe.compile(action, action.mapping, plugins, hashers))
            type(self)._cached_recipes = cached  # type: ignore[attr-defined]  # compiled once for hundreds of examples
        return cached

    def _outcome(self, recipe: Recipe, event: JsonObject) -> object:
        destination = self._destination(recipe.action.destination)
        try:
            data, group = recipe.data(event)
            prepared = destination.prepare(data, group, lambda: content_id(event))
            problems = tuple(destination.check(data, _NOW))
            return encode_item(data), prepared, problems
        except EventError as error:
            assert "failed on this event with" not in str(error)
            return error.problems
