"""The commands of this package: ``capi normalize`` and ``capi pixel verify``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import click

from capi_actions import (
    EventError,
    JsonObject,
    Normalizer,
    Plugins,
    decode_json,
    make_hasher,
    read_lines,
    write_line,
)
from capi_actions_facebook.normalization.js_text import HASH_LIKE, number_text
from capi_actions_facebook.normalization.users import normalize_user

_FORMS: Final = 'one of {"key": ..., "value": ...} and {"user": {...}}'


class LineNormalizer:
    """Answers lines by the rules of one profile.

    :param normalizers: those of the profile by key, or of several profiles in their order.
    """

    def __init__(self, normalizers: Mapping[str, Sequence[Normalizer]]) -> None:
        self._normalizers = normalizers
        self._hashers = {key: make_hasher(each) for key, each in self._normalizers.items()}

    def answer(self, line: bytes | EventError) -> JsonObject:
        """Answer one line of JSON, in which numbers are read as those of events are.

        ``{"key", "value"}`` gives the same object with ``normalized`` and ``hash``, ``{"user"}`` gives
        ``{"ud"}``: the hashes by canonical key.

        :param line: or why it could not be read.
        :raises EventError: when the line is neither, or a plugin's normalizer failed on it.
        """
        if isinstance(line, EventError):
            raise line
        asked = decode_json(line)
        if not isinstance(asked, dict):
            raise EventError.of(f"must be a JSON object: {_FORMS}")
        if "user" in asked:
            user = asked["user"]
            if not isinstance(user, dict):
                raise EventError.of("must be an object of key names and values", "$.user")
            return {"ud": normalize_user(user, self._hashers)}
        if "key" not in asked or "value" not in asked:
            raise EventError.of(f"must be {_FORMS}")
        return asked | self._field(asked["key"], asked["value"])

    def _field(self, key: Any, value: Any) -> JsonObject:
        if not isinstance(key, str) or key not in self._normalizers:
            raise EventError.of(f"must be one of {', '.join(self._normalizers)}", "$.key")
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise EventError.of("must be a string, a number or null", "$.value")
        text = value or "" if value is None or isinstance(value, str) else number_text(value)
        hashed = self._hashers[key](text)
        with_appendix = isinstance(hashed, str) and "." in hashed
        sent_as_it_is = with_appendix or HASH_LIKE.fullmatch(text)
        return {"normalized": text if sent_as_it_is else self._normalized(key, text), "hash": hashed}

    def _normalized(self, key: str, text: str) -> str | list[str | None] | None:
        """Say what is hashed: one string when all profiles agree, else one per profile."""
        each = [normalizer.normalize(text) if text else None for normalizer in self._normalizers[key]]
        return each[0] if len(set(each)) == 1 else each


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
