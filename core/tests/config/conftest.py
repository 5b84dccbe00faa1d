"""TOML for values, as the standard library only reads it."""

import json
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest


def write(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {write(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(write, value)) + "]"
        case bool() | str():
            return json.dumps(value)
        case date() | time():
            return value.isoformat()
    return str(value)


@pytest.fixture(scope="session")
def toml() -> Callable[[dict[str, Any]], str]:
    """Write a table as TOML, each of its values on one line."""
    return lambda table: "\n".join(f"{json.dumps(key)} = {write(value)}" for key, value in table.items())
