"""A running sandbox, a way to post to it, and events that Meta takes."""

import gzip
import json
import signal
import socket
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Sandbox, SandboxOptions, check_events

ROOT = Path(__file__).parents[3]
NOW = 1_795_000_000.0
HASH = sha256(b"ada@example.com").hexdigest()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works() -> None:
    """Whoever starts tests in the background of a shell script hands on an ignored SIGINT, to children too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def vector_text() -> Callable[[str], str]:
    """Read a vector file: the shared original where there is one, the copy in the repository elsewhere."""

    def read(name: str) -> str:
        shared, copy = ROOT.parent / "shared" / "vectors" / name, ROOT / "tests" / "data" / name
        packed = copy.with_name(copy.name + ".gz")
        if not shared.exists() and packed.exists():
            return gzip.decompress(packed.read_bytes()).decode("utf-8")
        return (shared if shared.exists() else copy).read_text(encoding="utf-8")

    return read


@pytest.fixture(scope="session")
def vectors(vector_text: Callable[[str], str]) -> Callable[[str], list[dict[str, Any]]]:
    """Read the lines of a vector file."""
    return lambda name: [json.loads(line) for line in vector_text(name).splitlines()]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach another machine, whatever a library under test tries."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if address[0] not in ("127.0.0.1", "::1"):
            raise PermissionError(f"tried to leave this machine: {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="session")
def make_event() -> Callable[..., dict[str, Any]]:
    """Make an event that Meta takes; a given None leaves a key out."""

    def make(**changes: Any) -> dict[str, Any]:
        event = {
            "event_name": "Lead",
            "event_time": int(NOW) - 60,
            "action_source": "website",
            "user_data": {"em": [HASH]},
        } | changes
        return {key: value for key, value in event.items() if value is not None}

    return make


@pytest.fixture(scope="session")
def subcode(make_event: Callable[..., dict[str, Any]]) -> Callable[..., int | None]:
    """Give the subcode with which an event with these changes is refused, or None when it is taken."""

    def ask(options: SandboxOptions | None = None, **changes: Any) -> int | None:
        failure = check_events([make_event(**changes)], NOW, options or SandboxOptions())
        return None if failure is None else failure.subcode

    return ask


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """One sandbox for all tests that leave no faults behind and count nothing."""
    with Sandbox(SandboxOptions(now=lambda: NOW)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of the test's own."""
    with Sandbox(SandboxOptions(now=lambda: NOW)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def http() -> Iterator[urllib3.PoolManager]:
    """A client without retries and redirects: it shows what came."""
    with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(20), cert_reqs="CERT_NONE") as pool:
        yield pool


@pytest.fixture(scope="session")
def post(http: urllib3.PoolManager) -> Callable[..., Any]:
    """Post events as JSON with a Bearer token; gives status and decoded body."""

    def send(sandbox: Sandbox, data: Any, path: str = "/v25.0/123/events", **extra: Any) -> tuple[int, Any]:
        headers = {"Authorization": "Bearer token", "Content-Type": "application/json"}
        body = json.dumps({"data": data, **extra}).encode()
        response = http.request("POST", sandbox.url + path, body=body, headers=headers, redirect=False)
        return response.status, json.loads(response.data)

    return send
