"""Short ways to resolve a mapping and to see what is wrong with one."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from capi_actions.errors import EventError, MappingError
from capi_actions.mapping import BUILTIN, compile_mapping
from capi_actions.model import MISSING, Directive


def outcome(line: Mapping[str, Any]) -> Any:
    """Return a line's result, or the messages of its error as a tuple."""
    try:
        result = compile_mapping(line["mapping"])(line.get("payload", {}))
    except (MappingError, EventError) as error:
        return tuple(problem.message for problem in error.problems)
    return None if result is MISSING else result


def expected(line: Mapping[str, Any]) -> Any:
    """Return what the reference makes of a line, in the same shape."""
    if "error" not in line:
        return line["expect"]
    return tuple(error["message"] for error in line["error"].get("errors", [line["error"]]))


@pytest.fixture(scope="session")
def compare() -> Callable[[Mapping[str, Any]], tuple[Any, Any]]:
    """Return what the reference makes of a vector's line, and what we make of it."""
    return lambda line: (distinct(expected(line)), distinct(outcome(line)))


def distinct(value: Any) -> Any:
    """Make true differ from 1, which Python's ``==`` doesn't."""
    if isinstance(value, dict):
        return {key: distinct(member) for key, member in value.items()}
    if isinstance(value, list):
        return [distinct(item) for item in value]
    return f"{value!r} as boolean" if isinstance(value, bool) else value


Resolve = Callable[..., Any]


@pytest.fixture(scope="session")
def resolve() -> Resolve:
    """Compile a mapping and resolve it with a payload."""
    return lambda mapping, payload=(), directives=BUILTIN: compile_mapping(mapping, directives)(dict(payload))


@pytest.fixture(scope="session")
def problems() -> Callable[..., list[tuple[str, str]]]:
    """Return place and message of everything that is wrong with a mapping."""

    def find(mapping: Any, directives: Mapping[str, Directive] = BUILTIN) -> list[tuple[str, str]]:
        with pytest.raises(MappingError) as caught:
            compile_mapping(mapping, directives)
        return [(problem.path, problem.message) for problem in caught.value.problems]

    return find


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Return the whole error of an event that a fine mapping can't be resolved with."""

    def refuse(mapping: Any, payload: Any, directives: Mapping[str, Directive] = BUILTIN) -> str:
        compiled = compile_mapping(mapping, directives)
        with pytest.raises(EventError) as caught:
            compiled(payload)
        return str(caught.value)

    return refuse


@pytest.fixture(scope="session")
def render(resolve: Resolve) -> Callable[..., Any]:
    """Render a Liquid template with variables."""
    return lambda template, **payload: resolve({"@liquid": template}, payload)
