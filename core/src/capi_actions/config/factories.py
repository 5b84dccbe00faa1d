"""Read the tables ``[outbox]`` and ``[transport]``: a type, and the options that its factory takes."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from capi_actions.config.words import describe, instead
from capi_actions.errors import Problem
from capi_actions.model import OutboxFactory, TransportFactory
from capi_actions.text import did_you_mean

DEFAULT_TYPES: Mapping[str, Mapping[str, Any]] = {
    "outbox": {"type": "sqlite", "path": "capi-outbox.sqlite3"},
    "transport": {"type": "urllib3"},
}
"""What counts when a table doesn't say otherwise."""

_LARGEST = 2**53  # seconds, bytes, counts: nothing sensible is larger, and Python's own limits vary
_VARIADIC = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)

Factories = Mapping[str, OutboxFactory] | Mapping[str, TransportFactory]


def read_choice(
    data: Mapping[str, Any], key: str, known: Factories, problems: list[Problem]
) -> Mapping[str, Any]:
    """Read a table, without opening anything.

    :param known: what the plugins offer, by name.
    :param problems: takes up all that is wrong.
    :returns: ``type`` and options.
    """
    table, default = data.get(key, {}), DEFAULT_TYPES[key]
    if not isinstance(table, dict):
        problems.append(Problem(f"should be a table, but it is {describe(table)}", f"$.{key}"))
        return default
    kind = table.get("type", default["type"])
    chosen = {**default, **table} if kind == default["type"] else table
    factory = known.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str):
        problems.append(Problem(f"should be text in quotes, but it is {describe(kind)}", f"$.{key}.type"))
    elif factory is None:
        problems.append(Problem(f"no plugin offers {kind!r}{did_you_mean(kind, known)}", f"$.{key}.type"))
    else:
        problems += _wrong_options(chosen, factory, f"$.{key}")
    return chosen


def _wrong_options(
    chosen: Mapping[str, Any], factory: OutboxFactory | TransportFactory, path: str
) -> Iterator[Problem]:
    """Compare options with the parameters of the factory."""
    try:
        parameters = inspect.signature(factory.make, eval_str=True).parameters
    except (NameError, TypeError, ValueError):  # it has none that can be read
        return
    named = {name: each for name, each in parameters.items() if each.kind not in _VARIADIC}
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    for key, value in chosen.items():
        if key in named:
            if wanted := instead(value, named[key].annotation):
                yield Problem(f"should be {wanted}, but it is {describe(value)}", f"{path}.{key}")
            elif isinstance(value, int | float) and not -_LARGEST < value < _LARGEST:
                yield Problem("should be a number of a sensible size", f"{path}.{key}")
        elif key != "type" and not takes_any:
            yield Problem(f"{key!r} isn't known here{did_you_mean(key, list(named))}", path)
    for name, each in named.items():
        if each.default is inspect.Parameter.empty and name not in chosen:
            yield Problem("is missing", f"{path}.{name}")
