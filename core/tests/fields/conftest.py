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
    """Return whether a line of a vector file has the reference's payload, or its paths and sentences."""
    return lambda line: alike(expected(line), outcome(line["fields"], line["payload"]))


@pytest.fixture(scope="session")
def answers() -> Callable[[dict[str, Any]], tuple[Any, Any]]:
    """Return what the reference and this engine make of a line of a vector file, in one shape."""
    return lambda line: (expected(line), outcome(line["fields"], line["payload"]))


def outcome(definition: dict[str, Any], payload: Any) -> Any:
    """Return the clean payload, or paths and sentences of what is wrong."""
    try:
        return compile_fields(read_fields(definition))(payload)
    except (ConfigError, EventError) as error:
        return [(problem.path, problem.message) for problem in error.problems]


def expected(line: dict[str, Any]) -> Any:
    """Return what the reference makes of a line, in the same shape."""
    if "expect" in line:
        return line["expect"]
    errors = line["error"].get("errors", ())
    return [(error["path"], error["message"]) for error in errors if NOISE not in error["message"]]


def alike(left: Any, right: Any) -> bool:
    """Compare as JSON does: true is not 1, but 5.0 is 5."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


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
    """Return the whole error for one value of one field ``a`` with the label A."""

    def refuse(value: Any, **attributes: Any) -> str:
        with pytest.raises(EventError) as caught:
            compiled(a={"label": "A", **attributes})({"a": value})
        return str(caught.value)

    return refuse


@pytest.fixture(scope="session")
def misdefined() -> Callable[[Any], list[str]]:
    """Return the problems of definitions that are invalid."""

    def find(definition: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read_fields(definition)
        return [str(problem) for problem in caught.value.problems]

    return find
