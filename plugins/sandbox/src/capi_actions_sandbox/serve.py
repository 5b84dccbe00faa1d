"""Serve the sandbox for ``capi sandbox`` until it is stopped, and log the requests."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue

import click

from capi_actions import count_noun, write_line
from capi_actions_sandbox.faults import Fault
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


class Stop:
    """What a program waits for that runs until a signal.

    Not a ``threading.Event``: a signal's handler runs in the main thread, and would wait for ever for the event's lock
    if that thread has just taken it to wait for the event.
    """

    def __init__(self) -> None:
        self._requests: SimpleQueue[None] = SimpleQueue()

    def request(self) -> None:
        """End the wait, or the next one.  For any thread, and for signal handlers: such a queue is reentrant."""
        self._requests.put(None)

    def wait(self) -> None:
        """Return when somebody has requested it."""
        self._requests.get()


def serve(options: SandboxOptions, host: str, port: int, faults: Sequence[Fault], *, as_json: bool) -> None:
    """Serve until a signal comes, or nobody reads the log any more; then print how much has arrived.

    :param as_json: log requests as JSON Lines on standard output, instead of text on standard error.
    :raises ConfigError: when the address can't be used.
    """
    stop = Stop()
    server = Sandbox(options, host=host, port=port, listener=_logger(as_json, stop))
    for fault in faults:
        server.fault(fault)
    with stopping_signals(stop), server:
        _announce(server.url, options)
        stop.wait()
    counts = server.counts()
    requests, events = count_noun(counts["requests"], "request"), count_noun(counts["events"], "event")
    click.echo(f"{requests}, {events} accepted.", err=True)


def _announce(url: str, options: SandboxOptions) -> None:
    pixel = min(options.pixels, default=_ANY_PIXEL)
    token = "one that --token names" if options.tokens else "any will do"
    click.echo(f"Sandbox at {url}; Ctrl-C stops it.  To send there, configure:\n", err=True)
    click.echo(_HINT.format(pixel=printable(pixel), token=token, url=url), err=True)


@contextmanager
def stopping_signals(stop: Stop) -> Iterator[None]:
    """Request a stop when SIGINT or SIGTERM comes."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: stop.request()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def printable(text: str) -> str:
    """Replace what could steer a terminal: an address can hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)


def clock(start: float | None) -> Callable[[], float]:
    """Return a clock that starts now at a moment; the system's clock if there is none."""
    if start is None:
        return time.time
    offset = start - time.time()
    return lambda: time.time() + offset


def _logger(as_json: bool, stop: Stop) -> Callable[[Exchange], None]:
    def log(exchange: Exchange) -> None:
        try:
            (_log_json if as_json else _log_line)(exchange)
        except OSError:  # nobody reads the log any more
            stop.request()

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
