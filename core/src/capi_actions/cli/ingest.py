"""Read events, turn them into items, and store these in chunks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from time import monotonic, time
from typing import TypeAlias

from attrs import Factory, define

from capi_actions.cli.console import error_record
from capi_actions.cli.personal_data import PersonalDataWatch
from capi_actions.cli.record_mapper import MappedRecord, MappedRun, RecordMapper
from capi_actions.cli.signals import DeferredInterrupts
from capi_actions.cli.workers import WorkerError, Workers
from capi_actions.delivery.reporting import LOG
from capi_actions.errors import ConfigError, EventError, OutboxError
from capi_actions.inputs import InputRecord, UndecodedRecord, decode_record
from capi_actions.model import Item, JsonObject, OnceOutbox
from capi_actions.notes import Notes, collect_notes
from capi_actions.pipeline import HeldBack, Refusal
from capi_actions.runtime import Runtime

AnyRecord: TypeAlias = InputRecord | UndecodedRecord

_CHUNK = 1000  # items a commit: 11 µs an item instead of 200
_FLUSH_INTERVAL = 0.5  # seconds
_MAX_NAMES = 1000


@define
class IngestStats:
    """Counts of what was read.

    :ivar last: the last record that was processed; None before the first.
    :ivar last_kept: the last one of which nothing is left to store.
    :ivar events: records: lines that were not empty, rows, or members of a list.
    :ivar kept: those up to ``last_kept``.
    :ivar broken: records that are no event.
    :ivar stored: items that were put into the outbox.
    :ivar repeated: items that an earlier run had put, and that were left out.
    :ivar refused: items that could not be built, or that the platform would refuse.
    :ivar held_back: events that filters hold back, by destination and reason.
    :ivar filter_failures: how many of these a filter failed on.
    :ivar unmatched: events that no mapping matches; see :func:`count_unmatched`.
    :ivar notes: values that were left out, or read in a way that may be wrong.
    """

    last: MappedRecord | MappedRun | None = None
    last_kept: MappedRecord | MappedRun | None = None
    events: int = 0
    kept: int = 0
    broken: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0
    held_back: "Counter[tuple[str, str]]" = Factory(Counter)
    filter_failures: int = 0
    unmatched: "Counter[str]" = Factory(Counter)
    notes: Notes = Factory(Notes)

    @property
    def failed(self) -> int:
        """Records and items that failed before anything was sent."""
        return self.broken + self.refused + self.filter_failures


class Ingester:
    """Puts events into the outbox.  Memory stays bounded however many there are.

    :ivar stats: counts so far.
    """

    def __init__(
        self,
        runtime: Runtime,
        report: Callable[[JsonObject], None],
        *,
        once: bool = False,
        workers: Workers | None = None,
    ) -> None:
        """Start with nothing read.

        :param report: is called with a JSON record for each event or item that failed, without personal data.
        :param once: leave out items that an earlier run with ``once`` has put.
        :param workers: processes that map the records; None maps them here.
        :raises ConfigError: when the outbox can't do that.
        """
        self._once: OnceOutbox | None = None
        if once:
            if not isinstance(runtime.outbox, OnceOutbox):
                problem = "this type of outbox doesn't remember what was put, so --once can't be used"
                raise ConfigError.of(problem, "$.outbox")
            self._once = runtime.outbox
        self.stats = IngestStats()
        self._runtime = runtime
        self._report = report
        self._mapper = RecordMapper(runtime.pipeline, once)
        self._workers = workers
        self._items: list[Item] = []
        self._keys: list[bytes] = []  # one for each item; empty without `once`
        self._reported = 0  # how many of the items observers know of
        self._lock = threading.Lock()
        self._watch = PersonalDataWatch()

    def ingest(self, records: Iterable[AnyRecord], interrupts: DeferredInterrupts | None = None) -> None:
        """Process records until they end.

        :param records: may be undecoded, as from :func:`~capi_actions.inputs.read_undecoded`.
        :param interrupts: deferred while a record is processed.  In the middle of storing, nobody could tell
            whether the items must be stored again.
        :raises OutboxError: when items can't be stored; those before them are stored.
        :raises WorkerError: when a worker process has ended; what it had to do is not counted.
        """
        done = threading.Event()
        flusher = threading.Thread(
            target=self._flush_periodically, args=(done,), name="capi-store", daemon=True
        )
        flusher.start()
        interrupts = interrupts or DeferredInterrupts()
        expect_puts: Callable[[], AbstractContextManager[object]] = getattr(
            self._runtime.outbox, "expect_puts", nullcontext
        )  # an outbox of a plugin needn't have it
        try:
            with expect_puts(), collect_notes(self.stats.notes):
                for record in records:
                    interrupts.defer()
                    with self._lock:
                        self._settle(self._map(record))
                    interrupts.deliver()
        finally:
            done.set()
            flusher.join()
        interrupts.defer()
        self.flush()
        interrupts.deliver()

    def flush(self) -> None:
        """Process and store what was read so far.

        :raises OutboxError: when it can't be stored.
        :raises WorkerError: when a worker process has ended; what was counted is stored even so.
        """
        with self._lock:
            try:
                if self._workers is not None:
                    self._settle(self._workers.finish())
            finally:
                self._store()

    def call_in_order(self, function: Callable[[], None]) -> None:
        """Call a function when everything that was read before it has been processed."""
        if self._workers is None:
            function()
            return
        with self._lock:
            self._workers.call_in_order(function)

    def _map(self, record: AnyRecord) -> Iterable[MappedRecord | MappedRun]:
        if self._workers is not None:
            return self._workers.add(record)
        file, line, value = record
        return (self._mapper.map(file, line, decode_record(value)),)

    def _flush_periodically(self, done: threading.Event) -> None:
        # An event must not wait for the next line: the input may be idle.
        has_failed = False
        while not done.wait(_FLUSH_INTERVAL):
            try:
                with self._lock:
                    if self._workers is not None:
                        self._settle(self._workers.finish(monotonic() - _FLUSH_INTERVAL))
                    self._store()
            except (OutboxError, WorkerError) as error:
                # ingest() tries again, and raises it: but only with the next line, which may be hours away.
                if not has_failed:
                    LOG.error("what was read can't be stored: %s; it is tried again", error)
                has_failed = True
            else:
                if has_failed:
                    LOG.warning("what was read is stored again")
                has_failed = False

    def _store(self) -> None:
        if self._items:
            self._report_items()
            repeated = 0
            if self._once is None:
                self._runtime.outbox.put(self._items)
            else:
                repeated = self._once.put_once(self._items, self._keys, time())
            self._runtime.deliverer.wake()
            self.stats.stored += len(self._items) - repeated
            self.stats.repeated += repeated
            self._items, self._keys, self._reported = [], [], 0
        self.stats.kept, self.stats.last_kept = self.stats.events, self.stats.last

    def _settle(self, mapped: Iterable[MappedRecord | MappedRun]) -> None:
        """Count, report and store what became of records."""
        for record in mapped:
            if isinstance(record, MappedRecord):
                self._count(record)
            else:
                self._count_run(record)
            self.stats.last = record
            if len(self._items) >= _CHUNK:
                self._store()

    def _count_run(self, run: MappedRun) -> None:
        self.stats.events += run.events
        if run.notes is not None:
            self.stats.notes.add(run.notes)
        self._keys += run.keys
        self._watch.look_through(run.items)
        self._items += run.items

    def _count(self, record: MappedRecord) -> None:
        self.stats.events += 1
        if record.notes is not None:
            self.stats.notes.add(record.notes)
        outcomes = record.outcomes
        if isinstance(outcomes, EventError):
            self.stats.broken += 1
            self._report_items()
            self._runtime.intake.refuse(outcomes)
            self._report({**record.place, "error": error_record(outcomes)})
            return
        self._keys += record.keys
        for outcome in outcomes:
            if isinstance(outcome, Item):
                self._watch.look(outcome)
                self._items.append(outcome)
                continue
            self._report_items()
            self._runtime.intake.report_outcomes((outcome,))
            if isinstance(outcome, HeldBack):
                self._count_held_back(outcome)
            else:
                self.stats.refused += 1
                self._report(refusal_record(record.place, outcome))
        if not outcomes:
            self._report_items()
            self._runtime.intake.report_outcomes(())
            count_unmatched(self.stats.unmatched, record.name)

    def _report_items(self) -> None:
        """Report to observers what items were made since the last call.

        One call for many items: of the 3 µs that a call takes with Prometheus' counters, 0.2 are left for an item.
        """
        self._runtime.intake.report_items(islice(self._items, self._reported, None))
        self._reported = len(self._items)

    def _count_held_back(self, outcome: HeldBack) -> None:
        key = outcome.destination, outcome.reason
        if key not in self.stats.held_back and len(self.stats.held_back) >= _MAX_NAMES:
            key = outcome.destination, "others"
        self.stats.held_back[key] += 1
        if outcome.failed:
            self.stats.filter_failures += 1
            self._report(held_back_record(outcome))


def held_back_record(outcome: HeldBack) -> JsonObject:
    """Return an event that is held back from a destination as a JSON object."""
    return {
        "message_id": outcome.message_id,
        "destination": outcome.destination,
        "held_back": outcome.reason,
    }


def refusal_record(place: JsonObject, refusal: Refusal) -> JsonObject:
    """Return an item that was refused before it was stored as a JSON object.

    :param place: where the event is, see :func:`~capi_actions.inputs.place_record`.
    """
    return {
        **place,
        "message_id": refusal.message_id,
        "destination": refusal.destination,
        "action": refusal.action,
        "error": error_record(refusal.error),
    }


def count_unmatched(counts: "Counter[str]", name: str) -> None:
    """Count an event that no mapping matches by its type and name.

    Past 1,000 names it counts as "others": a sender may put an id into each name.

    :param name: see :func:`~capi_actions.cli.record_mapper.unmatched_name`.
    """
    key = name if name in counts or len(counts) < _MAX_NAMES else "others"
    counts[key] += 1


def most_common(counts: "Counter[str]", number: int) -> dict[str, int]:
    """Return the most common names with their counts, and the sum of all others as "others"."""
    common = dict(counts.most_common(number))
    remainder = counts.total() - sum(common.values())
    return {**common, "others": common.get("others", 0) + remainder} if remainder else common
