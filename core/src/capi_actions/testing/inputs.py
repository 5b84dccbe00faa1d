"""Tests of the input formats that a plugin offers."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from capi_actions.codec import EVENT_TYPES, copy_json
from capi_actions.errors import EventError
from capi_actions.model import InputFormat, Json, JsonObject
from capi_actions.testing.base import PluginTests, change_check, find_slow, json_fault, require, require_speed
from capi_actions.testing.samples import ODD_VALUES

_MOST_EVENTS = 10_000
"""Of one object."""


class InputFormatTests(PluginTests):
    """Tests of every input format of a plugin: subclass, and set ``plugin`` and examples.

    :cvar input_examples: objects that a format makes events of, by its name: real ones, one at least.
    """

    input_examples: Mapping[str, Sequence[JsonObject]] = {}

    def test_the_examples_make_events_with_ids(self) -> None:
        """If this fails, there is no example, or it makes no event, or one without type or ``messageId``."""
        for name, offered in self._own("capi_inputs").items():
            events = [
                event for example in self._examples(name) for event in _events(name, offered, example) or ()
            ]
            require(events, f"the format {name} made no event: add an object to input_examples[{name!r}]")
            for event in events:
                require(
                    event.get("type") in EVENT_TYPES, f"the format {name} makes an event of no known type"
                )
                message_id = event.get("messageId")
                require(
                    isinstance(message_id, str) and message_id,
                    f"the format {name} makes an event without messageId: a repeated object would be counted twice",
                )

    def test_any_object_makes_events_or_is_refused(self) -> None:
        """If this fails, a format raises, returns no list of JSON events, differs for one object, or changes it."""
        for name, offered in self._own("capi_inputs").items():
            for example in self._examples(name)[:1]:
                slow = find_slow({f"the format {name}": partial(_events, name, offered, example)})
                require(not slow, slow)
            for example in self._objects(name):
                is_unchanged = change_check(example)
                first, second = _events(name, offered, example), _events(name, offered, example)
                require(first == second, f"the format {name} makes other events when the object is repeated")
                require(is_unchanged(), f"the format {name} changes the object that it reads")

    def test_formats_are_quick(self) -> None:
        """If this fails, a format does for each object what it could do once; the message has the ratio."""
        for name, offered in self._own("capi_inputs").items():
            for example in self._examples(name)[:1]:
                require_speed(self.slowest, f"the format {name}", partial(_events, name, offered, example))

    @classmethod
    def _examples(cls, name: str) -> Sequence[JsonObject]:
        return cls.input_examples.get(name, ())

    @classmethod
    def _objects(cls, name: str) -> Iterator[JsonObject]:
        """Yield the examples, each also with one value missing or replaced by an odd one, and nonsense."""
        for example in cls._examples(name):
            yield example
            for number, path in enumerate(_paths(example)):
                for odd in (
                    None,
                    ODD_VALUES[number % len(ODD_VALUES)],
                    ODD_VALUES[(number * 7) % len(ODD_VALUES)],
                ):
                    yield _replace(example, path, odd)
        for odd in ODD_VALUES:
            yield {"id": odd, "type": odd, "data": odd, "object": {"id": odd}}
        yield {}


Path = tuple[str | int, ...]


def _paths(value: Json, before: Path = ()) -> Iterator[Path]:
    items: Sequence[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value[:2]))
    for key, nested in items:
        yield (*before, key)
        yield from _paths(nested, (*before, key))


def _replace(example: JsonObject, path: Path, value: Json) -> JsonObject:
    changed = copy_json(example)
    container = changed
    for step in path[:-1]:
        container = container[step]
    container[path[-1]] = copy_json(value)
    return changed  # type: ignore[no-any-return]  # a copy of an object is one


def _events(name: str, offered: InputFormat, example: JsonObject) -> list[JsonObject] | None:
    try:
        events = list(islice(offered.convert(example), _MOST_EVENTS))
    except EventError:
        return None
    require(
        len(events) < _MOST_EVENTS,
        f"the format {name} makes more than {_MOST_EVENTS:,} events of one object",
    )
    for event in events:
        require(
            isinstance(event, dict),
            f"the format {name} must return events, but one is {type(event).__name__}",
        )
        fault = json_fault(event)
        require(fault is None, f"the format {name} makes an event that is not JSON: {fault}")
    return events
