"""Python's SDKs, unchanged: only their host is set."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

Received = Callable[[int], dict[str, dict[str, Any]]]
ORDER = {
    "order_id": "o-1",
    "total": 12.5,
    "currency": "EUR",
    "products": [{"product_id": "p-1", "quantity": 2}],
}
TRAITS = {"email": "Jane.Doe@Example.com"}
CONTEXT = {"traits": TRAITS, "ip": "8.8.8.8", "userAgent": "Mozilla/5.0 test"}
EMAIL = sha256(b"jane.doe@example.com").hexdigest()


def check(events: dict[str, dict[str, Any]]) -> None:
    """Compare what arrived with what was sent."""
    purchase = events["Purchase"]
    assert 12.5 == purchase["custom_data"]["value"]
    assert "EUR" == purchase["custom_data"]["currency"]
    assert [EMAIL] == purchase["user_data"]["em"] or EMAIL == purchase["user_data"]["em"]
    assert "8.8.8.8" == purchase["user_data"]["client_ip_address"]
    assert {"Purchase", "PageView", "Identified"} == set(events)


@pytest.mark.parametrize("gzip", [False, True])
def test_segment_analytics_python(gzip: bool, target: Any, received: Received) -> None:
    """Batches of all calls, from its own thread, flushed at the end."""
    analytics = pytest.importorskip("segment.analytics")
    client = analytics.Client(target.key, host=target.url, gzip=gzip, max_retries=0, on_error=fail)

    client.track("u-1", "Order Completed", ORDER, CONTEXT)
    client.page("u-1", "Shop", "Cart", {"url": "https://shop.example/cart"}, context=CONTEXT)
    client.identify("u-1", TRAITS, CONTEXT)
    client.group("u-1", "g-1", {"name": "Acme"}, CONTEXT)
    client.shutdown()

    check(received(3))


@pytest.mark.parametrize("gzip", [False, True])
def test_rudder_sdk_python(gzip: bool, target: Any, received: Received) -> None:
    """The same protocol, by other people."""
    client_module = pytest.importorskip("rudderstack.analytics.client")
    client = client_module.Client(target.key, host=target.url, gzip=gzip, max_retries=0, on_error=fail)

    client.track("u-1", "Order Completed", ORDER, CONTEXT)
    client.page("u-1", "Shop", "Cart", {"url": "https://shop.example/cart"}, context=CONTEXT)
    client.identify("u-1", TRAITS, CONTEXT)
    client.shutdown()

    check(received(3))


def fail(error: Exception, batch: object) -> None:
    """Fail the test: the SDK itself only logs."""
    raise AssertionError(f"the SDK could not send: {error}")


def test_the_page_s_program_works(
    root: Path, target: Any, received: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the docs show for Python, with this server's address."""
    analytics = pytest.importorskip("segment.analytics")
    page = (root / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    program = page.partition("```python\n")[2].partition("```")[0]
    monkeypatch.setenv("CAPI_WRITE_KEY", target.key)
    monkeypatch.setattr(analytics, "on_error", fail)

    exec(
        compile(program.replace("http://127.0.0.1:8090", target.url), "serve.md", "exec"), {}
    )  # the docs' own

    assert {"Purchase"} == set(received(1))
