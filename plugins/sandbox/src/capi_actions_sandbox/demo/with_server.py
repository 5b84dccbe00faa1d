"""The demo with a server: the samples go over HTTP, as a shop's program sends them."""

import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from capi_actions import Client, ConfigError, DeadLetter, Plugins, Receipt
from capi_actions_sandbox.demo.run import Row, configuration, dead_reason, demo_options, make_row
from capi_actions_sandbox.demo.samples import Sample, samples
from capi_actions_sandbox.demo.senders import choose_sender
from capi_actions_sandbox.server import Sandbox

_SERVER = """
[server]
port = 0
allowed_origins = ["*"]

[server.keys.demo]
key = "{key}"

[server.pages]
token = "{token}"
"""
_SECONDS = 60.0  # that delivering may take on a busy machine
_ANNOUNCEMENT = "Listening at "


@frozen(kw_only=True)
class RunningDemo:
    """What runs, and what became of the samples.

    :ivar rows: an outcome for each sample.
    :ivar sent_with: a sentence that says what sent the samples.
    :ivar server: the server's address.
    :ivar sandbox: the sandbox's address.
    :ivar key: the write key.
    :ivar token: with which one can log in to the server's pages.
    """

    rows: list[Row]
    sent_with: str
    server: str
    sandbox: str
    key: str
    token: str


@contextmanager
def run_with_server(plugins: Plugins) -> Iterator[RunningDemo]:
    """Start a sandbox and a server, and send the samples; both run until the end of the block.

    :raises ConfigError: when the server can't be started, or doesn't take the samples.
    """
    key, token = secrets.token_hex(16), secrets.token_hex(16)
    send, sent_with = choose_sender()
    with tempfile.TemporaryDirectory() as folder, Sandbox(demo_options()) as sandbox:
        text = configuration(sandbox.url, plugins)
        config, ours = Path(folder, "capi.toml"), Path(folder, "without-server.toml")
        config.write_text(text + _SERVER.format(key=key, token=token), encoding="utf-8")
        ours.write_text(text, encoding="utf-8")  # what is done with it isn't counted on the status page
        with _server(config) as url, Client.from_config(ours, plugins=plugins, deliver=False) as client:
            all_samples = list(samples())
            send(url, key, [sample.event for sample in all_samples])
            _wait_until(lambda: _is_delivered(client))
            dead = {letter.item.event_id: letter for letter in client.dead_letters()}
            received = {stored["event"]["event_id"]: stored["event"] for stored in sandbox.events()}
            # SDKs don't hand on what the server answered: its answer is made once more.
            receipts = [client.prepare(sample.event) for sample in all_samples]
            rows = [
                make_row(sample, received, _reason(sample, receipt, received, dead))
                for sample, receipt in zip(all_samples, receipts, strict=True)
            ]
            yield RunningDemo(
                rows=rows, sent_with=sent_with, server=url, sandbox=sandbox.url, key=key, token=token
            )


@contextmanager
def _server(config: Path) -> Iterator[str]:
    """Run ``capi serve`` in a process of its own, and return its address."""
    command = [sys.executable, "-m", "capi_actions.cli", "serve", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  our own command
        assert process.stderr is not None  # noqa: S101  for the type checker: it is a pipe
        try:
            line = last = ""
            for line in process.stderr:  # warnings about the configuration come first
                if line.startswith(_ANNOUNCEMENT):
                    break
                last = line
            else:
                raise ConfigError.of(f"the server did not start: {last.strip() or 'it said nothing'}", "")
            # A pipe that nobody reads would stop the server once it is full.
            threading.Thread(target=_discard, args=(process.stderr,), daemon=True).start()
            yield line.removeprefix(_ANNOUNCEMENT).partition(";")[0]
        finally:
            process.terminate()


def _discard(lines: Iterable[str]) -> None:
    for _ in lines:
        pass


def _is_delivered(client: Client) -> bool:
    return all(
        destination.waiting + destination.delayed + destination.in_flight == 0
        for destination in client.status().destinations.values()
    )


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _reason(
    sample: Sample, receipt: Receipt, received: Mapping[str, Any], dead: Mapping[str, DeadLetter]
) -> str:
    message_id = sample.event["messageId"]
    if message_id in received:
        return ""
    if message_id in dead:
        return dead_reason(dead[message_id])
    return f"refused before sending: {receipt.refused[0].error}" if receipt.refused else "no action takes it"
