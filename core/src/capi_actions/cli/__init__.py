"""The command line: parse, call the library, print.  Errors end in one place."""

from collections.abc import Sequence

import click

from capi_actions.cli.catalog import actions, plugins
from capi_actions.cli.evaluate import evaluate
from capi_actions.cli.lines import discard_output
from capi_actions.cli.outbox import outbox
from capi_actions.cli.preview import preview
from capi_actions.cli.send import deliver, send
from capi_actions.cli.setup import check, init
from capi_actions.cli.streams import replace_closed
from capi_actions.errors import CapiError, PluginError
from capi_actions.plugins import Plugins

_OWN = {each.name: each for each in (init, check, preview, send, deliver, outbox, plugins, actions, evaluate)}


class _Commands(click.Group):
    """The core's own commands and those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *sorted(_of_plugins())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _of_plugins().get(cmd_name)


def _of_plugins() -> dict[str, click.Command]:
    """Give plugins' commands; `capi plugins` names those that can't be loaded."""
    try:
        found = dict(Plugins.installed().commands)
    except PluginError as error:
        click.echo(f"capi: {error}", err=True)
        return {}
    for name in found.keys() & _OWN:
        click.echo(f"capi: a plugin's command {name!r} is left out: capi has one of this name", err=True)
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

    :returns: 0 fine, 1 some events failed, 2 usage or configuration, 130 stopped by Ctrl-C.
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
