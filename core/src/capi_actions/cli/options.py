"""Options that several commands share, and what they load."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from capi_actions.config import Config, load_config
from capi_actions.errors import ConfigError
from capi_actions.plugins import Plugins

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    """Add ``--config``."""
    return click.option(
        "--config",
        "-c",
        "config_path",
        type=click.Path(path_type=Path),
        default=Path("capi.toml"),
        envvar="CAPI_CONFIG",
        show_default=True,
        show_envvar=True,
        help="The configuration file.",
    )(command)


def files_argument(command: F) -> F:
    """Add ``[FILE]...``; standard input when there is none, or for ``-``."""
    return click.argument("files", type=click.File("rb"), nargs=-1, metavar="[FILE]...")(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def load_for_outbox(path: Path) -> tuple[Config, Plugins]:
    """Load plugins and a configuration, for the commands that look after the outbox.

    What is wrong elsewhere in it doesn't matter to them: a person may have broken it in trying to mend
    something.

    :raises ConfigError: when the configuration can't be read, or the outbox's own table is wrong.
    :raises PluginError: when a plugin is.
    """
    plugins = Plugins.installed()
    config = load_config(path, plugins, need_secrets=False, strict=False)
    problems = [each for each in config.problems if each.path.startswith("$.outbox")]
    if problems:
        raise ConfigError(problems)
    return config, plugins


def load_to_send(path: Path, *, need_secrets: bool = True) -> tuple[Config, Plugins]:
    """Load plugins and a configuration that a pipeline is built of, which says what is wrong with either.

    Warnings go to standard error.

    :raises ConfigError: when the configuration can't be read at all.
    :raises PluginError: when a plugin is wrong.
    """
    plugins = Plugins.installed()
    config = load_config(path, plugins, need_secrets=need_secrets, strict=False)
    for warning in config.warnings:
        click.echo(f"capi: warning: {warning}", err=True)
    return config, plugins
