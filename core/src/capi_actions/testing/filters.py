"""Tests of the event filters that a plugin offers."""

from collections.abc import Iterator
from functools import cache, partial

from capi_actions.codec import copy_json
from capi_actions.model import ConsentSettings, DestinationInfo, EventFilter, EventFunction, Held, JsonObject
from capi_actions.testing.base import PluginTests, find_slow, json_fault, require, require_speed
from capi_actions.testing.samples import ODD_VALUES, typical_event

_DESTINATIONS = (
    DestinationInfo(name="shop", type="acme"),
    DestinationInfo(name="ads", type="other", consent=ConsentSettings(consent_categories=("advertising",))),
)


class EventFilterTests(PluginTests):
    """Tests of every event filter of a plugin: subclass, and set ``plugin``."""

    def test_any_event_goes_on_or_is_held_with_a_reason(self) -> None:
        """If this fails, a filter raises, returns something else than an event or Held, or differs for one event."""
        for name, function in self._functions():
            for event in self._filter_events():
                first: object = function(copy_json(event))
                second: object = function(copy_json(event))
                require(first == second, f"{name} is not the same when the event is repeated")
                if not isinstance(first, Held):
                    require(
                        isinstance(first, dict),
                        f"{name} must return an event or Held, but returned {first!r:.60}",
                    )
                    fault = json_fault(first)
                    require(fault is None, f"{name} returns what is not JSON: {fault}")

    def test_an_ordinary_event_keeps_its_type_and_id(self) -> None:
        """If this fails, an event that the filter passes on is another one afterwards: repeats wouldn't be noticed."""
        for name, function in self._functions():
            for seed in range(4):
                event = typical_event(seed)
                result = function(copy_json(event))
                if not isinstance(result, Held):
                    changed = [key for key in ("type", "messageId") if result.get(key) != event[key]]
                    require(not changed, f"{name} changes an event's {' and '.join(changed)}")

    def test_reasons_are_the_same_for_all_events(self) -> None:
        """If this fails, a reason quotes the event: it is counted, printed and logged."""
        for name, function in self._functions():
            results = [function(copy_json(event)) for event in self._filter_events()]
            reasons = {result.reason for result in results if isinstance(result, Held)}
            require(
                len(reasons) <= 10,
                f"{name} gives {len(reasons)} different reasons: they must not quote the event",
            )

    def test_filters_are_quick(self) -> None:
        """If this fails, a filter does for each event what it could do once; the message has the ratio."""
        for name, function in self._functions():
            require_speed(self.slowest, name, partial(function, typical_event(1)))

    @classmethod
    def _functions(cls) -> Iterator[tuple[str, EventFunction]]:
        slow = cls._slow_functions()
        require(not slow, slow)
        yield from cls._all_functions()

    @classmethod
    @cache
    def _slow_functions(cls) -> str:
        return find_slow(
            {
                name: partial(function, typical_event(cls._first_seed))
                for name, function in cls._all_functions()
            }
        )

    @classmethod
    def _all_functions(cls) -> Iterator[tuple[str, EventFunction]]:
        event_filter: EventFilter
        for name, event_filter in cls._own("capi_events").items():
            if event_filter.apply is not None:
                yield f"the filter {name}", event_filter.apply
                continue
            assert event_filter.apply_for is not None
            for destination in _DESTINATIONS:
                function: object = event_filter.apply_for(destination)
                if function is None:
                    continue
                require(callable(function), f"apply_for of the filter {name} must return a function or None")
                yield f"the filter {name} for {destination.name}", function  # type: ignore[misc]  # callable

    @classmethod
    def _filter_events(cls) -> Iterator[JsonObject]:
        yield from cls.event_examples
        for seed in range(8):
            yield typical_event(seed)
        for odd in ODD_VALUES:
            yield {
                "type": "track",
                "event": odd,
                "context": odd,
                "properties": odd,
                "userId": odd,
                "integrations": odd,
            }
            yield {
                "type": "page",
                "context": {"consent": odd, "page": odd, "ip": odd, "userAgent": odd},
                "traits": odd,
            }
        yield {"type": "identify"}
