"""What every plugin with actions must do, as tests: subclass the suite and set two attributes."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar, cast

from attrs import evolve
from hypothesis import HealthCheck, given, settings

from capi_actions import builtin
from capi_actions.codec import content_id, encode_item
from capi_actions.config.structure import structure
from capi_actions.errors import ConfigError, Diagnostics, EventError
from capi_actions.hashing import make_hasher
from capi_actions.model import (
    Action,
    Compiler,
    Destination,
    Directive,
    Json,
    JsonObject,
    Normalizer,
    Resolver,
)
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.plugins import Plugins
from capi_actions.testing.strategies import events
from capi_actions.triggers import compile_trigger

_NOW = 1_700_000_000.0
_Function = TypeVar("_Function", bound=Callable[..., Any])


class PluginConformance:
    """Tests that a plugin keeps the contract of its hooks.

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

    def test_it_loads(self) -> None:
        """If this fails, the message says which hook is misspelt, unmarked, or offers the wrong thing."""
        assert list(self._plugins().describe())

    def test_it_offers_the_same_twice(self) -> None:
        """If this fails, a hook depends on something that changes: a clock, a file, the environment."""
        first, second = self._plugins(), self._plugins()
        assert [info.hooks for info in first.describe()] == [info.hooks for info in second.describe()]

    def test_names_begin_with_a_known_destination_type(self) -> None:
        """If this fails, rename the action, or name the plugin that owns the type in ``others``."""
        known = self._plugins().destinations
        assert [action.name for action in self._actions() if action.destination not in known] == []

    def test_prebuilt_triggers_can_be_read_and_can_match(self) -> None:
        """If this fails, the trigger is malformed or contradicts itself; the message says where."""
        for action in self._actions():
            if action.trigger is not None:
                assert compile_trigger(action.trigger).lint() == (), action.name

    def test_prebuilt_mappings_can_be_compiled(self) -> None:
        """If this fails, a default mapping is malformed, or ``hashed`` names no normalizer."""
        for compiled in self._compiled_actions():
            with _original_exceptions():
                assert compiled.resolve({}) is not None

    @settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])
    @given(event=events())
    def test_any_event_gives_an_item_or_an_event_error(self, event: JsonObject) -> None:
        """If this fails with an exception of the plugin, raise EventError there, or handle the event.

        If it fails with an assertion, the result isn't the same for the same event, or the event is
        changed.
        """
        before = copy.deepcopy(event)
        for compiled in self._compiled_actions():
            assert self._outcome(compiled, event) == self._outcome(compiled, event)
        assert event == before

    @classmethod
    def _plugins(cls) -> Plugins:
        return Plugins(builtin, *cls.others, cls.plugin)

    @classmethod
    def _actions(cls) -> list[Action]:
        without = Plugins(builtin, *cls.others).actions
        return [action for name, action in cls._plugins().actions.items() if name not in without]

    # What follows is cached, as it is made once for hundreds of events.

    @classmethod
    @cache
    def _destination(cls, name: str) -> Destination:
        destination_type = cls._plugins().destinations[name]
        diagnostics = Diagnostics()
        settings: Any = structure(dict(cls.config), destination_type.settings_type, diagnostics)
        if diagnostics.errors:
            raise ConfigError(diagnostics.errors)
        return destination_type(settings)

    @classmethod
    @cache
    def _compiled_actions(cls) -> list[CompiledAction]:
        plugins = cls._plugins()
        built_in = Plugins(builtin).directives
        plugins.directives = {
            name: directive if name in built_in else _watched_directive(directive)
            for name, directive in plugins.directives.items()
        }
        compiled_actions = []
        for action in cls._actions():
            profile = cls._destination(action.destination).profile
            hashers = {
                key: make_hasher([_watched_normalizer(normalizer) for normalizer in normalizers])
                for key, normalizers in plugins.normalizers(profile).items()
            }
            watched = evolve(action, build=_watched(action.build))
            compiled_actions.append(CompiledAction.compile(watched, action.mapping, plugins, hashers))
        return compiled_actions

    def _outcome(self, compiled: CompiledAction, event: JsonObject) -> object:
        """Return the item and what comes with it, or the problems of the EventError."""
        destination = self._destination(compiled.action.destination)
        try:
            with _original_exceptions():
                data, group = compiled.build(event)
            prepared = destination.prepare(data, group, lambda: content_id(event))
            problems = tuple(destination.check(data, _NOW))
            return encode_item(data), prepared, problems
        except EventError as error:
            return error.problems


class _FaultError(BaseException):
    """An exception that a plugin raised in place of an EventError.

    The engine turns every ``Exception`` of a plugin into an EventError, and only its wording tells
    that from one that the plugin raised on purpose.  A BaseException passes through the engine.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _original_exceptions() -> Iterator[None]:
    """Raise what the plugin raised, which is what its author looks for."""
    try:
        yield
    except _FaultError as fault:
        raise fault.error from None


def _watched(function: _Function) -> _Function:
    """Return a function of a plugin that raises its faults as :class:`_FaultError`."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except EventError:
            raise
        except Exception as error:
            raise _FaultError(error) from error

    return cast("_Function", call)


def _watched_normalizer(normalizer: Normalizer) -> Normalizer:
    return evolve(normalizer, normalize=_watched(normalizer.normalize))


def _watched_directive(directive: Directive) -> Directive:
    def compile_watched(value: Json, compiler: Compiler) -> Resolver:
        return _watched(directive.compile(value, compiler))

    return evolve(directive, compile=compile_watched)
