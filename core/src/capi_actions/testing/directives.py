"""Tests of the mapping directives that a plugin offers."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

from attrs import frozen

from capi_actions.codec import copy_json
from capi_actions.errors import ConfigError, EventError, Problem
from capi_actions.mapping import CompiledMapping, compile_mapping
from capi_actions.model import MISSING, Json, JsonObject
from capi_actions.testing.base import (
    Faults,
    PluginTests,
    change_check,
    find_slow,
    json_fault,
    require,
    require_speed,
)
from capi_actions.testing.samples import ODD_VALUES, typical_event

DirectiveExample = tuple[Json, JsonObject, Json]
"""A directive's value, an event, and what the directive makes of it."""

_PATHS = ("$.properties.order_id", "$.context.traits.phone", "$.properties.products", "$.nothing")
_VALUES: Sequence[Json] = (
    *ODD_VALUES,
    *({"@path": path} for path in _PATHS),
    *({"value": {"@path": path}} for path in _PATHS),
    *_PATHS,
    [{"@path": _PATHS[0]}, "text"],
    {"@path": 5},
    {"value": {"@path": []}},
)


_MOST_CHARACTERS = 1_000_000


class DirectiveTests(PluginTests):
    """Tests of every directive of a plugin: subclass, and set ``plugin``, and examples.

    :cvar directive_examples: examples of each directive, by its name with the at sign.  A directive that takes none of
        some forty common values needs one.
    """

    directive_examples: Mapping[str, Sequence[DirectiveExample]] = {}

    def test_directives_make_of_the_examples_what_they_should(self) -> None:
        """If this fails, a directive and one of your examples differ."""
        for name, examples in self.directive_examples.items():
            for value, event, expected in examples:
                compiled, faults = self._compile(name, value)
                with faults.raise_first():
                    actual = compiled(event).get("x", MISSING)
                require(
                    actual == expected and type(actual) is type(expected),
                    f"{name} with {value!r} should make {expected!r} of the example, but makes {actual!r}",
                )

    def test_any_value_of_a_directive_is_taken_or_refused(self) -> None:
        """If this fails, ``compile`` raises on a value: report it with ``compiler.problem``.

        If no value at all is taken, add one to ``directive_examples``: otherwise nothing else can be tested.
        """
        for name in self._own("capi_directives"):
            require(
                any(self._accepted_values(name)),
                f"{name} takes none of the common values: add it to directive_examples",
            )

    def test_any_event_gives_json_or_nothing(self) -> None:
        """If this fails, a resolver raises, changes the event, differs for one event, or returns what isn't JSON.

        It may return MISSING, and raise EventError.
        """
        for name in self._own("capi_directives"):
            for value, compiled, faults in self._accepted_values(name):
                for event in self._payloads(name):
                    is_unchanged = change_check(event)
                    first, second = (_result(compiled, faults, event) for _ in range(2))
                    case = f"{name} with the value {value!r}"
                    require(is_unchanged(), f"{case} changes the event that it reads")
                    require(
                        not isinstance(first, str) or len(first) <= _MOST_CHARACTERS,
                        f"{case} makes a text of more than {_MOST_CHARACTERS:,} characters of a small event",
                    )
                    if first is not MISSING and not isinstance(first, _Refused):
                        fault = json_fault(first)
                        require(fault is None, f"{case} returns what is not JSON: {fault}")
                    require(first == second, f"{case} is not the same when the event is repeated")

    def test_directives_are_quick(self) -> None:
        """If this fails, a resolver does for each event what ``compile`` could do once; the message has the ratio."""
        for name in self._own("capi_directives"):
            for value, compiled, _ in self._accepted_values(name):
                event = next(self._payloads(name))
                require_speed(self.slowest, f"{name} with the value {value!r}", partial(compiled, event))
                break

    @classmethod
    def _compile(cls, name: str, value: Json) -> tuple[CompiledMapping, Faults]:
        faults = Faults()
        directives = dict(cls._load_plugins().directives)
        require(name in directives, f"directive_examples names {name}, which no plugin offers")
        directives[name] = faults.watch_directive(directives[name])
        return compile_mapping({"x": {name: copy_json(value)}}, directives), faults

    @classmethod
    @cache
    def _accepted_values(cls, name: str) -> Sequence[tuple[Json, CompiledMapping, Faults]]:
        """Return the values that a directive takes, each with what it is compiled to."""
        examples = [value for value, _, _ in cls.directive_examples.get(name, ())]
        accepted = []
        for value in (*examples, *_VALUES):
            try:
                accepted.append((value, *cls._compile(name, value)))
            except ConfigError as error:
                # A ConfigError of the compiler names what is wrong; one that stands for a fault has it as its cause.
                require(value not in examples, f"{name} refuses the value of an example: {error}")
        if accepted:
            slow = find_slow({name: partial(accepted[0][1], typical_event(cls._first_seed))})
            require(not slow, slow)
        return accepted

    @classmethod
    def _payloads(cls, name: str) -> Iterator[JsonObject]:
        for _, event, _ in cls.directive_examples.get(name, ()):
            yield event
        yield from cls.event_examples
        for seed in range(4):
            yield typical_event(seed)
        for odd in ODD_VALUES:
            yield {"properties": odd, "traits": odd, "context": {"traits": odd, "page": odd}, "type": odd}
            yield {"properties": {"order_id": odd, "products": odd}, "context": {"traits": {"phone": odd}}}
        yield {}


def _result(compiled: CompiledMapping, faults: Faults, event: JsonObject) -> object:
    try:
        with faults.raise_first():
            return compiled(event).get("x", MISSING)
    except EventError as error:
        return _Refused(error.problems)


@frozen
class _Refused:
    """Why a directive refused an event."""

    problems: tuple[Problem, ...]
