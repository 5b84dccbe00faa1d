"""A running sandbox, a way to post to it, and events that Meta takes."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Sandbox, SandboxOptions, check_events

NOW = 1_795_000_000.0
HASH = sha256(b"ada@example.com").hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meta's SDK asks a proxy, where the environment names one."""
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
    with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(60), cert_reqs="CERT_NONE") as pool:
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
