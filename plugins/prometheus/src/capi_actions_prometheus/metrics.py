"""The metrics: of requests, as delivery reports them, and of outboxes, as they are at a scrape."""

from collections.abc import Iterable, Mapping, Sequence
from time import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from capi_actions import EventOutcome, EventReport, Report, Stats, Verdict
from capi_actions_prometheus.outboxes import Outboxes, ReadStats

_SECONDS_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10)
_ITEMS_BUCKETS = (1, 5, 10, 50, 100, 250, 500, 1000)
_STATES = ("waiting", "delayed", "leased", "dead")  # attributes of Stats


class Metrics(Collector):
    """An observer that counts outcomes, and a collector that reads the outboxes when it is scraped."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register all metrics.

        :param registry: refuses a second object with the same metrics.
        """
        labels = ("destination", "verdict", "code", "subcode")
        self._items = Counter(
            "capi_items", "Items by the verdict on them, in each request", labels, registry=registry
        )
        self._events = Counter(
            "capi_events",
            "Events by what became of them before anything was stored, at each destination",
            ("destination", "outcome"),
            registry=registry,
        )
        self._dead = Counter(
            "capi_dead_letters",
            "Dead letters that this process has made",
            ("destination",),
            registry=registry,
        )
        self._pauses = Counter(
            "capi_pauses",
            "Pauses of a destination that this process has seen begin",
            ("destination",),
            registry=registry,
        )
        self._expected: frozenset[str] = frozenset()
        self._seconds = Histogram(
            "capi_request_seconds",
            "Duration of requests, answered or not",
            ("destination",),
            buckets=_SECONDS_BUCKETS,
            registry=registry,
        )
        self._batch = Histogram(
            "capi_batch_items",
            "Items in a request",
            ("destination",),
            buckets=_ITEMS_BUCKETS,
            registry=registry,
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
        if judgement.verdict is Verdict.DEAD:
            self._dead.labels(report.destination).inc(report.items)
        elif judgement.verdict is Verdict.PAUSE:
            self._pauses.labels(report.destination).inc()
        if report.requested:
            self._seconds.labels(report.destination).observe(report.seconds)
            self._batch.labels(report.destination).observe(report.items)

    def observe_event(self, report: EventReport) -> None:
        """Count what became of one event."""
        self.observe_events(report, 1)

    def observe_events(self, report: EventReport, number: int) -> None:
        """Count events of which the same became."""
        self._events.labels(report.destination, report.outcome.value).inc(number)

    def expect(self, destinations: Iterable[str]) -> None:
        """Start the counters of these destinations at 0.

        A counter that appears with its first failure already counted has no increase that an alert could see.
        """
        self._expected |= set(destinations)
        for outcome in (EventOutcome.UNMATCHED, EventOutcome.INVALID):
            self._events.labels("", outcome.value)
        for destination in self._expected:
            for outcome in (EventOutcome.MAPPED, EventOutcome.REFUSED, EventOutcome.HELD_BACK):
                self._events.labels(destination, outcome.value)
            self._dead.labels(destination)
            self._pauses.labels(destination)

    def watch(self, read: ReadStats) -> None:
        """Read this outbox, too, at every scrape, as long as it lives."""
        self._outboxes.add(read)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return what the outboxes hold now.  One that can't be read, or is closed, is left out this time.

        Of several with items of one destination, the numbers are added, the greater age counts, and one pause.
        """
        items = GaugeMetricFamily(
            "capi_outbox_items", "Items in the outbox, by state", labels=("destination", "state")
        )
        oldest = GaugeMetricFamily(
            "capi_outbox_oldest_seconds",
            "Age of the undelivered event with the nearest deadline",
            labels=("destination",),
        )
        paused = GaugeMetricFamily(
            "capi_paused", "1 while the destination is paused: a person must act", labels=("destination",)
        )
        present = time()
        for destination, all_stats in self._stats_by_destination().items():
            for state in _STATES:
                items.add_metric((destination, state), sum(getattr(stats, state) for stats in all_stats))
            ages = [max(0.0, present - stats.oldest) for stats in all_stats if stats.oldest is not None]
            if ages:
                oldest.add_metric((destination,), max(ages))
            paused.add_metric((destination,), float(any(stats.pause is not None for stats in all_stats)))
        return (items, oldest, paused)

    def _stats_by_destination(self) -> Mapping[str, Sequence[Stats]]:
        """Return what the outboxes hold, by destination: several may hold items of one, as clients' own ones do.

        A destination that none holds anything of is there, too, if any outbox could be read.
        """
        outboxes = list(self._outboxes.read())
        if outboxes:
            outboxes.append(dict.fromkeys(sorted(self._expected), Stats()))
        by_destination: dict[str, list[Stats]] = {}
        for outbox in outboxes:
            for destination, stats in outbox.items():
                by_destination.setdefault(destination, []).append(stats)
        return by_destination
