"""Options that say what input files hold, shared by the commands that take events."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import IO

import click

from capi_actions.cli.console import echo_error
from capi_actions.cli.options import CommandT
from capi_actions.config import Config
from capi_actions.errors import ConfigError
from capi_actions.inputs import (
    CsvInput,
    CsvOptions,
    InputRecord,
    JsonInput,
    Reader,
    UndecodedRecord,
    read_events,
    read_undecoded,
)
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean


def input_options(command: CommandT) -> CommandT:
    """Add ``--format`` and ``--csv``."""
    command = click.option("--csv", "is_csv", is_flag=True, help="Short for --format csv.")(command)
    return click.option(
        "--format",
        "input_format",
        metavar="NAME",
        help=(
            "What the files hold: jsonl (the default), csv, the name of an [inputs.NAME] table of the configuration,"
            " or a plugin's format.  gzip and zstd are recognized in any case."
        ),
    )(command)


def find_reader(config: Config, plugins: Plugins, input_format: str | None, is_csv: bool = False) -> Reader:
    """Return what reads files of a format.

    :param input_format: what ``--format`` says; None without it.
    :raises ConfigError: when there is no such format, or more than one table for CSV.
    """
    name = input_format or ("csv" if is_csv else "jsonl")
    if is_csv and name != "csv" and name not in config.inputs:
        raise ConfigError.of(f"--csv and --format {name} contradict each other", "")
    if name in config.inputs:
        return CsvInput(config.inputs[name])
    if name == "jsonl":
        return JsonInput()
    if name == "csv":
        return CsvInput(_only_table(config))
    if (offered := plugins.inputs.get(name)) is not None:
        return JsonInput(offered.convert, name)
    known = ["jsonl", "csv", *config.inputs, *plugins.inputs]
    raise ConfigError.of(f"there is no format {name!r}{did_you_mean(name, known)}", "")


def read_records(
    files: Sequence[IO[bytes]],
    config: Config,
    plugins: Plugins,
    input_format: str | None = None,
    is_csv: bool = False,
    skip: int = 0,
) -> Iterator[InputRecord]:
    """Read the events of files, or of standard input when there are none; warnings go to standard error.

    :param input_format: what ``--format`` says; None without it.
    :param is_csv: whether ``--csv`` is set.
    :param skip: how many records at the beginning are left out.
    :raises ConfigError: when there is no such format, or more than one table for CSV.
    """
    reader = find_reader(config, plugins, input_format, is_csv)
    return islice(read_events(files, reader, _warn), skip, None)


def read_undecoded_records(
    files: Sequence[IO[bytes]],
    config: Config,
    plugins: Plugins,
    input_format: str | None = None,
    is_csv: bool = False,
    skip: int = 0,
    *,
    call_in_order: Callable[[Callable[[], None]], None],
) -> Iterator[UndecodedRecord]:
    """Read the same records as :func:`read_records`, for worker processes that decode them.

    :param call_in_order: calls a function when the records before it are processed: one that prints a warning.
    """
    reader = find_reader(config, plugins, input_format, is_csv)
    records = read_undecoded(files, reader, lambda text: call_in_order(partial(_warn, text)))
    return islice(records, skip, None)


def _only_table(config: Config) -> CsvOptions:
    if len(config.inputs) > 1:
        names = ", ".join(config.inputs)
        problem = f"the configuration has several tables [inputs.<name>]; name one of them: --format {names}"
        raise ConfigError.of(problem, "")
    return next(iter(config.inputs.values()), CsvOptions())


def _warn(text: str) -> None:
    echo_error(f"capi: warning: {text}")
