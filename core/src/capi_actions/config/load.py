"""Read ``capi.toml``."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from capi_actions.config.destinations import read_destination
from capi_actions.config.doubts import doubts
from capi_actions.config.factories import read_choice
from capi_actions.config.files import certificate_problems
from capi_actions.config.model import Config, DeliveryConfig, DestinationConfig, DestinationDraft
from capi_actions.config.structure import structure
from capi_actions.config.words import describe
from capi_actions.errors import ConfigError, Problem
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean

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
