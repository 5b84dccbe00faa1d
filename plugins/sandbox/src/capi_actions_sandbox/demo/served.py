"""The demo with a server: the samples go over HTTP, as an analytics SDK sends them."""

import json
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from capi_actions import Client, ConfigError, DeadLetter, Plugins
from capi_actions_sandbox.demo.run import Row, configuration, dead_reason, make_row
from capi_actions_sandbox.demo.samples import Sample, samples
from capi_actions_sandbox.options import SandboxOptions, known_currencies
from capi_actions_sandbox.server import Sandbox

_SERVER = """
[server]
port = 0
allowed_origins = ["*"]

[server.keys.demo]
key = "{key}"
"""
_SECONDS = 60.0  # that starting and delivering may take on a busy machine
_ANNOUNCEMENT = "Listening at "


@frozen
class ServedDemo:
    """What runs, and what became of the samples.

    :ivar rows: an outcome for each sample.
    :ivar server: the server's address.
    :ivar sandbox: the sandbox's address.
    :ivar key: the write key.
    """

    rows: list[Row]
    server: str
    sandbox: str
    key: str


@contextmanager
def served_demo(plugins: Plugins) -> Iterator[ServedDemo]:
    """Start a sandbox and a server, and send the samples; both run until the end of the block.

    :raises ConfigError: when the server can't be started.
    """
    key = secrets.token_urlsafe(24)
    options = SandboxOptions(currencies=known_currencies())
    with tempfile.TemporaryDirectory() as folder, Sandbox(options) as sandbox:
        config = Path(folder, "capi.toml")
        config.write_text(configuration(sandbox.url, plugins) + _SERVER.format(key=key), encoding="utf-8")
        with _server(config) as url, Client.from_config(config, plugins=plugins, deliver=False) as client:
            all_samples = list(samples())
            errors = _send(url, key, all_samples)
            _wait_until(lambda: _is_delivered(client))
            dead = {letter.item.event_id: letter for letter in client.dead_letters()}
            received = {stored["event"]["event_id"]: stored["event"] for stored in sandbox.events()}
            rows = [
                make_row(sample, received, _reason(sample, number, errors, received, dead))
                for number, sample in enumerate(all_samples)
            ]
            yield ServedDemo(rows, url, sandbox.url, key)


@contextmanager
def _server(config: Path) -> Iterator[str]:
    """Run ``capi serve`` in a process of its own, and return its address."""
    command = [sys.executable, "-m", "capi_actions.cli", "serve", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  our own command
        assert process.stderr is not None  # noqa: S101  for the type checker: it is a pipe
        try:
            line = process.stderr.readline()
            if not line.startswith(_ANNOUNCEMENT):
                raise ConfigError.of(f"the server did not start: {line.strip() or 'it said nothing'}", "")
            yield line.removeprefix(_ANNOUNCEMENT).partition(";")[0]
        finally:
            process.terminate()


def _send(url: str, key: str, all_samples: list[Sample]) -> Mapping[int, str]:
    """Send the samples as an SDK does, in one batch, and return the errors by index."""
    batch = {
        "batch": [sample.event for sample in all_samples],
        "sentAt": datetime.now(UTC).isoformat(),
    }
    request = urllib.request.Request(  # noqa: S310  the server's own address
        f"{url}/v1/batch",
        data=json.dumps(batch).encode(),
        headers={
            "authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}",
            "content-type": "application/json",
            "user-agent": "analytics-python/2.3.4",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        errors: list[Mapping[str, Any]] = json.load(answer).get("errors", [])
    return {error["index"]: error["error"] for error in reversed(errors)}


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
    sample: Sample,
    number: int,
    errors: Mapping[int, str],
    received: Mapping[str, Any],
    dead: Mapping[str, DeadLetter],
) -> str:
    message_id = sample.event["messageId"]
    if number in errors:
        return f"refused before sending: {errors[number]}"
    if message_id in dead:
        return dead_reason(dead[message_id])
    return "" if message_id in received else "no action takes it"
