"""The output of ``capi pixel verify``: progress, differences and a summary."""

import json

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from capi_actions_facebook.normalization.verify.compare import Comparison, Statistics, compare
from capi_actions_facebook.normalization.verify.engine import PixelScript
from capi_actions_facebook.normalization.verify.samples import people


def report(source: str, examples: int, seed: int, *, as_json: bool) -> bool:
    """Compare and print: differences to stdout, progress and table to stderr.

    :param source: the script.
    :param as_json: print the summary as one line of JSON to stdout, in place of the table.
    :returns: whether there is no difference.
    :raises PixelScriptError: when the script can't be run.
    """
    console, statistics = Console(stderr=True), Statistics()
    with PixelScript(source) as script, _progress(console) as progress:
        comparisons = compare(script, people(examples, seed))
        for comparison in progress.track(comparisons, total=examples, description="comparing"):
            statistics.add(comparison)
            if comparison.different_keys:
                click.echo(json.dumps(_difference(comparison)))
    if as_json:
        click.echo(json.dumps(_summary(statistics, script.version, seed)))
    else:
        console.print(_table(statistics, script.version, seed))
    return not statistics.users[False]


def _progress(console: Console) -> Progress:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _difference(comparison: Comparison) -> dict[str, object]:
    # The values are made up by us, so they may be shown.
    return {
        "user": comparison.user,
        "differ": comparison.different_keys,
        "pixel": comparison.pixel,
        "ours": comparison.ours,
    }


def _summary(statistics: Statistics, version: str, seed: int) -> dict[str, object]:
    keys = {
        key: {"sent": count, "differ": statistics.differ[key]}
        for key, count in sorted(statistics.sent.items())
    }
    agree, disagree = statistics.users[True], statistics.users[False]
    return {"version": version, "seed": seed, "agree": agree, "disagree": disagree, "keys": keys}


def _table(statistics: Statistics, version: str, seed: int) -> Table:
    table = Table(title=f"pixel script {version}, seed {seed}")
    table.add_column("key")
    table.add_column("sent", justify="right")
    table.add_column("differ", justify="right")
    for key, count in sorted(statistics.sent.items()):
        table.add_row(key, f"{count:,}", f"{statistics.differ[key]:,}")
    table.add_section()
    table.add_row("examples", f"{statistics.users.total():,}", f"{statistics.users[False]:,}")
    return table
