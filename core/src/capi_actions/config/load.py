"""Read ``capi.toml``."""

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from capi_actions.config.destinations import read_destination
from capi_actions.config.lint import certificate_problems, doubts
from capi_actions.config.model import Config, DeliveryConfig, DestinationConfig, DestinationDraft
from capi_actions.config.structure import describe, instead, structure
from capi_actions.errors import ConfigError, Problem
from capi_actions.model import OutboxFactory, TransportFactory
from capi_actions.plugins import Plugins
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


_TABLES = ["destinations", "outbox", "transport", "delivery"]


def load_config(path: Path, plugins: Plugins, *, need_secrets: bool = True, strict: bool = True) -> Config:
    """Read a configuration file.

    :param need_secrets: False lets environment variables be unset, for work that sends nothing.
    :param strict: False gives what could be made of it, with its ``problems``.
    :raises ConfigError: with every problem in it, each with its path; also without ``strict`` when it
        can't be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError.of(f"there is no file {path}; `capi init` writes one", "") from None
    except OSError as error:
        raise ConfigError.of(f"{path} can't be read: {error.strerror}", "") from error
    except ValueError:
        raise ConfigError.of(f"{path} is not UTF-8 text", "") from None
    data = _parsed(text, str(path))
    return _read(data, plugins, path.parent, need_secrets=need_secrets, strict=strict)


def read_config(
    text: str, plugins: Plugins, folder: Path = Path(), *, need_secrets: bool = True, strict: bool = True
) -> Config:
    """Read a configuration given as TOML text.

    :param folder: where relative paths in it start.

    The rest as for :func:`load_config`.
    """
    data = _parsed(text, "the configuration")
    return _read(data, plugins, folder, need_secrets=need_secrets, strict=strict)


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"is not valid TOML: {error}"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError:  # Python reads no number of over 4,300 digits
        problem = "holds a number that is too long"
    raise ConfigError.of(f"{name} {problem}", "")


def _read(
    data: Mapping[str, Any], plugins: Plugins, folder: Path, *, need_secrets: bool, strict: bool
) -> Config:
    problems: list[Problem] = [
        Problem(f"{key!r} isn't known here{did_you_mean(key, _TABLES)}", "$")
        for key in data
        if key not in _TABLES
    ]
    read = list(_destinations(data.get("destinations"), plugins, problems, need_secrets))
    destinations = [each for each in read if isinstance(each, DestinationConfig)]
    config = Config(
        destinations=destinations,
        drafts=[each for each in read if not isinstance(each, DestinationConfig)],
        outbox=read_choice(data, "outbox", plugins.outboxes, problems),
        transport=read_choice(data, "transport", plugins.transports, problems),
        delivery=_delivery(data.get("delivery", {}), problems),
        folder=folder,
        warnings=tuple(doubts(destinations)),
    )
    if need_secrets:  # what sends nothing does without certificates, too
        problems += certificate_problems(config.transport, folder)
    if problems and strict:
        raise ConfigError(problems)
    return evolve(config, problems=tuple(problems))


def _destinations(
    table: Any, plugins: Plugins, problems: list[Problem], need_secrets: bool
) -> Iterator[DestinationDraft]:
    if not isinstance(table, dict) or not table:
        found = "there is none" if not table else f"it is {describe(table)}"
        problems.append(Problem(f"should be tables, one for each destination, but {found}", "$.destinations"))
        return
    for name, settings in table.items():
        draft = read_destination(name, settings, plugins, problems, need_secrets=need_secrets)
        if draft is not None:
            yield draft


def _delivery(table: Any, problems: list[Problem]) -> DeliveryConfig:
    try:
        return structure(table, DeliveryConfig, "$.delivery")
    except ConfigError as error:
        problems += error.problems
        return DeliveryConfig()
