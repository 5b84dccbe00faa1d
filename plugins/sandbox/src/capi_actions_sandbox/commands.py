"""The command ``capi sandbox``."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from capi_actions import ConfigError, write_line
from capi_actions_sandbox.checks.times import unix_time
from capi_actions_sandbox.faults import Fault, parse_fault
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.server import Sandbox
from capi_actions_sandbox.store import Exchange

_HINT = """\
[destinations.sandbox]
type = "facebook"
pixel_id = "{pixel}"
access_token = {{ env = "FACEBOOK_ACCESS_TOKEN" }}  # {token}
base_url = "{url}"
"""
_ANY_PIXEL = "1234567890"
_LAST_CLOCK = 4102444800  # the year 2100


def _read_moment(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    seconds = unix_time(text)
    if seconds is None or not 0 <= seconds <= _LAST_CLOCK:
        raise click.BadParameter("should be a time such as 2026-11-23T12:00:00Z, or Unix seconds")
    return seconds


def _read_faults(context: click.Context, option: click.Parameter, specs: tuple[str, ...]) -> list[Fault]:
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
    faults: list[Fault],
    now: float | None,
    keep: int,
    as_json: bool,
) -> None:
    """Stand in for Meta's Conversions API on this machine, until Ctrl-C.

    Set its address as the base_url of a Facebook destination, or of any other sender.  What arrives can be
    inspected at /_sandbox/events.
    """
    stopped = threading.Event()
    new_options = SandboxOptions.strict if strict else SandboxOptions
    try:
        options = new_options(pixels=pixels, tokens=tokens, keep=keep, now=_clock(now))
        server = Sandbox(options, host=host, port=port, listener=_logger(as_json, stopped))
        for fault in faults:
            server.fault(fault)
        with _signals(stopped), server:
            _announce(server.url, options)
            stopped.wait()
    except ConfigError as error:
        click.echo(f"capi sandbox: {_printable(str(error))}", err=True)
        sys.exit(2)
    counts = server.counts()
    requests, events = (
        f"{count} {noun}{'' if count == 1 else 's'}"
        for count, noun in ((counts["requests"], "request"), (counts["events"], "event"))
    )
    click.echo(f"{requests}, {events} accepted.", err=True)


def _announce(url: str, options: SandboxOptions) -> None:
    pixel = min(options.pixels, default=_ANY_PIXEL)
    token = "one that --token names" if options.tokens else "any will do"
    click.echo(f"Sandbox at {url}; Ctrl-C stops it.  To send there, configure:\n", err=True)
    click.echo(_HINT.format(pixel=_printable(pixel), token=token, url=url), err=True)


@contextmanager
def _signals(stopped: threading.Event) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: stopped.set()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def _clock(start: float | None) -> Callable[[], float]:
    if start is None:
        return time.time
    offset = start - time.time()
    return lambda: time.time() + offset


def _logger(as_json: bool, stopped: threading.Event) -> Callable[[Exchange], None]:
    def log(exchange: Exchange) -> None:
        try:
            (_log_json if as_json else _log_line)(exchange)
        except OSError:  # nobody reads the log any more
            stopped.set()

    return log


def _log_json(exchange: Exchange) -> None:
    write_line(exchange)


def _log_line(exchange: Exchange) -> None:
    moment = datetime.fromtimestamp(exchange["received"], UTC).strftime("%H:%M:%S")
    events = f"{exchange['events']} event{'' if exchange['events'] == 1 else 's'}"
    status = click.style(str(exchange["status"] or "cut"), fg="green" if exchange["status"] == 200 else "red")
    call = _printable(f"{exchange['method']:<5} {exchange['path']:<40}")
    click.echo(f"{moment}  {call} {events:>11}  {status}  {_printable(_description(exchange))}", err=True)


def _printable(text: str) -> str:
    # An address can hold anything, control sequences for terminals included.
    return "".join(character if character.isprintable() else "?" for character in text)


def _description(exchange: Exchange) -> str:
    parts = []
    if exchange["code"] is not None:
        number = "/".join(str(code) for code in (exchange["code"], exchange["subcode"]) if code is not None)
        parts.append(f"{number} {exchange['problem']}")
    if exchange["index"] is not None:
        parts.append(f"event {exchange['index']}")
    fault = exchange["fault"]
    if fault is not None:
        regular = fault == 'shape="pass"' or not fault.startswith("shape=")
        if regular and exchange["stored"]:
            parts.append("accepted")
        parts.append(f"fault {fault}" + (", stored" if exchange["stored"] and not regular else ""))
    return "  ".join(parts) or "accepted"


COMMANDS = (sandbox,)
"""The commands of this module for ``capi``."""
