"""The commands of this package: ``capi normalize``, ``capi pixel verify`` and ``capi snippet``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import click

from capi_actions import (
    ConfigError,
    EventError,
    JsonObject,
    Normalizer,
    Plugins,
    config_option,
    decode_json,
    make_hasher,
    number_text,
    read_lines,
    read_text_file,
    write_line,
)
from capi_actions_facebook.normalization.js_text import HASH_LIKE
from capi_actions_facebook.normalization.users import normalize_user
from capi_actions_facebook.snippet.command import snippet

_FORMS: Final = 'one of {"key": ..., "value": ...} and {"user": {...}}'


@click.command()
@click.argument("files", nargs=-1, type=click.File("rb"), metavar="[FILE]...")
@config_option(must_exist=True)
@click.option(
    "--profile",
    default="pixel",
    show_default=True,
    metavar="NAME[+NAME]...",
    help="Rules to apply: pixel for those of Meta's browser pixel, documented for those in Meta's "
    "documentation, another plugin's profile, or several joined by +.",
)
@click.pass_context
def normalize(context: click.Context, files: tuple[IO[bytes], ...], config_path: Path, profile: str) -> None:
    """Show how personal values are normalized and hashed.

    Reads JSON Lines from files or standard input.  {"key": "em", "value": "Ada@Example.com"} gives the
    same object with "normalized" and "hash" added.  {"user": {...}}, a user object as passed to the pixel's
    init, gives {"ud": {...}}.  A line that can't be read gives {"line", "error"}, with the file's name in "place"
    if there is one, and the command goes on;
    its exit status is then 1.  Of the configuration, only the table [plugins] is read.
    """
    normalizer = _line_normalizer(config_path, profile)
    failed = False
    for line in read_lines(files):
        try:
            write_line(normalizer.normalize(line.text))
        except EventError as error:
            failed = True
            write_line({**line.place, "error": {"message": error.message, "path": error.path}})
    if failed:
        context.exit(1)


def _line_normalizer(config_path: Path, profile: str) -> "LineNormalizer":
    plugins = Plugins.configured(config_path)
    if "capi_normalizers" in plugins.missing_hooks:  # one of these may replace another
        plugins.require_all()
    try:
        normalizers = plugins.normalizers(profile)
    except KeyError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="'--profile'") from None
    if not normalizers:
        raise click.BadParameter("should name a profile", param_hint="'--profile'")
    return LineNormalizer(normalizers)


class LineNormalizer:
    """Normalizes and hashes lines of JSON by the rules of a profile.

    :param normalizers: by key; several for each when several profiles are joined, in their order.
    """

    def __init__(self, normalizers: Mapping[str, Sequence[Normalizer]]) -> None:
        self._normalizers = normalizers
        self._hashers = {key: make_hasher(of_key) for key, of_key in normalizers.items()}

    def normalize(self, line: bytes | EventError) -> JsonObject:
        """Return the result for one line, whose numbers are read as those of events are.

        ``{"key", "value"}`` gives the same object with ``normalized`` and ``hash``; ``{"user"}`` gives
        ``{"ud"}``, the hashes by canonical key.

        :param line: its bytes, or the error with which it could not be read.
        :raises EventError: when the line is neither, or a plugin's normalizer failed.
        """
        if isinstance(line, EventError):
            raise line
        record = decode_json(line)
        if not isinstance(record, dict):
            raise EventError.of(f"must be a JSON object: {_FORMS}")
        if "user" in record:
            user = record["user"]
            if not isinstance(user, dict):
                raise EventError.of("must be an object of key names and values", "$.user")
            return {"ud": normalize_user(user, self._hashers)}
        if "key" not in record or "value" not in record:
            raise EventError.of(f"must be {_FORMS}")
        return record | self._normalize_field(record["key"], record["value"])

    def _normalize_field(self, key: Any, value: Any) -> JsonObject:
        if not isinstance(key, str) or key not in self._normalizers:
            raise EventError.of(f"must be one of {', '.join(self._normalizers)}", "$.key")
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise EventError.of("must be a string, a number or null", "$.value")
        text = value or "" if value is None or isinstance(value, str) else number_text(value)
        hashed = self._hashers[key](text)
        has_appendix = isinstance(hashed, str) and "." in hashed
        if has_appendix or HASH_LIKE.fullmatch(text):
            return {"normalized": text, "hash": hashed}
        if isinstance(hashed, str) and HASH_LIKE.fullmatch(hashed) and hashed in text.lower():
            return {"normalized": hashed, "hash": hashed}  # a hash with white space around it
        return {"normalized": self._normalize(key, text), "hash": hashed}

    def _normalize(self, key: str, text: str) -> str | list[str | None] | None:
        """Return what is hashed: one string when all profiles agree, else one for each profile."""
        strings = [normalizer.normalize(text) if text else None for normalizer in self._normalizers[key]]
        return strings[0] if len(set(strings)) == 1 else strings


@click.group()
def pixel() -> None:
    """Compare with Meta's browser pixel."""


@pixel.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Number of random examples: single fields and whole users in turn.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of the random examples; others give others."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one line of JSON.")
@click.pass_context
def verify(context: click.Context, file: Path, examples: int, seed: int, *, as_json: bool) -> None:
    """Compare our hashes with those of a pixel script.

    The script is today's fbevents.js, for example.  Runs FILE in V8, in a page without a network, and compares
    what it sends for random, made-up people with our hashes.  Prints each difference as a line of JSON.  Exit
    status: 0 when there is none, 1 when there are some, 2 when the script can't be run.
    """
    # Imported here, because the tables and progress bars that only this command draws take 40 ms to import.
    from capi_actions_facebook.normalization.verify.engine import PixelScriptError
    from capi_actions_facebook.normalization.verify.report import report

    try:
        agree = report(_read_script(file), examples, seed, as_json=as_json)
    except PixelScriptError as error:
        raise _ScriptFailedError(str(error)) from error
    if not agree:
        context.exit(1)


def _read_script(file: Path) -> str:
    try:
        return read_text_file(file)
    except FileNotFoundError:
        raise _ScriptFailedError(f"there is no file {file}") from None
    except ConfigError as error:
        raise _ScriptFailedError(error.message) from None


class _ScriptFailedError(click.ClickException):
    exit_code = 2


COMMANDS: Final = (normalize, pixel, snippet)
"""What this package adds to ``capi``, through the hook ``capi_commands``."""
