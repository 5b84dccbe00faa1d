"""What ``capi pixel verify`` prints: progress, disagreements and a summary."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from capi_actions_facebook.normalization.verify.compare import Comparison, Tally, compare
from capi_actions_facebook.normalization.verify.engine import PixelScript
from capi_actions_facebook.normalization.verify.samples import people


def report(file: Path, examples: int, seed: int, *, as_json: bool) -> bool:
    """Compare and print: disagreements to stdout, progress and table to stderr.

    :param as_json: print the summary as one line of JSON to stdout, in place of the table.
    :returns: whether all agree.
    :raises PixelScriptError: when the script can't be asked.
    """
    console, tally = Console(stderr=True), Tally()
    source = file.read_text(encoding="utf-8", errors="replace")
    with PixelScript(source) as script, _progress(console) as progress:
        compared = compare(script, people(examples, seed))
        for each in progress.track(compared, total=examples, description="asking"):
            tally.add(each)
            if each.differing:
                click.echo(json.dumps(_disagreement(each)))
    if as_json:
        click.echo(json.dumps(_summary(tally, script.version, seed)))
    else:
        console.print(_table(tally, script.version, seed))
    return not tally.users[False]


def _progress(console: Console) -> Progress:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _disagreement(one: Comparison) -> dict[str, object]:
    # The values are made up by us, so they may be shown.
    return {"user": one.user, "differ": one.differing, "pixel": one.pixel, "ours": one.ours}


def _summary(tally: Tally, version: str, seed: int) -> dict[str, object]:
    keys = {key: {"sent": count, "differ": tally.differ[key]} for key, count in sorted(tally.sent.items())}
    agree, disagree = tally.users[True], tally.users[False]
    return {"version": version, "seed": seed, "agree": agree, "disagree": disagree, "keys": keys}


def _table(tally: Tally, version: str, seed: int) -> Table:
    table = Table(title=f"pixel script {version}, seed {seed}")
    table.add_column("key")
    table.add_column("sent", justify="right")
    table.add_column("differ", justify="right")
    for key, count in sorted(tally.sent.items()):
        table.add_row(key, f"{count:,}", f"{tally.differ[key]:,}")
    table.add_section()
    table.add_row("examples", f"{tally.users.total():,}", f"{tally.users[False]:,}")
    return table
