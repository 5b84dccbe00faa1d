"""Metrics, as Prometheus would scrape them."""

import urllib.request
from functools import partial
from time import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from capi_actions import EventOutcome, EventReport, Judgement, Pause, Report, Stats, Verdict
from capi_actions_prometheus.metrics import Metrics


def report(verdict: Verdict, items: int, **more: Any) -> Report:
    """Make a report of one request."""
    judgement = Judgement(verdict=verdict, code=more.pop("code", None), subcode=more.pop("subcode", None))
    return Report(destination="shop", items=items, judgement=judgement, **more)


def scraped(registry: CollectorRegistry) -> dict[str, float]:
    """Read the exposition text, as Prometheus does, and return its samples."""
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

    samples = scraped(registry)
    assert samples['capi_items_total{code="",destination="shop",subcode="",verdict="done"}'] == 990
    assert samples['capi_items_total{code="100",destination="shop",subcode="2804003",verdict="dead"}'] == 1
    assert samples['capi_request_seconds_count{destination="shop"}'] == 2
    assert samples['capi_batch_items_sum{destination="shop"}'] == 999


def test_requests_that_never_were_are_not_counted() -> None:
    """An event that is too large alone is dead at once: a request of 0 seconds would gild the figures."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    metrics.observe(report(Verdict.DEAD, 1, request_bytes=5_000_000))
    metrics.observe(report(Verdict.SPLIT, 1000, request_bytes=5_000_000))

    samples = scraped(registry)
    assert samples['capi_items_total{code="",destination="shop",subcode="",verdict="dead"}'] == 1
    assert not [name for name in samples if name.startswith(("capi_request_seconds", "capi_batch_items"))]


def test_the_outbox_is_read_when_metrics_are_scraped() -> None:
    """Depth and age are what an alert watches."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    pause = Pause(judgement=Judgement(verdict=Verdict.PAUSE), since=0)
    shop = Stats(waiting=5, delayed=4, leased=3, dead=2, oldest=0, pause=pause)
    metrics.watch(lambda: {"shop": shop, "other": Stats()})

    samples = scraped(registry)
    states = {"waiting": 5, "delayed": 4, "leased": 3, "dead": 2}
    for state, count in states.items():
        assert samples[f'capi_outbox_items{{destination="shop",state="{state}"}}'] == count
    assert samples['capi_outbox_oldest_seconds{destination="shop"}'] > 1_000_000_000
    assert samples['capi_paused{destination="shop"}'] == 1
    assert samples['capi_paused{destination="other"}'] == 0
    assert 'capi_outbox_oldest_seconds{destination="other"}' not in samples


STATS = st.builds(
    Stats,
    **{state: st.integers(0, 9) for state in ("waiting", "delayed", "leased", "dead")},
    oldest=st.none() | st.integers(0, 1000),
    pause=st.none() | st.just(Pause(judgement=Judgement(verdict=Verdict.PAUSE), since=0)),
)
HELD = st.dictionaries(st.sampled_from(["shop", "other"]), STATS)


@given(st.lists(HELD, max_size=3))
def test_several_outboxes_have_one_series_for_each_destination(held: list[dict[str, Stats]]) -> None:
    """Two clients of a process may have a destination of one name: Prometheus takes no scrape with a series twice."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.expect(["expected"])
    for stats in held:
        metrics.watch(partial(dict, stats))

    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    series = [line.rpartition(" ")[0] for line in lines]
    assert sorted(set(series)) == sorted(series)
    samples = scraped(registry)
    names = {name for stats in held for name in stats} | ({"expected"} if held else set())
    assert {f'capi_paused{{destination="{name}"}}' for name in names} == {
        name for name in series if name.startswith("capi_paused")
    }
    for name in names:
        own = [stats[name] for stats in held if name in stats]
        for state in ("waiting", "delayed", "leased", "dead"):
            total = sum(getattr(stats, state) for stats in own)
            assert total == samples[f'capi_outbox_items{{destination="{name}",state="{state}"}}']
        assert any(stats.pause for stats in own) == samples[f'capi_paused{{destination="{name}"}}']
        first = min((stats.oldest for stats in own if stats.oldest is not None), default=None)
        age = samples.get(f'capi_outbox_oldest_seconds{{destination="{name}"}}')
        assert (age is None) is (first is None)
        assert age is None or first is None or 0 <= time() - first - age < 3600


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


def test_events_are_counted_before_they_are_stored() -> None:
    """Refused, unmatched and held-back events never reach an outbox, where gauges would show them."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    for outcome in EventOutcome:
        destination = "" if outcome in (EventOutcome.UNMATCHED, EventOutcome.INVALID) else "shop"
        metrics.observe_event(EventReport(outcome=outcome, destination=destination, action="a.b", reason="r"))

    samples = scraped(registry)
    for name, destination in (
        ("mapped", "shop"),
        ("refused", "shop"),
        ("held_back", "shop"),
        ("unmatched", ""),
        ("invalid", ""),
    ):
        assert samples[f'capi_events_total{{destination="{destination}",outcome="{name}"}}'] == 1


def test_dead_letters_and_pauses_are_counted() -> None:
    """By destination alone: codes would make a new series of each first failure."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    metrics.observe(report(Verdict.DEAD, 3, code=100))
    metrics.observe(report(Verdict.DEAD, 1, code=105))
    metrics.observe(report(Verdict.PAUSE, 900, code=190))

    samples = scraped(registry)
    assert samples['capi_dead_letters_total{destination="shop"}'] == 4
    assert samples['capi_pauses_total{destination="shop"}'] == 1


def test_everything_expected_starts_at_zero() -> None:
    """An alert needs a sample before the first failure; one outbox that can be read is enough."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.expect(["shop", "other"])
    before = scraped(registry)
    metrics.watch(lambda: {"shop": Stats(waiting=1)})
    samples = scraped(registry)

    for name in ("shop", "other"):
        for outcome in ("mapped", "refused", "held_back"):
            assert samples[f'capi_events_total{{destination="{name}",outcome="{outcome}"}}'] == 0
        assert samples[f'capi_dead_letters_total{{destination="{name}"}}'] == 0
        assert samples[f'capi_pauses_total{{destination="{name}"}}'] == 0
        assert samples[f'capi_paused{{destination="{name}"}}'] == 0
        assert samples[f'capi_outbox_items{{destination="{name}",state="dead"}}'] == 0
    assert samples['capi_events_total{destination="",outcome="unmatched"}'] == 0
    assert samples['capi_outbox_items{destination="shop",state="waiting"}'] == 1
    assert not [name for name in before if name.startswith("capi_outbox")]
