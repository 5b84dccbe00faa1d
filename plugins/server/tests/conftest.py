"""A server without a network, and a way to send requests to it."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from capi_actions import Plugins
from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from capi_actions_server.recent_events import RecentEvent
from support.asgi import Caller

KEY = "0123456789abcdef-main"
DESTINATION = """
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "unused"
mappings = [{ action = "facebook.purchase" }]
"""
CONFIG = """
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "unused"
mappings = [{ action = "facebook.purchase" }, { action = "facebook.page_view" }]

[destinations.blog]
type = "facebook"
pixel_id = "9876543210"
access_token = "unused"
integration_names = ["Blog"]
mappings = [{ action = "facebook.purchase" }]

[server]
trusted_proxies = ["10.0.0.0/8"]
address_headers = ["CF-Connecting-IP"]
allowed_origins = ["https://shop.example"]
max_body_bytes = 50000
failures_per_minute = 0

[server.keys.main]
key = "0123456789abcdef-main"

[server.keys.blog]
key = "0123456789abcdef-blog"
destinations = ["blog"]

[server.webhooks.hosted]
secret = "0123456789abcdef-hook"
destinations = ["shop"]

[server.webhooks.orders]
secret = "0123456789abcdef-shop"
format = "shopify"
header = "X-Shopify-Hmac-Sha256"
signed = "body"
encoding = "base64"
destinations = ["shop"]
"""


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """Everything that is installed."""
    return Plugins.installed()


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[str], Path]:
    """Write a configuration with one destination, ``shop``, and a table ``[server]``."""

    def write(table: str) -> Path:
        path = tmp_path / "capi.toml"
        path.write_text(DESTINATION + table, encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_components(
    write_config: Callable[[str], Path], plugins: Plugins
) -> Iterator[Callable[[str], Components]]:
    """Open a server's components that only store, with a table ``[server]``; they are closed after the test."""
    opened: list[Components] = []

    def open_one(table: str) -> Components:
        opened.append(Components.open(write_config(table), plugins=plugins, deliver=False))
        return opened[-1]

    yield open_one
    for components in opened:
        components.close()


@pytest.fixture(scope="session")
def shared_components(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Components]:
    """The components of most tests: compiling a configuration takes longer than any of them."""
    path = tmp_path_factory.mktemp("server") / "capi.toml"
    path.write_text(CONFIG, encoding="utf-8")
    components = Components.open(path, plugins=plugins, deliver=False)
    yield components
    components.close()


@pytest.fixture(scope="session")
def shared_app(shared_components: Components) -> ASGIApp:
    """The application of those components."""
    return create_app(shared_components)


@pytest.fixture
def call(shared_app: ASGIApp) -> Caller:
    """Send requests to the shared components."""
    return Caller(shared_app, KEY)


@pytest.fixture
def order() -> dict[str, Any]:
    """An event that Meta takes, as a server would send it."""
    return {
        "event": "Order Completed",
        "messageId": "m-1",
        "userId": "u-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"total": 12.5, "currency": "EUR", "order_id": "o-1"},
    }


@pytest.fixture
def stored(shared_components: Components) -> Callable[[], list[dict[str, Any]]]:
    """Return the items that the test has stored, each with its destination."""
    path = shared_components.config.folder / "capi-outbox.sqlite3"
    before = len(items(path))
    return lambda: items(path)[before:]


@pytest.fixture
def arrived(shared_components: Components) -> Callable[[], list[RecentEvent]]:
    """Return what the test has sent."""
    before = shared_components.recent_events.count
    return lambda: [event for event in shared_components.recent_events.latest() if event.number > before]


def items(path: Path) -> list[dict[str, Any]]:
    """Return the items in an outbox, each with its destination."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT destination, body FROM item ORDER BY id").fetchall()
    return [{"destination": destination, **json.loads(body)} for destination, body in rows]
