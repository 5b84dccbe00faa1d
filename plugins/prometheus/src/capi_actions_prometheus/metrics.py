"""Metrics of deliveries and of the outbox."""

from collections.abc import Iterable
from time import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from capi_actions import Report
from capi_actions_prometheus.outboxes import Outboxes, ReadOutbox

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10)
_ITEMS = (1, 5, 10, 50, 100, 250, 500, 1000)
_STATES = ("waiting", "delayed", "leased", "dead")


class Metrics(Collector):
    """An observer that counts, and a collector that asks the outbox when it is scraped."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register all metrics."""
        labels = ("destination", "verdict", "code", "subcode")
        self._items = Counter("capi_items", "Items by what was decided of them", labels, registry=registry)
        self._seconds = Histogram(
            "capi_request_seconds",
            "How long requests took",
            ("destination",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch = Histogram(
            "capi_batch_items", "Items of a request", ("destination",), buckets=_ITEMS, registry=registry
        )
        self._outboxes = Outboxes()
        registry.register(self)

    def observe(self, report: Report) -> None:
        """Count one outcome."""
        judgement = report.judgement
        code, subcode = (
            "" if number is None else str(number) for number in (judgement.code, judgement.subcode)
        )
        self._items.labels(report.destination, judgement.verdict.value, code, subcode).inc(report.items)
        if report.requested:
            self._seconds.labels(report.destination).observe(report.seconds)
            self._batch.labels(report.destination).observe(report.items)

    def watch(self, read: ReadOutbox) -> None:
        """Ask this outbox, too, for what it holds, as long as it lives."""
        self._outboxes.add(read)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Ask the outboxes now.  One that can't be read, or is closed, is left out this time."""
        items = GaugeMetricFamily(
            "capi_outbox_items", "Items that the outbox holds", labels=("destination", "state")
        )
        oldest = GaugeMetricFamily(
            "capi_outbox_oldest_seconds",
            "Age of the undelivered event whose deadline is nearest: the oldest, if all have equally long",
            labels=("destination",),
        )
        paused = GaugeMetricFamily("capi_paused", "1 while a person must act", labels=("destination",))
        for stats in self._outboxes.read():
            for destination, each in stats.items():
                for state in _STATES:
                    items.add_metric((destination, state), getattr(each, state))
                if each.oldest is not None:
                    oldest.add_metric((destination,), max(0.0, time() - each.oldest))
                paused.add_metric((destination,), float(each.pause is not None))
        return (items, oldest, paused)
