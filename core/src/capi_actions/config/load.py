"""Read ``capi.toml``."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import fields

from capi_actions.config.model import Config, DeliveryConfig, DestinationConfig, MappingConfig
from capi_actions.config.structure import describe, did_you_mean, structure
from capi_actions.errors import ConfigError, Problem
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret

_TABLES = ["destinations", "outbox", "transport", "delivery"]


def load_config(path: Path, plugins: Plugins, *, need_secrets: bool = True) -> Config:
    """Read a configuration file.

    :param need_secrets: False lets environment variables be unset, for work that sends nothing.

    :raises ConfigError: with every problem in it, each with its path.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError.of(f"there is no file {path.name}; `capi init` writes one", "") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.of(f"{path.name} can't be read: {error}", "") from error
    return read_config(text, plugins, path.parent, need_secrets=need_secrets)


def read_config(text: str, plugins: Plugins, folder: Path = Path(), *, need_secrets: bool = True) -> Config:
    """Read a configuration given as TOML text.

    :param folder: where relative paths in it start.

    :raises ConfigError: with every problem in it, each with its path.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError.of(f"is not valid TOML: {error}", "") from None
    problems: list[Problem] = [
        Problem(f"{key!r} isn't known here{did_you_mean(key, _TABLES)}", "$")
        for key in data
        if key not in _TABLES
    ]
    destinations = list(_destinations(data.get("destinations"), plugins, problems, need_secrets))
    outbox = _chosen(data, "outbox", "sqlite", plugins.outboxes, problems)
    transport = _chosen(data, "transport", "urllib3", plugins.transports, problems)
    delivery = DeliveryConfig()
    try:
        delivery = structure(data.get("delivery", {}), DeliveryConfig, "$.delivery")
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(tuple(problems))
    return Config(
        destinations=destinations,
        outbox=outbox,
        transport=transport,
        delivery=delivery,
        folder=folder,
        warnings=tuple(_warnings(destinations)),
    )


def _destinations(table: Any, plugins: Plugins, problems: list[Problem], need_secrets: bool) -> Iterator[DestinationConfig]:
    if not isinstance(table, dict) or not table:
        found = "there is none" if not table else f"it is {describe(table)}"
        problems.append(Problem(f"should be tables, one for each destination, but {found}", "$.destinations"))
        return
    for name, settings in table.items():
        try:
            yield _destination(name, settings, plugins, need_secrets)
        except ConfigError as error:
            problems += error.problems


def _destination(name: str, table: Any, plugins: Plugins, need_secrets: bool) -> DestinationConfig:
    path = f"$.destinations.{name}"
    if not isinstance(table, dict):
        raise ConfigError.of(f"should be a table, but it is {describe(table)}", path)
    settings = dict(table)
    kind = settings.pop("type", None)
    listed = settings.pop("mappings", None)
    problems: list[Problem] = []
    mappings = None if listed is None else list(_mappings(listed, f"{path}.mappings", problems))
    made = None
    if not isinstance(kind, str):
        found = "missing" if kind is None else describe(kind)
        problems.append(Problem(f"should name the destination type, but it is {found}", f"{path}.type"))
    elif kind not in plugins.destinations:
        hint = did_you_mean(kind, plugins.destinations) or "; no plugin offers any: install one"
        problems.append(Problem(f"no plugin offers the destination type {kind!r}{hint}", f"{path}.type"))
    else:
        destination = plugins.destinations[kind]
        try:
            made = destination(structure(settings, destination.settings_type, path, need_secrets=need_secrets))
            plugins.hashers(made.profile)
        except KeyError as error:
            problems.append(Problem(str(error.args[0]), f"{path}.normalization"))
        except ConfigError as error:
            problems += error.problems
    if problems or made is None:
        raise ConfigError(problems)
    return DestinationConfig(name=name, type=str(kind), destination=made, mappings=mappings)


def _mappings(listed: Any, path: str, problems: list[Problem]) -> Iterator[MappingConfig]:
    if not isinstance(listed, list):
        problems.append(Problem(f"should be a list of tables, but it is {describe(listed)}", path))
        return
    for index, table in enumerate(listed):
        try:
            mapping = structure(table, MappingConfig, f"{path}[{index}]")
        except ConfigError as error:
            problems += error.problems
            continue
        if mapping.mapping is not None and mapping.mapping_file is not None:
            problems.append(
                Problem("has both mapping and mapping_file; keep one of them", f"{path}[{index}]")
            )
        yield mapping


def _chosen(
    data: dict[str, Any], key: str, default: str, known: Any, problems: list[Problem]
) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        problems.append(Problem(f"should be a table, but it is {describe(table)}", f"$.{key}"))
        return {}
    chosen = {"type": default, **table}
    if chosen["type"] not in known:
        hint = did_you_mean(str(chosen["type"]), known)
        problems.append(Problem(f"no plugin offers {chosen['type']!r}{hint}", f"$.{key}.type"))
    return chosen


def _warnings(destinations: list[DestinationConfig]) -> Iterator[Problem]:
    for each in destinations:
        path = f"$.destinations.{each.name}"
        settings = each.destination.settings
        for attribute in fields(type(settings)):
            value = getattr(settings, attribute.name)
            if isinstance(value, Secret) and value.literal:
                message = 'stands in the file; { env = "NAME" } keeps it out of backups and repositories'
                yield Problem(message, f"{path}.{attribute.name}")
        for problem in each.destination.advise():
            yield Problem(problem.message, f"{path}{problem.path.removeprefix('$')}", problem.code)
