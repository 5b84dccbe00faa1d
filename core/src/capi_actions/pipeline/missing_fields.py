"""Where in an event a mapping looks for a required field, for the message that it is missing."""

import re
from collections.abc import Iterator

from attrs import evolve

from capi_actions.errors import EventError, Problem
from capi_actions.mapping.paths import parse_path, without_root
from capi_actions.model import Json, JsonObject

_MISSING = re.compile(r"is missing the required field '(?P<key>[^']+)'\.\Z")
_MAX_PATHS = 4  # in a message

# Directives that pass on what stands in the event, at the path that they name.  All others have paths into something
# else, or make a value of several.
_TRANSPARENT = frozenset({"@path", "@if", "@case", "@replace", "@json", "@excludeWhenNull"})


def with_expected_paths(error: EventError, mapping: JsonObject) -> EventError:
    """Return an error whose sentences about missing fields name the paths that the mapping takes them from."""
    return EventError(_with_paths(problem, mapping) for problem in error.problems)


def _with_paths(problem: Problem, mapping: JsonObject) -> Problem:
    missing = _MISSING.search(problem.message)
    if missing is None:
        return problem
    value: Json = mapping
    for key in (*(key for key, _ in parse_path(problem.path.removeprefix("$"))), missing["key"]):
        value = value.get(key) if isinstance(value, dict) else None
    paths = list(dict.fromkeys(_paths(value)))
    if not paths or len(paths) > _MAX_PATHS:
        return problem
    *others, last = paths
    shown = f"{', '.join(others)} or {last}" if others else last
    return evolve(problem, message=f"{problem.message[:-1]}; the mapping takes it from {shown}.")


def _paths(value: Json) -> Iterator[str]:
    """Yield the paths that a mapping's value is taken from; none if it is made in another way."""
    if not isinstance(value, dict) or not value.keys() <= _TRANSPARENT:
        return
    for name, argument in value.items():
        if name == "@path":
            if isinstance(argument, str):
                yield f"$.{without_root(argument)}"
            continue
        for member in argument.values() if isinstance(argument, dict) else ():
            yield from _paths(member)
