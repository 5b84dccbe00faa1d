"""Tests of the commands that a plugin offers."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from click.testing import CliRunner

from capi_actions.cli.app import app
from capi_actions.testing.base import PluginTests, require


class CommandTests(PluginTests):
    """Tests of every command of a plugin: subclass, and set ``plugin``, and examples.

    :cvar command_examples: arguments of each command that should work, by its name: ``{"greet": [["--loud"]]}``.
        Commands run in this process; what they do with files and networks is up to your example.
    """

    command_examples: Mapping[str, Sequence[Sequence[str]]] = {}

    def test_names_are_not_the_core_s(self) -> None:
        """If this fails, the core has a command of that name, and yours would be left out: rename it."""
        taken = sorted(set(self._own("capi_commands")) & set(app.commands))
        require(not taken, f"the core has a command {' and '.join(taken)} already")

    def test_every_command_explains_itself(self) -> None:
        """If this fails, ``--help`` fails, or has nothing to say: give the function a docstring."""
        for name, command in self._commands():
            result = CliRunner().invoke(command, ["--help"])
            require(result.exit_code == 0, f"{name} --help ends with {result.exit_code}: {_failure(result)}")
            require(command.help or command.short_help, f"{name} has no help: give its function a docstring")

    def test_an_unknown_option_is_a_usage_error(self) -> None:
        """If this fails, a mistyped option doesn't end the command with exit status 2."""
        for name, command in self._commands():
            if not command.ignore_unknown_options:
                result = CliRunner().invoke(command, ["--no-such-option-anywhere"])
                require(
                    result.exit_code == 2,
                    f"{name} ends with {result.exit_code} for an unknown option, not with 2",
                )

    def test_the_examples_work(self) -> None:
        """If this fails, a command raises, or ends with an exit status other than 0."""
        commands = self._own("capi_commands")
        for name, examples in self.command_examples.items():
            require(name in commands, f"command_examples names {name}, which the plugin doesn't offer")
            for arguments in examples:
                result = CliRunner().invoke(commands[name], list(arguments))
                require(
                    result.exit_code == 0,
                    f"capi {name} {' '.join(arguments)} ends with {result.exit_code}: {_failure(result)}",
                )

    @classmethod
    def _commands(cls) -> Iterator[tuple[str, click.Command]]:
        for name, command in cls._own("capi_commands").items():
            yield from _with_subcommands(f"capi {name}", command)


def _with_subcommands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for nested, subcommand in command.commands.items():
            yield from _with_subcommands(f"{name} {nested}", subcommand)


def _failure(result: Any) -> str:
    if result.exc_info is not None and not isinstance(result.exception, SystemExit):
        return "".join(traceback.format_exception(*result.exc_info))
    return str(result.output)
