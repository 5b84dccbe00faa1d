"""The server's pages in a real browser: what they show, and that they can be read anywhere."""

import json
import math
import os
import struct
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox, SandboxOptions
from capi_actions_server.components import Components
from capi_actions_server.history import History
from capi_actions_server.passwords import hash_password
from support.chromium import PATIENCE, Page, chromium
from support.threaded import ThreadedServer

PASSWORD = "correct horse battery"
KEY = "a-write-key-of-16"
CONFIG = """
[outbox]
path = "outbox.db"

[server.keys.website]
key = "{key}"

[server.pages]
password_hash = "{hash}"

[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "{token}"
base_url = "{url}"

[destinations.outlet]
type = "facebook"
pixel_id = "555"
access_token = "{token}"
base_url = "{url}"

[[destinations.outlet.mappings]]
action = "facebook.purchase"

[destinations.stores]
type = "facebook"
pixel_id = "777"
access_token = "{wrong}"
base_url = "{url}"

[[destinations.stores.mappings]]
action = "facebook.lead"
"""
PICTURES = os.environ.get("CAPI_PICTURES")
"""A folder to keep the screenshots in, to look at them."""


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Components]:
    """A shop's server with a day behind it, of which the last minutes really happen."""
    folder = tmp_path_factory.mktemp("server")
    with Sandbox(SandboxOptions.strict(tokens="good-token", max_string=300)) as sandbox:
        path = folder / "capi.toml"
        path.write_text(
            CONFIG.format(
                key=KEY,
                hash=hash_password(PASSWORD),
                token="good-token",
                wrong="expired-token",
                url=sandbox.url,
            )
        )
        path.chmod(0o600)
        components = Components.open(path)
        fill_history(History.beside_outbox(components.config))
        yield components
        components.close()


@pytest.fixture(scope="module")
def url(components: Components) -> Iterator[str]:
    """The server's address, after some events came in."""
    with ThreadedServer(components) as address:
        send_events(address)
        history = History.beside_outbox(components.config)
        end = time.monotonic() + PATIENCE
        while True:
            status = components.client.status().destinations
            is_delivered = status["shop"].delivered and status["shop"].dead and status["stores"].paused
            # The counts are written once a second; those of a day were made up, without problems.
            counted = {problem.outcome for problem in history.problems()}
            if is_delivered and {"invalid", "refused", "dead", "paused"} <= counted:
                break
            assert time.monotonic() < end, (status, counted)
            time.sleep(0.1)
        yield address


