"""Bounds of numbers: every one that a file may hold is checked before anything runs."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin

import attrs
import pytest

from capi_actions import Plugins
from capi_actions.bounds import Between
from capi_actions.config import read_config
from capi_actions.config.model import DeliveryConfig
from capi_actions.config.structure import structure_option
from capi_actions.delivery import Options
from capi_actions.errors import Diagnostics

Toml = Callable[[dict[str, Any]], str]

BOUNDS = {
    ("outbox", "busy_seconds"): "from 0 to 600",
    ("transport", "connections"): "from 1 to 10,000",
    ("transport", "max_answer_bytes"): "from 1,000 to 1,000,000,000",
    ("transport", "max_seconds"): "from 0.1 to 30",
    ("delivery", "workers"): "from 1 to 1,000",
    ("delivery", "keep_dead_days"): "from 1 to 36,500",
}
WRONG = [-1, -0.5, float("nan"), float("inf"), float("-inf"), 1e308, 10**400, True, "10", [1], {"a": 1}]


def problems(plugins: Plugins, toml: Toml, tables: dict[str, Any]) -> dict[str, str]:
    """Read a configuration with these tables; return its errors by path, without those of the destination."""
    destination = {"main": {"type": "acme", "account": "a", "token": "t"}}
    config = read_config(toml({"destinations": destination, **tables}), plugins, strict=False)
    return {problem.path: problem.message for problem in config.errors}


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_no_setting_takes_a_number_out_of_its_bounds(plugins: Plugins, toml: Toml, value: object) -> None:
    """Waiting for -1 seconds, or with 0 connections, is noticed only when nothing is delivered."""
    tables: dict[str, dict[str, Any]] = {}
    for table, key in BOUNDS:
        tables.setdefault(table, {})[key] = value

    errors = problems(plugins, toml, tables)

    assert {f"$.{table}.{key}" for table, key in BOUNDS} == set(errors)
    for (table, key), bounds in BOUNDS.items():
        message = errors[f"$.{table}.{key}"]
        assert message == f"should be {bounds}" or ", but it is " in message


@pytest.mark.parametrize(("place", "bounds"), BOUNDS.items(), ids=str)
def test_the_bounds_themselves_are_allowed(
    plugins: Plugins, toml: Toml, place: tuple[str, str], bounds: str
) -> None:
    """And what is beyond them by little isn't."""
    table, key = place
    low, high = (float(number.replace(",", "")) for number in bounds.removeprefix("from ").split(" to "))
    is_whole = key not in ("busy_seconds", "max_seconds")
    for value in (low, high):
        assert problems(plugins, toml, {table: {key: int(value) if is_whole else value}}) == {}
    for value in (low - 1, high + 1):
        number = int(value) if is_whole else value
        assert problems(plugins, toml, {table: {key: number}}) == {f"$.{table}.{key}": f"should be {bounds}"}


def numbers(plugins: Plugins) -> Iterator[tuple[str, bool]]:
    """Yield each number that the core's own tables take, and whether it has bounds."""
    import inspect

    for kind, factory in (
        ("outbox", plugins.outboxes["sqlite"]),
        ("transport", plugins.transports["urllib3"]),
    ):
        for parameter in inspect.signature(factory.make, eval_str=True).parameters.values():
            annotation = parameter.annotation
            plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
            if plain in (int, float):
                yield (
                    f"{kind}.{parameter.name}",
                    any(isinstance(item, Between) for item in get_args(annotation)),
                )
    for attribute in attrs.fields(attrs.resolve_types(DeliveryConfig)):
        if attribute.type in (int, float):
            yield f"delivery.{attribute.name}", isinstance(attribute.validator, Between)


def test_every_number_has_bounds(plugins: Plugins) -> None:
    """A new setting without them would be missed by the tables above."""
    assert {".".join(place): True for place in BOUNDS} == dict(numbers(plugins))


def test_a_request_takes_half_a_lease_at_most() -> None:
    """When a lease ends during a request, another process sends the same items again."""
    from inspect import signature

    from capi_actions.builtin.transport import open_transport

    (bounds,) = get_args(signature(open_transport).parameters["max_seconds"].annotation)[1:]

    assert bounds.high <= Options().lease / 2


def test_a_plugin_s_option_without_bounds_takes_any_sensible_number() -> None:
    """Python's own limits vary, so that a number beyond all measure would fail somewhere else."""
    diagnostics = Diagnostics()

    assert structure_option(-5, int, diagnostics) == -5
    assert not diagnostics.errors
    structure_option(10**400, int, diagnostics.under("$.size"))
    assert ["$.size"] == [problem.path for problem in diagnostics.errors]
