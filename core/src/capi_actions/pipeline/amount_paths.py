"""Where in an event a refused amount stands, for the message about it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import evolve

from capi_actions.errors import EventError, Problem, json_path
from capi_actions.mapping.paths import look_up, parse_path
from capi_actions.model import Field, JsonObject

_AMOUNTS = frozenset({"number", "integer"})
_MAX_VALUES = 10_000  # of an event that are looked at

Keys = tuple[str | int, ...]


def with_sources(
    error: EventError, fields: Mapping[str, Field], mapping: Callable[[JsonObject], Any], event: JsonObject
) -> EventError:
    """Return an error whose sentences about amounts name the event's path that the amount came from.

    A mapping passes on the event's own objects, so a value is recognized by its identity, whichever directives it
    went through.  A text that a template made is nowhere in the event, and one of a single character may be
    shared: then no path is named.

    :param mapping: gives what the fields refused.
    """
    problems = error.problems
    if not any(_is_amount(problem, fields) for problem in problems):
        return error
    try:
        values = mapping(event)
    except EventError:
        return error
    sources = _sources(event)
    return EventError(
        _with_source(
            problem, sources.get(id(look_up(values, parse_path(problem.path.removeprefix("$.")))), ())
        )
        if _is_amount(problem, fields)
        else problem
        for problem in problems
    )


def _is_amount(problem: Problem, fields: Mapping[str, Field]) -> bool:
    known: Mapping[str, Field] | None = fields
    field = None
    for key, index in parse_path(problem.path.removeprefix("$.")):
        if index is None:
            field = (known or {}).get(key)
            known = field.properties if field else None
    return field is not None and field.type in _AMOUNTS


def _with_source(problem: Problem, paths: tuple[Keys, ...]) -> Problem:
    if len(paths) != 1 or not problem.message.endswith("."):
        return problem
    return evolve(problem, message=f"{problem.message[:-1]}; it came from {json_path(paths[0])}.")


def _sources(event: JsonObject) -> dict[int, tuple[Keys, ...]]:
    """Return the locations of an event's texts, floats, objects and lists, by their identity."""
    sources: dict[int, tuple[Keys, ...]] = {}
    for count, (keys, value) in enumerate(_walk(event)):
        if count == _MAX_VALUES:
            break
        if type(value) in (str, float, dict, list):
            sources[id(value)] = (*sources.get(id(value), ())[:1], keys)  # two show that it is shared
    return sources


def _walk(event: JsonObject) -> Iterator[tuple[Keys, Any]]:
    pending: list[tuple[Keys, Any]] = [((), event)]
    while pending:
        keys, value = pending.pop()
        yield keys, value
        if isinstance(value, dict):
            pending.extend(((*keys, key), member) for key, member in value.items())
        elif isinstance(value, list):
            pending.extend(((*keys, index), item) for index, item in enumerate(value))