def fill_history(history: History) -> None:
    """Make up a day like any other: more at noon, an outage in the evening."""
    now = time.time()
    counts: dict[tuple[int, str, str, str], int] = {}
    for ago in range(1, 24 * 60):
        minute = int(now // 60) - ago
        busy = 1.3 + math.sin(minute / 230) + 0.35 * math.sin(minute / 7.3) + 0.2 * math.sin(minute * 1.7)
        number = max(1, round(14 * busy))
        outage = 340 < ago < 390 or 17 < ago < 22
        for key, share in (("page_view", 0.62), ("view_content", 0.25), ("purchase", 0.13)):
            counts[minute, "shop", f"facebook.{key}", "mapped"] = round(number * share)
        counts[minute, "outlet", "facebook.purchase", "mapped"] = round(number * 0.1)
        counts[minute, "shop", "", "delivered"] = 0 if outage else number * (3 if ago in (16, 339) else 1)
        counts[minute, "shop", "", "retried"] = number if outage else 0
        counts[minute, "shop", "", "held_back"] = round(number * 0.08)
        counts[minute, "", "", "unmatched"] = round(number * 0.05)
    history.add(counts, {}, now)


def send_events(url: str) -> None:
    """Send what SDKs send: good events and all kinds of bad ones."""
    person = {"userId": "user-4711", "anonymousId": "a-1"}
    context = {
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
        "ip": "203.0.113.7",
        "page": {"url": "https://shop.example/shoes?size=42"},
        "traits": {"email": "ada@example.com", "phone": "+14155550132"},
        "library": {"name": "analytics.js", "version": "2.1"},
    }
    order = {
        "order_id": "o-1",
        "revenue": 59.9,
        "currency": "EUR",
        "products": [{"product_id": "p-1", "quantity": 2}],
    }
    events: list[dict[str, Any]] = [
        {"type": "page", "properties": {"title": "Shoes"}},
        {"type": "track", "event": "Product Viewed", "properties": {"product_id": "p-1", "price": 59.9}},
        {"type": "track", "event": "Order Completed", "properties": order},
        {"type": "track", "event": "Order Completed", "properties": {"order_id": "o-2"}},
        {"type": "track", "event": "Lead Generated"},
        {"type": "track", "event": "Newsletter Opened"},
        {"type": "page", "integrations": {"All": False}},
        {"type": "track", "event": "Order Completed", "properties": {**order, "currency": "XXX"}},
        {"type": "pgae"},
        {"type": "page", "context": {**context, "page": {"url": f"https://shop.example/{'a' * 400}"}}},
    ]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    batch = [{**person, "context": context, "timestamp": now, **event} for event in events]
    body = json.dumps({"batch": batch, "writeKey": KEY}).encode()
    request = urllib.request.Request(f"{url}/v1/batch", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.fixture(scope="module")
def visitor(url: str) -> Iterator[Callable[[str], Page]]:
    """Somebody who is logged in, and goes to a page."""
    with chromium() as page:
        log_in(page, url)

        def go(address: str) -> Page:
            page.open(url + address)
            return page

        yield go
        assert page.take_events("Log.entryAdded") == []
        assert page.take_events("Runtime.exceptionThrown") == []


def log_in(page: Page, url: str) -> None:
    """Fill in the form, as a person does."""
    page.open(f"{url}/")
    page.evaluate(f"document.querySelector('#secret').value = {json.dumps(PASSWORD)}; 1")
    page.evaluate("document.querySelector('form').submit(); 1")
    page.wait_for("document.querySelector('h1') && document.querySelector('h1').textContent === 'Status'")


VIEWS: dict[str, dict[str, Any]] = {
    "wide": {"width": 1280},
    "dark": {"width": 1280, "dark": True},
    "phone": {"width": 390, "height": 844, "phone": True},
    "phone-dark": {"width": 390, "height": 844, "phone": True, "dark": True},
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("address", ["/", "/?span=day", "/live", "/dead"])
def test_every_page_fits_every_screen(
    visitor: Callable[[str], Page], tmp_path: Path, address: str, view: str
) -> None:
    """Nothing runs out of the view, and all that is written can be told from its background."""
    page = visitor("/live")
    page.show(**VIEWS[view])
    visitor(address)
    if address == "/live":
        page.evaluate("document.querySelectorAll('details')[3].open = true; 1")

    name = {"/": "status", "/?span=day": "day"}.get(address, address[1:])
    picture = page.screenshot(Path(PICTURES or tmp_path) / f"{name}-{view}.png")

    width, height = struct.unpack(">II", picture[16:24])
    assert width == VIEWS[view]["width"]
    assert height > 300
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CONTRASTS) == []


def test_the_live_view_shows_what_comes_in_while_one_looks(visitor: Callable[[str], Page], url: str) -> None:
    """Nobody must load it again and again; and what one has unfolded stays."""
    page = visitor("/live?words=lead")
    assert page.evaluate("document.querySelectorAll('#rows tbody tr').length") == 1

    send_events(url)
    page.wait_for("document.querySelectorAll('#rows tbody tr').length === 2")
    page.evaluate("document.querySelector('details').open = true; 1")

    assert "user-4711" not in page.evaluate("document.documentElement.outerHTML")
    assert "ada@example" not in page.evaluate("document.documentElement.outerHTML")


def test_the_filter_is_in_the_address(visitor: Callable[[str], Page]) -> None:
    """So that one can hand it on."""
    page = visitor("/live")
    page.evaluate(
        "filter.elements.state.value = 'held'; filter.elements.words.value = 'page'; filter.submit(); 1"
    )
    page.wait_for("location.search.includes('state=held') && document.readyState === 'complete'")

    assert page.evaluate("Array.from(document.querySelectorAll('.chip'), chip => chip.className)") != []
    assert page.evaluate("document.querySelector('select').value") == "held"
    assert page.evaluate("document.querySelector('#filter input').value") == "page"


def test_dead_letters_are_sent_again(visitor: Callable[[str], Page], components: Components) -> None:
    """With one click; what is still wrong becomes a dead letter again."""
    page = visitor("/dead")
    (before,) = {letter.buried_at for letter in components.client.dead_letters()[:1]}
    page.evaluate("document.querySelector('.letter button').click(); 1")
    page.wait_for("document.querySelector('.notice') !== null")

    assert "sent again." in page.evaluate("document.querySelector('.notice').textContent")
    end = time.monotonic() + PATIENCE
    while not any(letter.buried_at > before for letter in components.client.dead_letters()):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_paused_destination_is_resumed(visitor: Callable[[str], Page], components: Components) -> None:
    """And paused again, as long as the cause isn't removed."""
    since = components.client.outbox.paused()["stores"].since
    page = visitor("/")
    page.evaluate("document.querySelector('.alert button').click(); 1")
    page.wait_for("document.querySelector('.notice') !== null")

    assert page.evaluate("document.querySelector('.notice').textContent") == "stores is delivered to again."
    end = time.monotonic() + PATIENCE
    while (pause := components.client.outbox.paused().get("stores")) is None or pause.since == since:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_who_logs_out_is_out(page: Page, url: str) -> None:
    """And in again with the password alone."""
    log_in(page, url)
    page.evaluate("document.querySelector('header form').submit(); 1")
    page.wait_for("location.pathname === '/login' && document.querySelector('#secret') !== null")
    page.open(f"{url}/live")

    assert page.evaluate("location.pathname + location.search") == "/login?next=%2Flive"
    assert page.evaluate("document.cookie") == ""


CONTRASTS = """
(function () {
  function parts(colour) { return colour.match(/[0-9.]+/g).map(Number); }
  function light(colour) {
    var sums = parts(colour).slice(0, 3).map(function (part) {
      part /= 255;
      return part <= 0.03928 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * sums[0] + 0.7152 * sums[1] + 0.0722 * sums[2];
  }
  function background(element) {
    for (; element; element = element.parentElement) {
      var colour = getComputedStyle(element).backgroundColor;
      if ((parts(colour)[3] === undefined || parts(colour)[3] === 1) && colour !== "transparent") { return colour; }
    }
    return "rgb(255, 255, 255)";
  }
  return Array.from(document.querySelectorAll("main *, header *")).filter(function (element) {
    return Array.from(element.childNodes).some(function (node) { return node.nodeType === 3 && node.data.trim(); }) &&
      !element.closest("svg") && element.getClientRects().length;
  }).map(function (element) {
    var pair = [light(getComputedStyle(element).color), light(background(element))].sort();
    var name = element.tagName + "." + element.className + ": " + element.textContent;
    return [(pair[1] + 0.05) / (pair[0] + 0.05), name];
  }).filter(function (pair) { return pair[0] < 4.5; }).map(String);
})()
"""
