"""Options that several commands share, and loading the configuration that they name."""

import os
import shlex
from collections.abc import Callable, Iterable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import click
from click.core import ParameterSource

from capi_actions.cli.console import describe_problem, echo_error
from capi_actions.errors import ConfigError, Diagnostics, EventError, Problem
from capi_actions.plugins import Plugins, Selection
from capi_actions.times import unix_seconds

if TYPE_CHECKING:  # takes 40 ms to import: commands that read no configuration have these options, too
    from capi_actions.config import Config
    from capi_actions.pipeline import Pipeline

DEFAULT_CONFIG = Path("capi.toml")
CONFIG_VARIABLE = "CAPI_CONFIG"
_CONFIG_PATH = "capi_actions.config_path"  # key of click's context, which nested commands share

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


@overload
def config_option(command: CommandT) -> CommandT: ...
@overload
def config_option(*, must_exist: bool) -> Callable[[CommandT], CommandT]: ...
def config_option(
    command: CommandT | None = None, *, must_exist: bool = False
) -> CommandT | Callable[[CommandT], CommandT]:
    """Add ``--config`` to a click command, which gets the path as ``config_path``.

    :param must_exist: for a command that reads only the table ``[plugins]``, and so needs no configuration: one that
        the command line or the environment names must be there.
    """
    add = click.option(
        "--config",
        "-c",
        "config_path",
        type=click.Path(path_type=Path),
        default=DEFAULT_CONFIG,
        callback=_remember_existing if must_exist else _remember,
        envvar=CONFIG_VARIABLE,
        show_default=True,
        show_envvar=True,
        help="The configuration file.",
    )
    return add if command is None else add(command)


def selection() -> Selection:
    """Return what this run's configuration says about plugins.

    That is the one that the command line names, or else the environment's, or else ``capi.toml``.
    """
    context = click.get_current_context(silent=True)
    path = context.meta.get(_CONFIG_PATH) if context is not None else None
    return Selection.read(path or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG))


def _remember(context: click.Context, _: click.Parameter, path: Path) -> Path:
    context.meta[_CONFIG_PATH] = path
    return path


def _remember_existing(context: click.Context, option: click.Parameter, path: Path) -> Path:
    is_named = context.get_parameter_source("config_path") is not ParameterSource.DEFAULT
    if is_named and not path.exists():
        raise ConfigError.of(f"there is no file {path}; without --config, none is needed here", "")
    return _remember(context, option, path)


def files_argument(command: CommandT) -> CommandT:
    """Add ``[FILE]...``; standard input when there is none, or for ``-``."""
    return click.argument("files", type=click.File("rb"), nargs=-1, metavar="[FILE]...")(command)


def json_option(command: CommandT) -> CommandT:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


class Seconds(click.FloatRange):
    """A number of seconds, 0 or more, for an option; float() reads ``nan`` as well, which nothing is less than."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; the message is that of any number that can't be read."""
        seconds = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value!r} is not a valid number.", param, ctx)
        return seconds


def read_moment(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    """Return an option's time in Unix seconds: in any way that event times may be written; UTC if it names no zone.

    A callback for click.
    """
    if text is None:
        return None
    try:
        return unix_seconds(text)
    except EventError:
        right = "should be a time, such as 2026-11-28, 2026-11-28T12:30:00Z or 1795869000"
    raise click.BadParameter(right, context, option)


def command_line(*words: str) -> str:
    """Return a command of ``capi`` that can be pasted into a shell; it names the same configuration as this run.

    >>> command_line("outbox", "resume", "my shop")
    "capi outbox resume 'my shop'"
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.get_parameter_source("config_path") is ParameterSource.COMMANDLINE:
        words = (*words, "--config", str(context.params["config_path"]))
    return shlex.join(("capi", *words))


def load_for_outbox(path: Path) -> "tuple[Config, Plugins]":
    """Load plugins and a configuration for the commands that only use the outbox.

    Problems elsewhere in it are ignored: these commands must work while a person repairs the configuration.

    :raises ConfigError: when the configuration can't be read, or the table ``[outbox]`` is wrong.
    :raises PluginError: when a plugin was refused and the outbox may be its own.
    """
    from capi_actions.config import load_config

    plugins = Plugins.configured(path)
    config = load_config(path, plugins, need_secrets=False, strict=False)
    errors = [error for error in config.errors if error.path.startswith("$.outbox")]
    if errors:
        plugins.require_all()  # the outbox may be of one that was refused
        raise ConfigError(errors)
    return config, plugins


def load_for_pipeline(path: Path, *, need_secrets: bool = True) -> "tuple[Config, Plugins]":
    """Load plugins and a configuration, and print its warnings on standard error.

    Problems are not raised yet: building the pipeline raises them together with those of mappings.

    :param need_secrets: False when secrets from the environment may be missing.
    :raises ConfigError: when the configuration can't be read at all.
    :raises PluginError: when a plugin was refused that the configuration may use.
    """
    from capi_actions.config import load_config, may_need_refused

    plugins = Plugins.configured(path)
    config = load_config(path, plugins, need_secrets=need_secrets, strict=False)
    if may_need_refused(config, plugins):
        plugins.require_all()
    print_problems(config.warnings)
    return config, plugins


def build_pipeline(config: "Config", plugins: Plugins) -> "Pipeline":
    """Build a configuration's pipeline, and print what `capi check` finds in its mappings on standard error.

    :raises ConfigError: with every error of the configuration and its mappings.
    """
    from capi_actions.pipeline import Pipeline

    findings = Diagnostics()
    pipeline = Pipeline.build(config, plugins, findings)
    print_problems(findings)
    return pipeline


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems of a configuration on standard error, as commands do that go on all the same.

    :param problems: as :func:`capi_actions.check_config` returns them.
    """
    for problem in problems:
        for line in f"capi: {describe_problem(problem)}".split("\n"):  # a trigger's message has several
            echo_error(line)
