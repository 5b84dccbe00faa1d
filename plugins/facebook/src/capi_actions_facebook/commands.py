"""The commands of this package: ``capi normalize`` and ``capi pixel verify``."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

import click

from capi_actions import EventError
from capi_actions_facebook.normalization import PROFILES
from capi_actions_facebook.normalization.lines import LineNormalizer


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
    init, gives {"ud": {...}}.  A bad line gives {"line", "error"}; the others go on.
    """
    answers = LineNormalizer(profile)
    failed = False
    for number, line in _numbered(files or (sys.stdin.buffer,)):
        try:
            click.echo(answers.answer(line))
        except EventError as error:
            failed = True
            click.echo(json.dumps({"line": number, "error": {"message": error.message, "path": error.path}}))
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
    # Here, because the tables and progress bars that only this command draws take 40 ms to import.
    from capi_actions_facebook.normalization.verify.engine import PixelScriptError
    from capi_actions_facebook.normalization.verify.report import report

    try:
        agree = report(file, examples, seed, as_json=as_json)
    except PixelScriptError as error:
        raise _UnusableScript(str(error)) from error
    if not agree:
        context.exit(1)


class _UnusableScript(click.ClickException):
    exit_code = 2


COMMANDS: Final = (normalize, pixel)
"""What this package adds to ``capi``, through the hook ``capi_commands``."""
