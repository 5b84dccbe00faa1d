"""Tests of the actions that a plugin offers."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from attrs import frozen

from capi_actions.codec import content_id, encode_item
from capi_actions.errors import EventError, Problem
from capi_actions.model import Action, Destination, JsonObject, Prepared
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.testing.base import (
    NOW,
    Faults,
    PluginTests,
    change_check,
    find_slow,
    json_fault,
    nested_in_itself,
    require,
    require_speed,
)
from capi_actions.testing.samples import Sampler
from capi_actions.triggers import compile_trigger

_EVENTS = 400
"""Events for all actions together."""
_MIN_EVENTS = 20
"""Events for each action at least."""
_ENVELOPE_BYTES = 1024
"""Of a request, left for what is around the items."""


@frozen(kw_only=True)
class Built:
    """What an action made of an event.

    :ivar data: the platform's object, complete.
    :ivar body: the same, encoded.
    :ivar problems: what the destination type would refuse.
    """

    data: JsonObject
    body: bytes
    prepared: Prepared
    problems: tuple[Problem, ...]


class ActionTests(PluginTests):
    """Tests of every action of a plugin: subclass, and set ``plugin`` and ``config``.

    The events are made of each action's own prebuilt mapping, so that what its fields require is there.
    """

    def test_names_begin_with_a_known_destination_type(self) -> None:
        """If this fails, rename the action, or name the plugin that owns the type in ``others``."""
        known = self._load_plugins().destinations
        unknown = [action.name for action in self._actions() if action.destination not in known]
        require(not unknown, f"no plugin offers the destination type of {', '.join(unknown)}")

    def test_prebuilt_triggers_can_be_read_and_can_match(self) -> None:
        """If this fails, the trigger is malformed or contradicts itself; the message says where."""
        for action in self._actions():
            if action.trigger is not None:
                warnings = compile_trigger(action.trigger).lint()
                require(not warnings, f"the trigger of {action.name}: {'; '.join(map(str, warnings))}")

    def test_prebuilt_mappings_can_be_compiled(self) -> None:
        """If this fails, a default mapping is malformed, or ``hashed`` names no normalizer."""
        for compiled, faults in self._compiled_actions():
            with faults.raise_first():
                require(
                    compiled.resolve({}) is not None, f"the mapping of {compiled.action.name} gives nothing"
                )

    def test_any_event_gives_an_item_or_an_event_error(self) -> None:
        """If this fails with an exception of the plugin, raise EventError there, or handle the event.

        If it fails with a message, the item isn't JSON, isn't the same for the same event, or the event is changed.
        """
        for compiled, faults in self._compiled_actions():
            for event in self._events(compiled.action):
                is_unchanged = change_check(event)
                built = self._build(compiled, faults, event)
                name = f"the item that {compiled.action.name} builds"
                if built is not None:
                    again = self._build(compiled, faults, event)
                    require(again is not None, f"{name} is refused when the event is repeated")
                    require(built == again, f"{name} is not the same when the event is repeated")
                require(is_unchanged(), f"{compiled.action.name} changes the event")

    def test_events_reach_build(self) -> None:
        """If this fails, no event had what the action needs: add one to ``event_examples``.

        Otherwise ``build`` would never have run, and the other tests would say nothing about it.
        """
        for compiled, faults in self._compiled_actions():
            events = list(self._events(compiled.action))
            reasons = [reason for event in events if (reason := self._refusal(compiled, faults, event))]
            if len(reasons) == len(events):
                likeliest = max(set(reasons), key=reasons.count)
                raise AssertionError(
                    f"{compiled.action.name} made no item of any of {len(events)} events,"
                    f" mostly because of: {likeliest}"
                )

    def test_items_fit_into_a_request(self) -> None:
        """If this fails, an event of ordinary size makes an item that is larger than the destination type allows."""
        for compiled, faults in self._compiled_actions():
            limit = self._destination(compiled.action.destination).max_bytes - _ENVELOPE_BYTES
            for event in self._events(compiled.action):
                built = self._build(compiled, faults, event)
                require(
                    built is None or len(built.body) <= limit,
                    f"{compiled.action.name} makes an item of more than {limit:,} bytes of a small event",
                )

    def test_items_are_built_quickly(self) -> None:
        """If this fails, ``build``, a normalizer or a directive is slow; the message has the ratio."""
        for compiled, faults in self._compiled_actions():
            for event in self._events(compiled.action):
                if self._build(compiled, faults, event) is not None:
                    name = f"building an item with {compiled.action.name}"
                    require_speed(self.slowest, name, partial(compiled.build, event))
                    break

    @classmethod
    def _actions(cls) -> list[Action]:
        return list(cls._own("capi_actions").values())

    @classmethod
    def _compiled_actions(cls) -> Sequence[tuple[CompiledAction, Faults]]:
        compiled, slow = cls._compiled_and_slow()
        require(not slow, slow)
        return compiled

    @classmethod
    @cache
    def _compiled_and_slow(cls) -> tuple[Sequence[tuple[CompiledAction, Faults]], str]:
        """Return the actions, each with its faults, and which of them are too slow to be tested."""
        plugins = cls._plugins()
        own = cls._own("capi_directives")
        compiled = []
        for action in cls._actions():
            if action.destination not in plugins.destinations:
                continue
            faults = Faults()
            profile = cls._destination(action.destination).profile
            plugins.directives = {
                name: faults.watch_directive(directive) if name in own else directive
                for name, directive in cls._load_plugins().directives.items()
            }
            hashers = faults.watch_hashers(plugins.normalizers(profile))
            watched = faults.watch_action(action)
            compiled.append((CompiledAction.compile(watched, action.mapping, plugins, hashers), faults))
        calls: dict[str, Callable[[], object]] = {
            f"building an item with {compiled_action.action.name}, with prepare() and check(),": partial(
                cls._build_or_refuse, compiled_action, faults, event
            )
            for compiled_action, faults in compiled
            for event in list(cls._events(compiled_action.action, 1 + cls._first_seed))[-1:]
        }
        return compiled, find_slow(calls)

    @classmethod
    def _events(cls, action: Action, count: int | None = None) -> Iterator[JsonObject]:
        sampler = Sampler(action)
        count = count or max(_MIN_EVENTS, _EVENTS // max(1, len(cls._actions())))
        yield from cls.event_examples
        for seed in range(count):
            yield sampler.event(seed)

    @classmethod
    def _build(cls, compiled: CompiledAction, faults: Faults, event: JsonObject) -> Built | None:
        """Return what an action makes of an event; None if the event is refused."""
        try:
            return cls._build_or_refuse(compiled, faults, event)
        except EventError:
            return None

    @classmethod
    def _refusal(cls, compiled: CompiledAction, faults: Faults, event: JsonObject) -> str:
        try:
            cls._build_or_refuse(compiled, faults, event)
        except EventError as error:
            return str(error)
        return ""

    @classmethod
    def _build_or_refuse(cls, compiled: CompiledAction, faults: Faults, event: JsonObject) -> Built:
        name = compiled.action.name
        with faults.raise_first():
            data, group = compiled.build(event)
        require(
            isinstance(data, dict), f"build of {name} must return a dict, but returned {type(data).__name__}"
        )
        require(
            not nested_in_itself(data), f"the item that {name} builds holds itself, or is nested too deeply"
        )
        destination = cls._destination(compiled.action.destination)
        prepared = destination.prepare(data, group, lambda: content_id(event))
        if fault := json_fault(data):
            raise AssertionError(f"the item that {name} builds is not JSON: {fault}")
        problems = tuple(destination.check(data, NOW))
        return Built(data=data, body=encode_item(data), prepared=prepared, problems=problems)


def built_items(suite: type[ActionTests], destination: Destination, count: int) -> Iterator[Built]:
    """Yield items for a destination, built by the suite's actions."""
    for compiled, faults in suite._compiled_actions():
        if compiled.action.destination == destination.name:
            for event in suite._events(compiled.action, count):
                built = suite._build(compiled, faults, event)
                if built is not None:
                    yield built
