"""Metrics, as Prometheus would scrape them."""

import urllib.request
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from capi_actions import Judgement, Report, Verdict
from capi_actions_prometheus.metrics import Metrics


def report(verdict: Verdict, items: int, **more: Any) -> Report:
    """Make a report of one request."""
    judgement = Judgement(verdict=verdict, code=more.pop("code", None), subcode=more.pop("subcode", None))
    return Report(destination="shop", items=items, judgement=judgement, **more)


def held(**counts: Any) -> SimpleNamespace:
    """Make what an outbox says of one destination."""
    return SimpleNamespace(
        **{"waiting": 0, "delayed": 0, "leased": 0, "dead": 0, "oldest": None, "pause": None, **counts}
    )


def scraped(registry: CollectorRegistry) -> dict[str, float]:
    """Read the exposition text, as Prometheus does."""
    lines = generate_latest(registry).decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
    }


def test_items_are_counted_by_verdict_and_code() -> None:
    """Delivered, retried and dead each show, and why."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    metrics.observe(report(Verdict.DONE, 990, requested=True, seconds=0.3, request_bytes=1000))
    metrics.observe(report(Verdict.DEAD, 1, code=100, subcode=2804003))
    metrics.observe(report(Verdict.LATER, 9, requested=True, seconds=2.0, request_bytes=10))

    found = scraped(registry)
    assert found['capi_items_total{code="",destination="shop",subcode="",verdict="done"}'] == 990
    assert found['capi_items_total{code="100",destination="shop",subcode="2804003",verdict="dead"}'] == 1
    assert found['capi_request_seconds_count{destination="shop"}'] == 2
    assert found['capi_batch_items_sum{destination="shop"}'] == 999


def test_requests_that_never_were_are_not_counted() -> None:
    """An event that is too large alone is dead at once: a request of 0 seconds would gild the figures."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    metrics.observe(report(Verdict.DEAD, 1, request_bytes=5_000_000))
    metrics.observe(report(Verdict.SPLIT, 1000, request_bytes=5_000_000))

    found = scraped(registry)
    assert found['capi_items_total{code="",destination="shop",subcode="",verdict="dead"}'] == 1
    assert not [name for name in found if name.startswith(("capi_request_seconds", "capi_batch_items"))]


def test_the_outbox_is_asked_when_metrics_are_scraped() -> None:
    """Depth and age are what an alert watches."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.watch(lambda: {"shop": held(waiting=5, dead=2, oldest=0, pause=object()), "other": held()})

    found = scraped(registry)
    assert found['capi_outbox_items{destination="shop",state="waiting"}'] == 5
    assert found['capi_outbox_items{destination="shop",state="dead"}'] == 2
    assert found['capi_outbox_oldest_seconds{destination="shop"}'] > 1_000_000_000
    assert found['capi_paused{destination="shop"}'] == 1
    assert found['capi_paused{destination="other"}'] == 0
    assert 'capi_outbox_oldest_seconds{destination="other"}' not in found


def test_metrics_are_served_over_http() -> None:
    """With the client library's own server."""
    registry = CollectorRegistry()
    Metrics(registry).observe(report(Verdict.DONE, 3))
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            assert b"capi_items_total" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
