"""The commands of this package: ``capi normalize`` and ``capi pixel verify``."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from capi_actions import EventError
from capi_actions_facebook.normalization import PROFILES
from capi_actions_facebook.normalization.lines import LineNormalizer
from capi_actions_facebook.normalization.verify import (
    Comparison,
    PixelScript,
    PixelScriptError,
    Tally,
    compare,
    people,
)


@click.command()
@click.argument("files", nargs=-1, type=click.File("rb"), metavar="[FILE]...")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="pixel",
    show_default=True,
    help="Whose rules: those of Meta's browser pixel, those that Meta documents, or both.",
)
@click.pass_context
def normalize(context: click.Context, files: tuple[IO[bytes], ...], profile: str) -> None:
    """Show how personal values are normalized and hashed.

    Reads JSON Lines from files or standard input.  {"key": "em", "value": "Ada@Example.com"} gives the
    same object with "normalized" and "hash"; {"user": {...}}, a user object as given to the pixel's
    init, gives {"ud": {...}}.  A bad line gives {"error", "line"}; the others go on.
    """
    answers = LineNormalizer(profile)
    failed = False
    for number, line in _numbered(files or (sys.stdin.buffer,)):
        try:
            click.echo(answers.answer(line))
        except EventError as error:
            failed = True
            click.echo(json.dumps({"error": {"message": error.message, "path": error.path}, "line": number}))
    if failed:
        context.exit(1)


def _numbered(files: Iterable[IO[bytes]]) -> Iterator[tuple[int, bytes]]:
    """Give the lines of all files that aren't blank, with their numbers in their file."""
    for file in files:
        for number, line in enumerate(file, 1):
            if text := line.strip():
                yield number, text


@click.group()
def pixel() -> None:
    """Look after parity with Meta's browser pixel."""


@pixel.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="How many random values: single fields and whole users in turn.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other values.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one line of JSON.")
@click.pass_context
def verify(context: click.Context, file: Path, examples: int, seed: int, *, as_json: bool) -> None:
    """Compare our hashes with those of a pixel script, such as fbevents.js as Meta serves it today.

    Runs FILE in V8 in a page without network, and asks it what it would send for random made-up
    people.  Prints every disagreement as a line of JSON.  Exit status 0: all agree, 1: some don't.
    """
    console = Console(stderr=True)
    tally = Tally()
    source = file.read_text(encoding="utf-8", errors="replace")
    try:
        with PixelScript(source) as script, _progress(console) as progress:
            version = script.version
            compared = compare(script, people(examples, seed))
            for each in progress.track(compared, total=examples, description="asking"):
                tally.add(each)
                if each.differing:
                    click.echo(json.dumps(_disagreement(each)))
    except PixelScriptError as error:
        raise _UnusableScript(str(error)) from error
    if as_json:
        click.echo(json.dumps(_summary(tally, version, seed)))
    else:
        console.print(_table(tally, version, seed))
    if tally.users[False]:
        context.exit(1)


def _progress(console: Console) -> Progress:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


class _UnusableScript(click.ClickException):
    exit_code = 2


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


COMMANDS: Final = (normalize, pixel)
"""What this package adds to ``capi``, through the hook ``capi_commands``."""
