"""The commands of this package: ``capi normalize`` and ``capi pixel verify``."""

from pathlib import Path
from typing import IO, Final

import click

from capi_actions import EventError, Plugins, read_lines, write_line
from capi_actions_facebook.normalization.lines import LineNormalizer


@click.command()
@click.argument("files", nargs=-1, type=click.File("rb"), metavar="[FILE]...")
@click.option(
    "--profile",
    default="pixel",
    show_default=True,
    metavar="NAME[+NAME]...",
    help="Whose rules: pixel for those of Meta's browser pixel, documented for those that Meta documents, "
    "another plugin's, or several joined with +.",
)
@click.pass_context
def normalize(context: click.Context, files: tuple[IO[bytes], ...], profile: str) -> None:
    """Show how personal values are normalized and hashed.

    Reads JSON Lines from files or standard input.  {"key": "em", "value": "Ada@Example.com"} gives the
    same object with "normalized" and "hash"; {"user": {...}}, a user object as given to the pixel's
    init, gives {"ud": {...}}.  A bad line gives {"line", "error"}; the others go on.
    """
    answers = _answers(profile)
    failed = False
    for number, line in read_lines(files):
        try:
            write_line(answers.answer(line))
        except EventError as error:
            failed = True
            write_line({"line": number, "error": {"message": error.message, "path": error.path}})
    if failed:
        context.exit(1)


def _answers(profile: str) -> LineNormalizer:
    try:
        normalizers = Plugins.installed().normalizers(profile)
    except KeyError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="'--profile'") from None
    if not normalizers:
        raise click.BadParameter("should name a profile", param_hint="'--profile'")
    return LineNormalizer(normalizers)


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
