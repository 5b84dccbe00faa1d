"""The short way from JSON definitions to a check."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import CheckFields, compile_fields, read_fields

NOISE = 'must match "then" schema.'
"""The reference says this beside each field that a condition makes required; it helps nobody."""


@pytest.fixture(scope="session")
def agrees() -> Callable[[dict[str, Any]], bool]:
    """Say whether a line of a vector file has the reference's payload, or its paths and sentences."""
    return lambda line: alike(expected(line), outcome(line["fields"], line["payload"]))


def outcome(definition: dict[str, Any], payload: Any) -> Any:
    """Give the clean payload, or paths and sentences of what is wrong."""
    try:
        return compile_fields(read_fields(definition))(payload)
    except (ConfigError, EventError) as error:
        return [(problem.path, problem.message) for problem in error.problems]


def expected(line: dict[str, Any]) -> Any:
    """Give what the reference makes of a line, in the same shape."""
    if "expect" in line:
        return line["expect"]
    errors = line["error"].get("errors", ())
    return [(error["path"], error["message"]) for error in errors if NOISE not in error["message"]]


def alike(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1, but 5.0 is 5."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@pytest.fixture(scope="session")
def compiled() -> Callable[..., CheckFields]:
    """Compile fields that are written as the reference writes them: ``compiled(price={"type": …})``."""
    return lambda **fields: compile_fields(read_fields(fields))


@pytest.fixture(scope="session")
def clean(compiled: Callable[..., CheckFields]) -> Callable[..., Any]:
    """Check one value of one field ``a`` and give what becomes of it: ``clean(5, type="string")``.

    ``"absent"`` stands for a value that is left out.
    """
    return lambda value, **attributes: compiled(a=attributes)({"a": value}).get("a", "absent")


@pytest.fixture(scope="session")
def refusal(compiled: Callable[..., CheckFields]) -> Callable[..., str]:
    """Give the whole error for one value of one field ``a`` with the label A."""

    def refuse(value: Any, **attributes: Any) -> str:
        with pytest.raises(EventError) as caught:
            compiled(a={"label": "A", **attributes})({"a": value})
        return str(caught.value)

    return refuse


@pytest.fixture(scope="session")
def misdefined() -> Callable[[Any], list[str]]:
    """Give the problems of definitions that can't be meant, read and compiled."""

    def find(definition: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read_fields(definition)
        return [str(problem) for problem in caught.value.problems]

    return find
