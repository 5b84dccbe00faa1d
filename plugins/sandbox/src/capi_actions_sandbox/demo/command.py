"""The command ``capi demo``."""

import json

import click
from rich.console import Console
from rich.table import Table

from capi_actions import Plugins
from capi_actions_sandbox.demo.run import Row, run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what arrived as JSON Lines.")
def demo(as_json: bool) -> int:
    """Send sample events of every kind to a local stand-in for Meta, and show what arrives."""
    plugins = Plugins.installed()
    if "facebook" not in plugins.destinations:
        raise click.ClickException("the demo needs the Facebook plugin: pip install capi-actions-facebook")
    rows = run(plugins)
    made, equal = sum(row.hashes for row in rows), sum(row.equal for row in rows)
    if as_json:
        for row in rows:
            click.echo(json.dumps(_record(row)))
    else:
        _print(rows, made, equal)
    unexpected = [row for row in rows if row.received is None and not row.reason]
    return 1 if equal != made or unexpected or not made else 0


def _print(rows: list[Row], made: int, equal: int) -> None:
    console = Console(highlight=False)
    table = Table(
        "event", "Meta received", "source", "hashes", "what else", title="What Meta would have received"
    )
    for row in rows:
        if row.received is None:
            table.add_row(
                row.sample.title, "[yellow]nothing[/yellow]", "", "", f"[yellow]{row.reason}[/yellow]"
            )
            continue
        colour = "green" if row.equal == row.hashes else "red"
        table.add_row(
            row.sample.title,
            str(row.received["event_name"]),
            str(row.received["action_source"]),
            f"[{colour}]{row.equal} of {row.hashes}[/{colour}]",
            _summary(row),
        )
    console.print(table)
    arrived = sum(row.received is not None for row in rows)
    console.print(f"{arrived} of {len(rows)} events arrived; the others are named above, with the reason.")
    verdict = "every one is" if equal == made else f"only {equal} are"
    console.print(
        f"{made} hashes of {len({row.sample.event['userId'] for row in rows})} people: {verdict} the one that the real"
        " pixel (2.9.324) made."
    )


def _summary(row: Row) -> str:
    custom = (row.received or {}).get("custom_data", {})
    parts = []
    if "value" in custom:
        parts.append(f"{custom['value']} {custom.get('currency', '')}".strip())
    if "contents" in custom:
        parts.append(f"{len(custom['contents'])} products")
    parts += [str(custom[key]) for key in ("search_string", "order_id") if key in custom]
    if "fbc" in (row.received or {}).get("user_data", {}):
        parts.append("fbc")
    return ", ".join(parts)


def _record(row: Row) -> dict[str, object]:
    return {
        "event": row.sample.title,
        "received": row.received,
        "hashes": row.hashes,
        "equal_to_pixel": row.equal,
        "reason": row.reason or None,
    }
