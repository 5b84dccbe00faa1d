"""The command ``capi demo``.

``capi`` imports this module whatever it is to do: what serves, and rich, take 80 ms to import, so that only the command
itself does it.
"""

import click

from capi_actions import Plugins, write_line


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what arrived as JSON Lines.")
def demo(as_json: bool) -> int:
    """Send sample events of every kind to a local stand-in for Meta, and show what arrives."""
    from capi_actions_sandbox.demo.run import run
    from capi_actions_sandbox.demo.table import print_rows, record

    plugins = Plugins.installed()
    if "facebook" not in plugins.destinations:
        raise click.ClickException(
            "the demo needs the Facebook plugin: pip install ./plugins/facebook, in a clone of the repository"
        )
    rows = run(plugins)
    hashes, equal = sum(row.hashes for row in rows), sum(row.equal for row in rows)
    if as_json:
        for row in rows:
            write_line(record(row))
    else:
        print_rows(rows, hashes, equal)
    unexpected = [row for row in rows if row.received is None and not row.reason]
    return 1 if equal != hashes or unexpected or not hashes else 0
