"""Events, and `capi` as a process of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox, SandboxOptions

LONGEST_STRING = 300


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    """Make paid orders, some minutes old; ``properties`` are laid over the usual ones."""
    now = datetime.now(UTC) - timedelta(minutes=5)

    def make(number: int, **properties: Any) -> dict[str, Any]:
        return {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"order-{number:06}",
            "timestamp": now.isoformat(),
            "userId": f"user-{number}",
            "context": {"userAgent": "Mozilla/5.0", "page": {"url": "https://shop.example/thanks"}},
            "properties": {"revenue": 12.5, "currency": "EUR", "order_id": str(number), **properties},
        }

    return make


@pytest.fixture
def picky_sandbox() -> Iterator[Sandbox]:
    """A stand-in with a limit that nobody has documented: events with a string of over 300 characters are bad."""
    with Sandbox(SandboxOptions.strict(max_string=LONGEST_STRING, last_days={})) as running:
        yield running


@pytest.fixture
def picky_config(config: Path, sandbox: Sandbox, picky_sandbox: Sandbox) -> Path:
    """A configuration for the picky one."""
    text = config.read_text(encoding="utf-8").replace(sandbox.url, picky_sandbox.url)
    config.write_text(text, encoding="utf-8")
    return config


class Running:
    """A process with pipes, in the folder of the configuration."""

    def __init__(
        self, command: Sequence[str], folder: Path, stdout: int, environment: Mapping[str, str]
    ) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self._writer: threading.Thread | None = None

    def pour(self, events: Iterable[Any], *, close: bool = True) -> None:
        """Write events as JSON Lines, until the process takes no more."""
        stdin = self.process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError):
            for event in events:
                stdin.write(json.dumps(event).encode() + b"\n")
            stdin.flush()
            if close:
                stdin.close()

    def keep_pouring(self, events: Iterable[Any]) -> None:
        """Do the same beside the test."""
        self._writer = threading.Thread(target=self.pour, args=(events,), daemon=True)
        self._writer.start()

    def line(self) -> Any:
        """Read one line of standard output, as JSON."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> tuple[int, list[Any], list[str]]:
        """Wait for the end; give the status, the lines of standard output and those of standard error."""
        out = self.process.stdout.read() if self.process.stdout and not self.process.stdout.closed else b""
        assert self.process.stderr is not None
        err = self.process.stderr.read().decode().splitlines()
        return self.process.wait(), [json.loads(line) for line in out.splitlines()], err

    def close(self) -> None:
        """Kill what still runs."""
        self.process.kill()
        self.process.wait()
        if self._writer is not None:
            self._writer.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the installed `capi`, or Python code in its place."""
    started: list[Running] = []
    script = str(Path(sys.executable).with_name("capi"))

    def start(
        *arguments: str,
        code: str = "",
        stdout: int = subprocess.PIPE,
        environment: Mapping[str, str] | None = None,
    ) -> Running:
        command = [sys.executable, "-c", code] if code else [script]
        running = Running([*command, *arguments], tmp_path, stdout, environment or {})
        started.append(running)
        return running

    yield start
    for running in started:
        running.close()


@pytest.fixture
def ids() -> Callable[[Sandbox], list[str]]:
    """Give the ids of the events that arrived, sorted."""
    return lambda sandbox: sorted(record["event"]["event_id"] for record in sandbox.events())


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so."""

    def wait(condition: Callable[[], bool]) -> None:
        for _ in range(12_000):
            if condition():
                return
            sleep(0.01)
        raise AssertionError("it never came true")

    return wait
