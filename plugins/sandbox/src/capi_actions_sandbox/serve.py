"""Serve the sandbox for ``capi sandbox`` until it is stopped, and log the requests."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from capi_actions import write_line
from capi_actions_sandbox.faults import Fault
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.server import Sandbox
from capi_actions_sandbox.store import Exchange
from capi_actions_sandbox.text import count_noun, printable

_HINT = """\
[destinations.sandbox]
type = "facebook"
pixel_id = "{pixel}"
access_token = {{ env = "FACEBOOK_ACCESS_TOKEN" }}  # {token}
base_url = "{url}"
"""
_ANY_PIXEL = "1234567890"


def serve(options: SandboxOptions, host: str, port: int, faults: Sequence[Fault], *, as_json: bool) -> None:
    """Serve until a signal comes, or nobody reads the log any more; then print how much has arrived.

    :param as_json: log requests as JSON Lines on standard output, instead of text on standard error.
    :raises ConfigError: when the address can't be used.
    """
    stopped = threading.Event()
    server = Sandbox(options, host=host, port=port, listener=_logger(as_json, stopped))
    for fault in faults:
        server.fault(fault)
    with stopping_signals(stopped), server:
        _announce(server.url, options)
        stopped.wait()
    counts = server.counts()
    requests, events = count_noun(counts["requests"], "request"), count_noun(counts["events"], "event")
    click.echo(f"{requests}, {events} accepted.", err=True)


def _announce(url: str, options: SandboxOptions) -> None:
    pixel = min(options.pixels, default=_ANY_PIXEL)
    token = "one that --token names" if options.tokens else "any will do"
    click.echo(f"Sandbox at {url}; Ctrl-C stops it.  To send there, configure:\n", err=True)
    click.echo(_HINT.format(pixel=printable(pixel), token=token, url=url), err=True)


@contextmanager
def stopping_signals(stopped: threading.Event) -> Iterator[None]:
    """Set an event when SIGINT or SIGTERM comes."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: stopped.set()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def clock(start: float | None) -> Callable[[], float]:
    """Return a clock that starts now at a moment; the system's clock if there is none."""
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
    events = count_noun(exchange["events"], "event")
    status = click.style(str(exchange["status"] or "cut"), fg="green" if exchange["status"] == 200 else "red")
    call = printable(f"{exchange['method']:<5} {exchange['path']:<40}")
    click.echo(f"{moment}  {call} {events:>11}  {status}  {printable(_description(exchange))}", err=True)


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
