"""The command ``capi demo``.

``capi`` imports this module whatever it is to do: what serves, and rich, take 80 ms to import, so that only the command
itself does it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capi_actions import Plugins, config_option, write_line

if TYPE_CHECKING:
    from capi_actions_sandbox.demo.run import Row

_RUNNING = """\
{sent_with}

The server listens at {server}, the stand-in for Meta at {sandbox}; both only on this machine, until Ctrl-C.
Status page: open {server}/ and log in with {token}
What arrives: {sandbox}/_sandbox/events
Send an event of your own:

curl -u {key}: {server}/v1/page -H 'content-type: application/json' -d '{{"userId": "u-1"}}'
"""


@click.command()
@config_option(must_exist=True)
@click.option("--json", "as_json", is_flag=True, help="Print what arrived as JSON Lines.")
@click.option(
    "--serve",
    "with_server",
    is_flag=True,
    help="Send over HTTP to `capi serve`, with Segment's SDK if it is installed, until Ctrl-C.",
)
def demo(config_path: Path, as_json: bool, with_server: bool) -> int:
    """Send sample events to a stand-in for Meta; show what arrives.

    The events are of every kind, and stay on this machine.  Of the configuration, only the table [plugins] is
    read: what it disables takes no part, and its files do.
    """
    plugins = Plugins.configured(config_path)
    if "facebook" not in plugins.destinations:
        raise click.ClickException(
            "the demo needs the Facebook plugin: pip install ./plugins/facebook, in a clone of the repository"
        )
    if with_server:
        return _serve(plugins, as_json)
    from capi_actions_sandbox.demo.run import run

    return _show(run(plugins), as_json)


def _serve(plugins: Plugins, as_json: bool) -> int:
    if "serve" not in plugins.commands:
        raise click.ClickException(
            "this demo needs the server: pip install './plugins/server[demo]', in a clone of the repository"
        )
    from capi_actions_sandbox.demo.with_server import run_with_server
    from capi_actions_sandbox.serve import Stop, stopping_signals

    stop = Stop()
    with stopping_signals(stop), run_with_server(plugins) as running:
        status = _show(running.rows, as_json)
        click.echo(
            _RUNNING.format(
                sent_with=running.sent_with,
                server=running.server,
                sandbox=running.sandbox,
                key=running.key,
                token=running.token,
            ),
            err=True,
        )
        stop.wait()
    return status


def _show(rows: "Sequence[Row]", as_json: bool) -> int:
    from capi_actions_sandbox.demo.table import print_rows, record

    hashes, equal = sum(row.hashes for row in rows), sum(row.equal for row in rows)
    if as_json:
        for row in rows:
            write_line(record(row))
    else:
        print_rows(rows, hashes, equal)
    unexpected = [row for row in rows if row.received is None and not row.reason]
    return 1 if equal != hashes or unexpected or not hashes else 0
