"""Entry point of ``capi``: find the command, among the core's and plugins', run it, and print errors."""

import errno
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import StringIO

import click

from capi_actions.cli.console import discard_output, echo_error, print_tracebacks, replace_closed_streams
from capi_actions.cli.options import selection
from capi_actions.cli.plugin_output import divert_plugin_output
from capi_actions.errors import CapiError, PluginError, detach
from capi_actions.personal_data import mask
from capi_actions.plugins import Plugins, inspect_installed
from capi_actions.tracebacks import where

CORE_COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "actions": ("catalog", "actions", "List actions, or show the fields of one."),
    "check": ("check", "check", "Check the configuration, all mappings and all triggers."),
    "deliver": ("send", "deliver", "Deliver what is waiting in the outbox."),
    "eval": ("evaluate", "evaluate", "Try a mapping, trigger or action on JSON Lines."),
    "init": ("init", "init", "Write a commented configuration file."),
    "install": ("install", "install", "Install plugins with pip, and show what they bring."),
    "new": ("new", "new", "Write a folder NAME with a complete plugin to begin with."),
    "outbox": ("outbox", "outbox", "Look after queued events and dead letters."),
    "plugins": ("plugins", "plugins", "List plugins and what they offer, or describe one."),
    "preview": ("preview", "preview", "Print what would be sent, without sending it."),
    "send": ("send", "send", "Send events to every destination that takes them."),
    "uninstall": ("install", "uninstall", "Uninstall plugins with pip."),
}
"""The module and function behind each command, and its help in ``capi --help``.

Only the module of the command that is called is imported: all of them take 120 ms.
"""

# Keys of click's context, where the commands of plugins are cached for the length of one run.
_PLUGIN_COMMANDS = "capi_actions.plugin_commands"
_REFUSED = "capi_actions.refused_plugins"


class _CommandGroup(click.Group):
    """The core's own commands and those of plugins.

    ``commands`` has a name and a help text for each of the core's; :meth:`get_command` imports the command itself.
    """

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PluginError as error:
            failure = detach(error)
        if ctx.params["traceback"]:
            print_tracebacks(inspect_installed(selection()))
        raise failure

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *sorted(_plugin_commands(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in CORE_COMMANDS:
            return _plugin_commands(ctx).get(cmd_name)
        module, function, _ = CORE_COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"capi_actions.cli.{module}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands as click does, but without importing the core's."""
        commands = {**self.commands, **_plugin_commands(ctx)}
        names = self.list_commands(ctx)
        _print_refused(ctx)
        width = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, commands[name].get_short_help_str(width)) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.UsageError as error:
            if not args[0].startswith("-") and _print_refused(ctx):
                hint = "its plugin may be one that can't be loaded; see `capi plugins`"
                raise click.UsageError(f"no command {args[0]!r}: {hint}", ctx) from error
            raise
        if name in CORE_COMMANDS:
            ctx.with_resource(divert_plugin_output())
        return name, command, rest


@click.group(cls=_CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="capi-actions", prog_name="capi")
@click.option("--traceback", is_flag=True, help="If a plugin can't be loaded, print why in full.")
def app(traceback: bool) -> None:
    """Send customer events to advertising platforms' Conversions APIs."""


for _name, (_, _, _help) in CORE_COMMANDS.items():
    app.add_command(click.Command(_name, help=_help))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param arguments: without the program's name; by default those of the process.
    :returns: the exit status: 0 fine, 1 some events failed, 2 wrong usage, configuration or plugin,
        130, 143 and 129 stopped by Ctrl-C, SIGTERM and SIGHUP.
    """
    replace_closed_streams()
    try:
        status = app.main(arguments, prog_name="capi", standalone_mode=False)
    except click.ClickException as error:
        _print_wrong_usage(error)
        return 2
    except click.Abort:
        echo_error("capi: stopped")
        return 130
    except CapiError as error:
        for line in str(error).split("\n"):
            echo_error(f"capi: {line}")
        return 2
    except OSError as error:
        # Such as a full disk behind standard output.  A reader that has gone is handled by click.
        name = error.filename or ("standard output" if error.errno in _NO_ROOM else "")
        # An error that a plugin's code made may have nothing but a text.
        problem = error.strerror or mask(str(error)) or where(error)
        echo_error(f"capi: {name}{': ' if name else ''}{problem}")
        discard_output()
        return 2
    return status if isinstance(status, int) else 0


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # only what is written ends so, and files have a name


def _print_wrong_usage(error: click.ClickException) -> None:
    """Print what is wrong with a command line in the form of all other errors; the help where there is no command."""
    context = getattr(error, "ctx", None)
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        shown = StringIO()
        error.show(shown)
        lines = shown.getvalue().removesuffix("\n").split("\n")
    else:
        lines = [f"capi: {_describe_wrong_usage(error)}"]
        if context is not None:
            lines.append(f"capi: `{context.command_path} --help` lists what it takes")
    for line in lines:
        echo_error(line)


def _describe_wrong_usage(error: click.ClickException) -> str:
    """Return what is wrong in one line: click lists choices one below the other, after tabs."""
    parameter = error.param if isinstance(error, click.BadParameter) else None
    if parameter is not None and (
        "is not a valid" in error.message or "is not in the range" in error.message
    ):
        expected = _describe_number(parameter.type)
        if expected:
            return f"Invalid value for {parameter.get_error_hint(None)}: should be {expected}"
    return " ".join(error.format_message().split())


def _describe_number(kind: object) -> str:
    """Return which numbers an option takes, "" if it takes none."""
    if not isinstance(kind, type(click.INT) | type(click.FLOAT)):
        return ""
    noun = "a number" if isinstance(kind, type(click.FLOAT)) else "a whole number"
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is not None and most is not None:
        return f"{noun} from {least:,} to {most:,}"
    if least is not None:
        return f"{noun}, {least:,} or more"
    return noun if most is None else f"{noun}, {most:,} or less"


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    """Return the commands of plugins by name; they are loaded once."""
    if _PLUGIN_COMMANDS not in ctx.meta:
        ctx.meta[_PLUGIN_COMMANDS] = _load_plugin_commands(ctx)
    commands: dict[str, click.Command] = ctx.meta[_PLUGIN_COMMANDS]
    return commands


def _load_plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    try:
        usable = Plugins.usable(selection())
    except PluginError as error:  # the core's own plugin isn't there
        ctx.meta[_REFUSED] = [error]
        return {}
    ctx.meta[_REFUSED] = usable.refused
    commands = dict(usable.commands)
    for name in sorted(commands.keys() & CORE_COMMANDS):
        plugin = usable.provider("capi_commands", name)
        echo_error(
            f"capi: plugin {plugin!r}: the command {name!r} is ignored: capi has a command of this name"
        )
        del commands[name]
    return commands


def _print_refused(ctx: click.Context) -> bool:
    """Print why plugins are refused, and return whether any is."""
    refused: Sequence[PluginError] = ctx.meta.get(_REFUSED, ())
    for error in refused:
        echo_error(f"capi: {error}")
    return bool(refused)
