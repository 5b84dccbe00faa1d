"""The command ``capi sandbox``: its options.

``capi`` imports this module whatever it is to do, to know its commands.  What serves takes 60 ms to import, so that
only the command itself does it.
"""

import sys
from typing import TYPE_CHECKING

import click

from capi_actions import ConfigError

if TYPE_CHECKING:
    from capi_actions_sandbox.faults import Fault

_LAST_CLOCK = 4102444800  # the year 2100


def _read_moment(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    from capi_actions_sandbox.checks.times import unix_time

    seconds = unix_time(text)
    if seconds is None or not 0 <= seconds <= _LAST_CLOCK:
        raise click.BadParameter("should be a time such as 2026-11-23T12:00:00Z, or Unix seconds")
    return seconds


def _read_faults(context: click.Context, option: click.Parameter, specs: tuple[str, ...]) -> "list[Fault]":
    from capi_actions_sandbox.faults import parse_fault

    try:
        return [parse_fault(spec) for spec in specs]
    except ConfigError as error:
        raise click.BadParameter(str(error)) from error


def _read_pixels(context: click.Context, option: click.Parameter, pixels: tuple[str, ...]) -> tuple[str, ...]:
    for pixel in pixels:
        if not (pixel.isascii() and pixel.isdigit()):
            raise click.BadParameter("should be digits only, as a pixel's id is")
    return pixels


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 chooses a free one."
)
@click.option(
    "--pixel",
    "pixels",
    multiple=True,
    callback=_read_pixels,
    help="A pixel that exists; without this option, all do.  Repeatable.",
)
@click.option(
    "--token", "tokens", multiple=True, help="A valid token; without this option, all are.  Repeatable."
)
@click.option("--strict", is_flag=True, help="Be strict where Meta's behaviour isn't known, too.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_read_faults,
    help="A fault to inject, such as code=17,times=3.  Repeatable.",
)
@click.option("--now", callback=_read_moment, help="Start of the clock, as ISO 8601 or Unix seconds.")
@click.option(
    "--keep", default=100_000, show_default=True, type=click.IntRange(0), help="Events to keep in memory."
)
@click.option("--json", "as_json", is_flag=True, help="Log requests as JSON Lines to stdout.")
def sandbox(
    host: str,
    port: int,
    pixels: tuple[str, ...],
    tokens: tuple[str, ...],
    strict: bool,
    faults: "list[Fault]",
    now: float | None,
    keep: int,
    as_json: bool,
) -> None:
    """Stand in for Meta's Conversions API on this machine.

    Runs until Ctrl-C.  Set its address as the base_url of a Facebook destination, or of any other sender.  What
    arrives can be inspected at /_sandbox/events.
    """
    from capi_actions_sandbox.options import SandboxOptions
    from capi_actions_sandbox.serve import clock, printable, serve

    new_options = SandboxOptions.strict if strict else SandboxOptions
    try:
        options = new_options(pixels=pixels, tokens=tokens, keep=keep, now=clock(now))
        serve(options, host, port, faults, as_json=as_json)
    except ConfigError as error:
        click.echo(f"capi sandbox: {printable(str(error))}", err=True)
        sys.exit(2)


COMMANDS = (sandbox,)
"""The commands of this module for ``capi``."""
