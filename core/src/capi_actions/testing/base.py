"""What all classes of tests share: the plugin under test, and how a fault of it is raised."""

import copy
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, TypeVar, cast

import pytest
from attrs import evolve

from capi_actions import builtin
from capi_actions.config.structure import structure
from capi_actions.errors import ConfigError, Diagnostics, EventError
from capi_actions.hashing import Hasher, make_hasher
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
from capi_actions.plugins import Plugins
from capi_actions.testing.hanging import HangingError, hang_limit
from capi_actions.testing.samples import typical_event

NOW = 1_800_000_000.0
"""The present of all tests: no outcome may depend on the real one."""

_Value = TypeVar("_Value")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class PluginTests:
    """The base of all classes of tests: the plugin and what it needs.

    :cvar plugin: the module or object with the hooks.
    :cvar config: settings of its destination types, without ``type``; {} when it offers none.
    :cvar others: further plugins that it needs, such as the owner of the destination type.
    :cvar event_examples: events that your actions and filters are made for; they are tried first.
    :cvar slowest: how long one call of an action, directive, normalizer, filter, format or observer may take at its
        fastest, as a multiple of the time in which Python's ``json`` decodes and encodes a typical event (some 15 µs).
    :cvar longest_call: seconds after which the tests give up a call of the plugin that doesn't return.
    """

    plugin: Any
    config: Mapping[str, Any] = {}
    others: tuple[object, ...] = ()
    event_examples: Sequence[JsonObject] = ()
    slowest: float = 100.0
    longest_call: float = 5.0
    _hanging: str = ""
    _first_seed: int = 0
    """Of the event that comes first of all: another one in the other process, for what remembers it."""

    @pytest.fixture(autouse=True)
    def _give_up_what_hangs(self) -> Iterator[None]:
        with hang_limit(type(self)):
            yield

    def test_it_loads(self) -> None:
        """If this fails, the message says which hook is misspelt, unmarked, or offers the wrong thing."""
        require(bool(list(self._plugins().describe())), "the plugin implements no hook")

    def test_it_offers_the_same_twice(self) -> None:
        """If this fails, a hook depends on something that changes: a clock, a file, the environment."""
        first, second = self._plugins(), self._plugins()
        offers = [[info.hooks for info in plugins.describe()] for plugins in (first, second)]
        require(offers[0] == offers[1], f"the plugin offers {offers[0]} and then {offers[1]}")

    @classmethod
    def _plugins(cls) -> Plugins:
        own = [] if cls.plugin is None else [cls.plugin]
        return Plugins(*([] if cls.plugin is builtin else [builtin]), *cls.others, *own)

    @classmethod
    def _own(cls, hook: str) -> dict[str, Any]:
        """Return what the plugin itself offers through a hook, by name; nothing when an object is tried without it."""
        if cls.plugin is None:
            return {}
        loaded = cls._load_plugins()
        plugin = list(loaded.describe())[-1]
        if hook == "capi_report":
            factories = [make for name, make in loaded.observer_factories() if name == plugin.name]
            return {getattr(make, "__name__", f"observer {at}"): make for at, make in enumerate(factories)}
        names = plugin.hooks.get(hook, ())
        if hook == "capi_events":
            filters = {event_filter.name: event_filter for _, event_filter in loaded.event_filters()}
            return {name: filters[name] for name in names}
        if hook == "capi_normalizers":
            return {name: _normalizer(loaded, name) for name in names}
        offers = getattr(loaded, _ATTRIBUTES[hook])
        return {name: offers[name] for name in names}

    @classmethod
    @cache
    def _load_plugins(cls) -> Plugins:
        return cls._plugins()

    @classmethod
    @cache
    def _destination(cls, name: str) -> Destination:
        destination_type = cls._load_plugins().destinations[name]
        diagnostics = Diagnostics()
        settings: Any = structure(dict(cls.config), destination_type.settings_type, diagnostics)
        if diagnostics.errors:
            raise ConfigError(diagnostics.errors)
        return destination_type(settings)


_ATTRIBUTES = {
    "capi_destinations": "destinations",
    "capi_actions": "actions",
    "capi_directives": "directives",
    "capi_transports": "transports",
    "capi_outboxes": "outboxes",
    "capi_inputs": "inputs",
    "capi_tables": "tables",
    "capi_commands": "commands",
}


def _normalizer(plugins: Plugins, name: str) -> Normalizer:
    """Return the normalizer of ``profile/key``."""
    profile, _, key = name.partition("/")
    (normalizer,) = plugins.normalizers(profile)[key]
    return normalizer


def require(condition: object, message: str) -> None:
    """Fail the test with a message unless a condition holds."""
    __tracebackhide__ = True
    if not condition:
        raise AssertionError(message)


def require_type(value: object, kind: type[_Value], name: str) -> _Value:
    """Return a value if it is of a type, else fail: ``name`` says what must be one."""
    __tracebackhide__ = True
    if not isinstance(value, kind):
        raise AssertionError(f"{name} must be {kind.__name__}, but it is {type(value).__name__}")
    return value


