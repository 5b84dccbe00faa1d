"""Read events, turn them into items, and store these in chunks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import time

from attrs import Factory, define

from capi_actions.cli.console import error_record
from capi_actions.cli.signals import DeferredInterrupts
from capi_actions.codec import decode_event
from capi_actions.errors import EventError, OutboxError
from capi_actions.model import Item, JsonObject
from capi_actions.pipeline.pipeline import Refusal
from capi_actions.runtime import Runtime

_CHUNK = 1000  # items a commit: 11 µs an item instead of 200
_FLUSH_INTERVAL = 0.5  # seconds
_MAX_NAMES = 1000
_MAX_NAME_LENGTH = 60  # characters


@define
class IngestStats:
    """Counts of what was read.

    :ivar line: number of the last line that was processed.
    :ivar events: lines that were not empty.
    :ivar broken: lines that are no event.
    :ivar stored: items that were put into the outbox.
    :ivar refused: items that could not be built, or that the platform would refuse.
    :ivar unmatched: events that no mapping matches; see :func:`count_unmatched`.
    """

    line: int = 0
    events: int = 0
    broken: int = 0
    stored: int = 0
    refused: int = 0
    unmatched: "Counter[str]" = Factory(Counter)

    @property
    def failed(self) -> int:
        """Lines and items that failed before anything was sent."""
        return self.broken + self.refused


class Ingester:
    """Puts events into the outbox.  Memory stays bounded however many there are.

    :ivar stats: counts so far.
    """

    def __init__(self, runtime: Runtime, report: Callable[[JsonObject], None]) -> None:
        """Start with nothing read.

        :param report: is called with a record for each line or item that failed, without personal data.
        """
        self.stats = IngestStats()
        self._runtime = runtime
        self._report = report
        self._items: list[Item] = []
        self._lock = threading.Lock()

    def ingest(
        self, lines: Iterable[tuple[int, bytes | EventError]], interrupts: DeferredInterrupts | None = None
    ) -> None:
        """Process numbered lines until they end.

        :param interrupts: deferred while a line is processed.  In the middle of storing, nobody could tell
            whether the items must be stored again.
        :raises OutboxError: when items can't be stored; those before them are stored.
        """
        done = threading.Event()
        flusher = threading.Thread(
            target=self._flush_periodically, args=(done,), name="capi-store", daemon=True
        )
        flusher.start()
        interrupts = interrupts or DeferredInterrupts()
        try:
            for number, line in lines:
                interrupts.defer()
                with self._lock:
                    self._process(number, line)
                    self.stats.line = number
                    if len(self._items) >= _CHUNK:
                        self._store()
                interrupts.deliver()
        finally:
            done.set()
            flusher.join()
        interrupts.defer()
        self.flush()
        interrupts.deliver()

    def flush(self) -> None:
        """Store what was read so far.

        :raises OutboxError: when it can't be stored.
        """
        with self._lock:
            self._store()

    def _flush_periodically(self, done: threading.Event) -> None:
        # An event must not wait for the next line: the input may be idle.
        while not done.wait(_FLUSH_INTERVAL):
            with suppress(OutboxError):  # ingest() tries again, and raises it
                self.flush()

    def _store(self) -> None:
        if self._items:
            self._runtime.outbox.put(self._items)
            self._runtime.deliverer.wake()
            self.stats.stored += len(self._items)
            self._items = []

    def _process(self, number: int, line: bytes | EventError) -> None:
        self.stats.events += 1
        try:
            if isinstance(line, EventError):
                raise line
            event = decode_event(line)
        except EventError as error:
            self.stats.broken += 1
            self._runtime.intake.refuse(error)
            self._report({"line": number, "error": error_record(error)})
            return
        outcomes = self._runtime.intake.process(event, time())
        if not outcomes:
            count_unmatched(self.stats.unmatched, event)
        for outcome in outcomes:
            if isinstance(outcome, Item):
                self._items.append(outcome)
                continue
            self.stats.refused += 1
            self._report(refusal_record(number, outcome))


def refusal_record(line: int, refusal: Refusal) -> JsonObject:
    """Return an item that was refused before it was stored as a JSON object."""
    return {
        "line": line,
        "message_id": refusal.message_id,
        "destination": refusal.destination,
        "action": refusal.action,
        "error": error_record(refusal.error),
    }


def count_unmatched(counts: "Counter[str]", event: JsonObject) -> None:
    """Count an event that no mapping matches by its type and name.

    Past 1,000 names it counts as "others": a sender may put an id into each name.
    """
    name = event.get("event")
    key = f"{event['type']} {name[:_MAX_NAME_LENGTH]}" if isinstance(name, str) else str(event["type"])
    if key not in counts and len(counts) >= _MAX_NAMES:
        key = "others"
    counts[key] += 1


def most_common(counts: "Counter[str]", number: int) -> dict[str, int]:
    """Return the most common names with their counts, and the sum of all others as "others"."""
    common = dict(counts.most_common(number))
    remainder = counts.total() - sum(common.values())
    return {**common, "others": common.get("others", 0) + remainder} if remainder else common
