"""`capi snippet` in a real browser: what the pixel sends, and what the server's side makes of the same event."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from click.testing import CliRunner

from capi_actions import Item, Plugins, load_config
from capi_actions.pipeline import Pipeline
from capi_actions_facebook.snippet.command import snippet
from capi_actions_sandbox import Sandbox, SandboxOptions
from capi_actions_server.components import Components
from support.chromium import PATIENCE, Page
from support.threaded import ThreadedServer

WRITE_KEY = "a-write-key-of-16"
CONFIG = """
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "not-needed-here"

[[destinations.shop.mappings]]
action = "facebook.page_view"

[[destinations.shop.mappings]]
action = "facebook.purchase"

[[destinations.shop.mappings]]
action = "facebook.search"

[[destinations.shop.mappings]]
action = "facebook.complete_registration"

[[destinations.shop.mappings]]
action = "facebook.custom"
trigger = 'type = "track" and event = "Quiz Done"'
mapping = { event_name = "QuizDone" }
"""
TRAITS = {
    "email": " Ada@Example.com",
    "phone": "+1 (415) 555-0132",
    "name": "Ada Lovelace",
    "address": {"city": "San Francisco", "postalCode": "94107-1234"},
}
ORDER = {
    "order_id": "o-1",
    "revenue": 25.5,
    "currency": "eur",
    "products": [{"product_id": "p-1", "quantity": 2, "price": 10}, {"sku": "p-2", "price": 5.5}],
}
ACTIONS = """
capi.identify("User 42", %(traits)s);
capi.page();
capi.track("Products Searched", {query: "shoes"});
capi.track("Order Completed", %(order)s, {messageId: "order-o-1"});
capi.track("Signed Up");
capi.track("Quiz Done", {score: 7});
capi.track("Nobody Takes This");
"""


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it takes too long"
        sleep(0.02)


class Shop(ThreadingHTTPServer):
    """A web shop, with the pixel's and the events' addresses beside it.

    :ivar page: what every other address answers.
    :ivar pixel: queries of the pixel's requests, in the order of their arrival.
    :ivar events: bodies of the events that were posted.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = ""
        self.pixel: list[dict[str, str]] = []
        self.events: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def wait(self, *, pixel: int, events: int) -> None:
        """Wait until so many requests of each kind have arrived."""
        wait_until(lambda: (len(self.pixel), len(self.events)) == (pixel, events))