class Faults:
    """Remembers what functions of a plugin raise, whatever the engine makes of it.

    The engine turns every exception of a plugin into an EventError, and only its wording tells that from one that
    the plugin raised on purpose.
    """

    def __init__(self) -> None:
        self._raised: list[BaseException] = []

    @contextmanager
    def raise_first(self) -> Iterator[None]:
        """Raise the first fault that was noted inside the context, which is what a plugin's author looks for."""
        self._raised.clear()
        try:
            yield
        except EventError:
            if not self._raised:
                raise
        if self._raised:
            raise self._raised[0].with_traceback(self._raised[0].__traceback__) from None

    def watch(self, function: _Function) -> _Function:
        """Return a function that notes whatever it raises, apart from EventError."""

        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except EventError:
                raise
            except BaseException as error:
                self._raised.append(error)
                raise

        return cast("_Function", call)

    def watch_action(self, action: Action) -> Action:
        """Return an action whose ``build`` is watched."""
        return evolve(action, build=self.watch(action.build))

    def watch_hashers(self, normalizers: Mapping[str, Sequence[Normalizer]]) -> dict[str, Hasher]:
        """Return hashers of watched normalizers, by key."""
        return {
            key: make_hasher(
                [
                    evolve(
                        normalizer, normalize=self.watch(partial(_normalize_to_a_size, normalizer.normalize))
                    )
                    for normalizer in of_key
                ]
            )
            for key, of_key in normalizers.items()
        }

    def watch_directive(self, directive: Directive) -> Directive:
        """Return a directive whose resolvers are watched."""

        def compile_watched(value: Json, compiler: Compiler) -> Resolver:
            resolver: object = directive.compile(value, compiler)
            return self.watch(resolver) if callable(resolver) else cast("Resolver", resolver)

        return evolve(directive, compile=compile_watched)


def _normalize_to_a_size(normalize: Callable[[str], object], text: str) -> Any:
    normalized = normalize(text)
    require_size(normalized, text)
    return normalized


def require_size(normalized: object, text: str) -> None:
    """Fail if a normalized text is absurdly long, before it is hashed, compared and kept."""
    length = len(normalized) if isinstance(normalized, str) else 0
    require(
        length <= _MOST_CHARACTERS + _GROWTH * len(text),
        f"a normalizer makes {length:,} characters of {len(text):,}",
    )


_MOST_CHARACTERS, _GROWTH = 1_000, 20
"""A normalized text may be that long, and as many times as long as the raw one."""


def json_fault(value: object, path: str = "$") -> str | None:
    """Return what in a value isn't JSON, and where; None if all of it is."""
    if value is None or isinstance(value, str | bool | int):
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{path} is {value}, which JSON doesn't have"
    if isinstance(value, list | tuple):
        faults = (json_fault(item, f"{path}[{index}]") for index, item in enumerate(value))
        return next(filter(None, faults), None)
    if not isinstance(value, dict):
        return f"{path} is of the type {type(value).__name__}, which JSON doesn't have"
    for key, item in value.items():
        if not isinstance(key, str):
            return f"{path} has the key {key!r}, which is no text"
        if fault := json_fault(item, f"{path}.{key}"):
            return fault
    return None


def nested_in_itself(value: object, depth: int = 0) -> bool:
    """Return whether a value holds itself, or is nested as if it did."""
    if depth > _DEEPEST:
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(nested_in_itself(item, depth + 1) for item in items if isinstance(item, dict | list | tuple))


_DEEPEST = 250  # levels; an encoder takes 254


def change_check(value: Json) -> Callable[[], bool]:
    """Return a function that says whether a JSON value is still what it is now."""
    before = copy.deepcopy(value)
    return lambda: value == before


def require_speed(limit: float, name: str, call: Callable[[], object]) -> None:
    """Fail if a call takes longer than a multiple of a typical event's round trip through ``json``.

    Of several calls the fastest counts, so that a busy machine fails no test.

    :param limit: the multiple; twice as much fails.
    """
    ratio = _fastest(call) / _fastest(_round_trip)
    require(
        ratio <= limit,
        f"{name} takes {ratio:,.0f} times as long as json takes to decode and encode an event; {limit:,.0f} times is"
        " the most that the tests allow: see what it does for each event that it could do once",
    )


def find_slow(calls: Mapping[str, Callable[[], object]]) -> str:
    """Return which of some calls are too slow to be tested at all, as a sentence; "" if none is.

    Hundreds of calls are made of each; a call that fails is another test's to report.
    """
    slow = [name for name, call in calls.items() if _least_seconds(call) > _HOPELESS]
    return (
        f"{' and '.join(slow)} takes more than {_HOPELESS} seconds a call: too long to be tested"
        if slow
        else ""
    )


_HOPELESS = 0.15  # seconds


def _least_seconds(call: Callable[[], object]) -> float:
    least = math.inf
    for _ in range(3):
        started = time.perf_counter()
        try:
            call()
        except HangingError:
            raise
        except BaseException:  # noqa: BLE001  as said above
            return 0.0
        least = min(least, time.perf_counter() - started)
        if least <= _HOPELESS:
            break
    return least


_CALLS, _CALLS_OF_SLOW, _SLOW = 30, 3, 0.05  # seconds


def _fastest(call: Callable[[], object]) -> float:
    fastest = math.inf
    for number in range(_CALLS):
        started = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - started)
        if number >= _CALLS_OF_SLOW and fastest > _SLOW:
            break
    return max(fastest, 1e-9)


_TYPICAL = json.dumps(typical_event(0))


def _round_trip() -> str:
    return json.dumps(json.loads(_TYPICAL))
