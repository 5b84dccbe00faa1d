"""JavaScript's SDKs, unchanged: only their host is set."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.chromium import chromium
from support.serving import running_server

Received = Callable[[int], dict[str, dict[str, Any]]]
KEY = "0123456789abcdef-clients"
EMAIL = sha256(b"jane.doe@example.com").hexdigest()
SCRIPT = Path(__file__).with_name("node_sdk.mjs")
PAGE = """<!doctype html><title>Shop</title><script src="/analytics/index.js"></script>"""
SEND = """
(async () => {
  const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: $KEY, cdnURL: $URL });
  await analytics.page('Cart');
  await analytics.identify('u-1', { email: 'Jane.Doe@Example.com' });
  await analytics.track('Order Completed', { order_id: 'o-1', total: 12.5, currency: 'EUR' });
  return (await analytics.user()).id();
})()
"""


def test_analytics_node(node_modules: Path, target: Any, received: Received, tmp_path: Path) -> None:
    """From a program of Node.js."""
    node = shutil.which("node")
    assert node is not None, "apt-get install nodejs npm"
    script = tmp_path / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    (tmp_path / "node_modules").symlink_to(node_modules)
    environment = {**os.environ, "NO_PROXY": "*"}
    subprocess.run([node, script, target.url, target.key], check=True, timeout=120, env=environment)

    events = received(3)
    assert {"Purchase", "PageView", "Identified"} == set(events)
    assert 12.5 == events["Purchase"]["custom_data"]["value"]
    assert EMAIL in events["Purchase"]["user_data"]["em"]


class Shop(SimpleHTTPRequestHandler):
    """Serves a page, and analytics.js from npm's folder."""

    def do_GET(self) -> None:
        """Answer with the page or a file of analytics.js."""
        if not self.path.startswith("/analytics/"):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())
            return
        self.path = self.path.removeprefix("/analytics")
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def shop(node_modules: Path) -> Iterator[str]:
    """A web shop on this machine."""
    folder = node_modules / "@segment" / "analytics-next" / "dist" / "umd"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shop, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://shop.localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_analytics_js_in_a_browser(shop: str, target: Any, received: Received) -> None:
    """The page names the server once; its address, browser and page come with each event."""
    url = target.url.replace("127.0.0.1", "collect.localhost")
    with chromium() as page:
        page.open(f"{shop}/cart?fbclid=IwAR0AbC-_x")
        script = SEND.replace("$KEY", json.dumps(target.key)).replace("$URL", json.dumps(url))
        assert "u-1" == page.evaluate(script)
        events = received(3)
        agent = page.evaluate("navigator.userAgent")

    assert {"Purchase", "PageView", "Identified"} == set(events)
    purchase = events["Purchase"]
    assert 12.5 == purchase["custom_data"]["value"]
    assert f"{shop}/cart?fbclid=IwAR0AbC-_x" == purchase["event_source_url"]
    assert purchase["user_data"]["fbc"].endswith(".IwAR0AbC-_x")
    assert agent == purchase["user_data"]["client_user_agent"]


def test_cookies_of_the_page_s_own_site_come_along(shop: str, config: Path, received: Received) -> None:
    """If the page sends them, to a server whose configuration names its origin."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('["*"]', json.dumps([shop])), encoding="utf-8")
    with running_server(config) as server, chromium() as page:
        page.open(f"{shop}/cart?fbclid=IwAR0AbC-_x")
        url = server.url.replace("127.0.0.1", "shop.localhost")
        answer = page.evaluate(FETCH.replace("$KEY", json.dumps(KEY)).replace("$URL", json.dumps(url)))
        assert {"success": True, "accepted": 1} == json.loads(answer)
        user_data = received(1)["PageView"]["user_data"]

    assert "fb.1.1700000000000.123456789" == user_data["fbp"]


FETCH = """
(async () => {
  document.cookie = '_fbp=fb.1.1700000000000.123456789';
  const body = JSON.stringify({ anonymousId: 'a-1', writeKey: $KEY });
  const answer = await fetch($URL + '/v1/p', { method: 'POST', credentials: 'include', body });
  return await answer.text();
})()
"""