class Handler(BaseHTTPRequestHandler):
    """Answers the browser."""

    server: Shop

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/tr/":
            self.server.pixel.append({key: values[0] for key, values in parse_qs(url.query).items()})
            return self._answer("", "image/gif")
        if url.path == "/fbevents.js":
            return self._answer(Path(__file__).with_name("fbevents.js").read_text(), "text/javascript")
        return self._answer(self.server.page, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append({"path": self.path, **json.loads(body)})
        self._answer("{}", "application/json")

    def _answer(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop that serves."""
    with Shop() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(shop: Shop, page: Page) -> Page:
    """A tab that is closed before the shop: what it is still sending then must not fail."""
    return page


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with some mappings."""
    path = tmp_path / "capi.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


def install(shop: Shop, config: Path, *options: str) -> None:
    """Put the snippet into the shop's page."""
    urls = ["--endpoint", shop.url, "--write-key", WRITE_KEY, "--script-url", f"{shop.url}/fbevents.js"]
    result = CliRunner().invoke(snippet, ["-c", str(config), *urls, *options])
    assert result.exit_code == 0, result.output
    icon = "<link rel=icon href=data:,>"  # else the browser asks for one
    shop.page = f"<!doctype html><html><head>{icon}{result.stdout}</head><body>Shoes</body></html>"


def server_items(config: Path, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the server sends to Meta of events."""
    plugins = Plugins.installed()
    pipeline = Pipeline.build(load_config(config, plugins), plugins)
    outcomes = [outcome for event in events for outcome in pipeline.process(event, time())]
    assert all(isinstance(outcome, Item) for outcome in outcomes), outcomes
    return [orjson.loads(outcome.body) for outcome in outcomes if isinstance(outcome, Item)]


@pytest.fixture
def endpoint(shop: Shop, config: Path, sandbox: Sandbox) -> Iterator[str]:
    """The real server at another origin than the shop's, which delivers to the sandbox."""
    text = config.read_text().replace("pixel_id", f'base_url = "{sandbox.url}"\npixel_id')
    config.write_text(
        f'{text}\n[server]\nallowed_origins = ["{shop.url}"]\n[server.keys.browser]\nkey = "{WRITE_KEY}"\n'
    )
    components = Components.open(config)
    with ThreadedServer(components) as url:
        yield url
    components.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stand-in for Meta's API that refuses whatever is uncertain."""
    with Sandbox(SandboxOptions.strict()) as running:
        yield running


def test_browser_and_server_events_pair_up_one_to_one(
    page: Page, shop: Shop, config: Path, endpoint: str, sandbox: Sandbox
) -> None:
    """Same name and id, so that Meta counts one; same person, so that either is matched; same worth.

    All of it is real but the pixel's script: the browser, the server, its delivery.
    """
    install(shop, config, "--endpoint", endpoint)
    page.open(f"{shop.url}/shoes?size=42&fbclid=IwAbc")
    page.evaluate(ACTIONS % {"traits": json.dumps(TRAITS), "order": json.dumps(ORDER)})
    shop.wait(pixel=5, events=0)
    wait_until(lambda: len(sandbox.events()) == 5)

    items = [received["event"] for received in sandbox.events()]

    browser = {(request["ev"], request["eid"]): request for request in shop.pixel}
    server = {(item["event_name"], item["event_id"]): item for item in items}
    assert browser.keys() == server.keys()
    assert len(server) == len(items) == len(shop.pixel) == 5
    assert sorted(name for name, _ in server) == [
        *("CompleteRegistration", "PageView", "Purchase", "QuizDone", "Search"),
    ]
    for key, item in server.items():
        hashes = {name[3:-1]: value for name, value in browser[key].items() if name.startswith("ud[")}
        user = item["user_data"]
        for name, value in hashes.items():
            assert user[name] in (value, [value])
        assert {"em", "ph", "fn", "ln", "ct", "zp", "external_id"} == hashes.keys()
        assert user["fbc"].endswith(".IwAbc")
        assert browser[key]["dl"] == item["event_source_url"]
    purchase = server["Purchase", "order-o-1"]["custom_data"]
    pixel = {
        name[3:-1]: value for name, value in browser["Purchase", "order-o-1"].items() if name[:3] == "cd["
    }
    assert {
        name: json.loads(value) if value[0] in "[{0123456789" else value for name, value in pixel.items()
    } == (purchase)


def test_every_event_reaches_the_endpoint(page: Page, shop: Shop, config: Path) -> None:
    """Also what no mapping takes: the server decides about it."""
    install(shop, config)
    page.open(shop.url)
    page.evaluate(
        "capi.identify('u-1'); capi.page(); capi.track('A', {b: 1}); capi.track('C', {}, {send: false}); 1"
    )
    shop.wait(pixel=1, events=3)

    assert sorted(event["path"] for event in shop.events) == ["/v1/identify", "/v1/page", "/v1/track"]
    for event in shop.events:
        assert event["writeKey"] == WRITE_KEY
        assert event["userId"] == "u-1"
        assert event["context"]["page"]["url"] == f"{shop.url}/"


def test_ids_last_from_page_to_page(page: Page, shop: Shop, config: Path) -> None:
    """The person who came is the one who buys."""
    install(shop, config)
    page.open(f"{shop.url}/a")
    first = page.evaluate("capi.page()")
    page.wait_for("/_fbp=/.test(document.cookie)")
    page.open(f"{shop.url}/b")
    second = page.evaluate("capi.page()")

    assert first["anonymousId"] == second["anonymousId"]
    assert first["messageId"] != second["messageId"]
    assert second["context"]["fbp"].startswith("fb.0.")


def test_who_is_known_late_is_known_to_the_server_at_once(page: Page, shop: Shop, config: Path) -> None:
    """The pixel takes a person with its first init only; name and id still pair up, and the next page knows."""
    install(shop, config)
    page.open(f"{shop.url}/a")
    page.evaluate("capi.page(); capi.identify('u-1'); capi.track('Signed Up'); 1")
    shop.wait(pixel=2, events=3)
    page.open(f"{shop.url}/b")
    page.evaluate("capi.page(); 1")
    shop.wait(pixel=3, events=4)

    anonymous, late, later = shop.pixel

    # In any order: a browser sends on several connections at once.
    assert {("page", None), ("page", "u-1"), ("track", "u-1")} == {
        (event["type"], event.get("userId")) for event in shop.events if event["type"] != "identify"
    }
    assert {item["event_id"] for item in server_items(config, shop.events)} == {
        request["eid"] for request in shop.pixel
    }
    assert anonymous["ud[external_id]"] == late["ud[external_id]"] != later["ud[external_id]"]


def test_nothing_is_sent_before_consent(page: Page, shop: Shop, config: Path) -> None:
    """Neither the pixel's script nor an event; what happened meanwhile is sent when it is given."""
    install(shop, config, "--wait-for-consent")
    page.open(shop.url)
    page.evaluate("capi.page(); capi.identify('u-1'); 1")
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.evaluate("typeof window.fbq") == "undefined"

    page.evaluate("capi.grant(); 1")
    shop.wait(pixel=1, events=2)

    assert [request["ev"] for request in shop.pixel] == ["PageView"]
    assert len(shop.events) == 2
