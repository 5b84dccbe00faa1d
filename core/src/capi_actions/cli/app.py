"""The command line: parse, call the library, print.  Errors end in one place."""

from collections.abc import Sequence

import click

from capi_actions.cli.catalog import actions, plugins
from capi_actions.cli.check import check
from capi_actions.cli.console import discard_output, replace_closed
from capi_actions.cli.evaluate import evaluate
from capi_actions.cli.init import init
from capi_actions.cli.outbox import outbox
from capi_actions.cli.preview import preview
from capi_actions.cli.send import deliver, send
from capi_actions.errors import CapiError, PluginError
from capi_actions.plugins import Plugins

_COMMANDS, _REFUSED = "capi_actions.commands", "capi_actions.refused"  # in click's context, once a run


_OWN = {each.name: each for each in (init, check, preview, send, deliver, outbox, plugins, actions, evaluate)}


class _Commands(click.Group):
    """The core's own commands and those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *sorted(_of_plugins(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _of_plugins(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if _REFUSED in ctx.meta and not args[0].startswith("-"):
                hint = "its plugin may be among those that can't be loaded; see `capi plugins`"
                raise click.UsageError(f"no command {args[0]!r}: {hint}", ctx) from error
            raise


def _of_plugins(ctx: click.Context) -> dict[str, click.Command]:
    """Give plugins' commands, loaded once; `capi plugins` names those that can't be loaded."""
    if _COMMANDS not in ctx.meta:
        ctx.meta[_COMMANDS] = _load(ctx)
    found: dict[str, click.Command] = ctx.meta[_COMMANDS]
    return found


def _load(ctx: click.Context) -> dict[str, click.Command]:
    try:
        installed = Plugins.installed()
    except PluginError as error:
        click.echo(f"capi: {error}", err=True)
        ctx.meta[_REFUSED] = True
        return {}
    found = dict(installed.commands)
    for name in sorted(found.keys() & _OWN):
        plugin = installed.provider("capi_commands", name)
        click.echo(
            f"capi: plugin {plugin!r}: the command {name!r} is left out: capi has one of this name", err=True
        )
        del found[name]
    return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="capi-actions", prog_name="capi")
def app() -> None:
    """Send customer events to advertising platforms' Conversions APIs."""


for _command in _OWN.values():
    app.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :returns: 0 fine, 1 some events failed, 2 usage, configuration or a plugin, 130 stopped by Ctrl-C.
    """
    replace_closed()
    try:
        result = app.main(arguments, prog_name="capi", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        click.echo("capi: stopped", err=True)
        return 130
    except CapiError as error:
        for line in str(error).splitlines():
            click.echo(f"capi: {line}", err=True)
        return 2
    except (
        OSError
    ) as error:  # such as a full disk behind our output; a reader that has gone is click's affair
        click.echo(f"capi: {error.strerror}{f': {error.filename}' if error.filename else ''}", err=True)
        discard_output()
        return 2
    return result if isinstance(result, int) else 0
