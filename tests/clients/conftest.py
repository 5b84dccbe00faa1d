"""Real SDKs against a running server; `nox -s clients` installs them.

Without them these tests are skipped, unless ``CAPI_CLIENTS`` names the folder that npm has installed into.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from capi_actions_sandbox import Sandbox
from support.serving import running_server

KEY = "0123456789abcdef-clients"
PATIENCE = 120.0  # seconds


class Target(NamedTuple):
    """Where an SDK sends.

    :ivar url: the server's address.
    :ivar key: a write key.
    """

    url: str
    key: str


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder into which npm has installed ``tests/clients/package.json``."""
    folder = os.environ.get("CAPI_CLIENTS")
    if not folder:
        pytest.skip("`nox -s clients` installs the JavaScript SDKs")
    return Path(folder, "node_modules").resolve()


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A configuration for the sandbox, with a write key and pages that may send."""
    path = tmp_path / "capi.toml"
    path.write_text(
        f"""
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "sesame"
base_url = "{sandbox.url}"
mappings = [
  {{ action = "facebook.purchase" }},
  {{ action = "facebook.page_view" }},
  {{ action = "facebook.custom", trigger = 'type = "identify"', mapping = {{ event_name = "Identified" }} }},
]

[server]
allowed_origins = ["*"]

[server.keys.clients]
key = "{KEY}"
client = "always"
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def target(config: Path) -> Iterator[Target]:
    """A running server."""
    with running_server(config) as server:
        yield Target(server.url, KEY)


@pytest.fixture
def received(sandbox: Sandbox) -> Callable[[int], dict[str, dict[str, Any]]]:
    """Wait for so many events at the sandbox, and return them by their names."""

    def wait(number: int) -> dict[str, dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE
        while len(stored := sandbox.events()) < number:
            assert time.monotonic() < deadline, f"{len(stored)} of {number} events have arrived"
            time.sleep(0.05)
        assert number == len(stored)
        return {entry["event"]["event_name"]: entry["event"] for entry in stored}

    return wait
