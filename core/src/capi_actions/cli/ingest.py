"""Read events, turn them into items, and store them in chunks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import time
from typing import Any

from attrs import Factory, define

from capi_actions.cli.console import error_record
from capi_actions.cli.signals import CtrlC
from capi_actions.codec import decode_event
from capi_actions.errors import EventError, OutboxError
from capi_actions.model import Item, JsonObject
from capi_actions.pipeline.pipeline import Refusal
from capi_actions.runtime import Assembly

_NAMES = 1000
_LONGEST_NAME = 60  # characters


def note(counts: "Counter[str]", event: dict[str, Any]) -> None:
    """Count an event; past 1,000 names under "others", as a sender may put an id into each name."""
    name = event.get("event")
    title = f"{event['type']} {name[:_LONGEST_NAME]}" if isinstance(name, str) else str(event["type"])
    if title not in counts and len(counts) >= _NAMES:
        title = "others"
    counts[title] += 1


def most_common(counts: "Counter[str]", number: int) -> dict[str, int]:
    """Give the commonest names with their counts, and the rest added up under "others"."""
    common = dict(counts.most_common(number))
    rest = counts.total() - sum(common.values())
    return {**common, "others": common.get("others", 0) + rest} if rest else common


_CHUNK = 1000  # items a commit: 11 µs an item instead of 200
_LONGEST_HOLD = 0.5  # seconds


@define
class Tally:
    """What was read.

    :ivar line: number of the last line that was dealt with.
    :ivar events: lines that were not empty.
    :ivar broken: lines that are no event.
    :ivar stored: items that were put into the outbox.
    :ivar refused: items that could not be built, or that the platform would refuse.
    :ivar not_taken: events that no mapping takes, by type and name; past 1,000 names under "others".
    """

    line: int = 0
    events: int = 0
    broken: int = 0
    stored: int = 0
    refused: int = 0
    not_taken: "Counter[str]" = Factory(Counter)

    @property
    def failed(self) -> int:
        """How much went wrong before anything was sent."""
        return self.broken + self.refused


class Feeder:
    """Puts events into an assembly's outbox; memory stays bounded however many come."""

    def __init__(self, assembly: Assembly, report: Callable[[JsonObject], None]) -> None:
        """Get ready.

        :param report: is given a record for each line or item that failed; nothing personal is in it.
        """
        self.tally = Tally()
        self._assembly = assembly
        self._report = report
        self._items: list[Item] = []
        self._lock = threading.Lock()

    def feed(self, lines: Iterable[tuple[int, bytes | EventError]], ctrl_c: CtrlC | None = None) -> None:
        """Take numbered lines until they end.

        :param ctrl_c: waits until a line is dealt with: in the middle of storing, nobody could tell whether
            the items must be stored once more.
        :raises OutboxError: when items can't be stored; what came before is stored.
        """
        done = threading.Event()
        keeper = threading.Thread(target=self._keep_fresh, args=(done,), name="capi-store", daemon=True)
        keeper.start()
        ctrl_c = ctrl_c or CtrlC()
        try:
            for number, line in lines:
                ctrl_c.hold()
                with self._lock:
                    self._take(number, line)
                    self.tally.line = number
                    if len(self._items) >= _CHUNK:
                        self._store()
                ctrl_c.release()
        finally:
            done.set()
            keeper.join()
        ctrl_c.hold()
        self.store()
        ctrl_c.release()

    def store(self) -> None:
        """Store what was read so far.

        :raises OutboxError: when it can't be stored.
        """
        with self._lock:
            self._store()

    def _keep_fresh(self, done: threading.Event) -> None:
        """Store from time to time, also while no further line comes."""
        while not done.wait(_LONGEST_HOLD):
            with suppress(OutboxError):  # who feeds tries again, and raises it
                self.store()

    def _store(self) -> None:
        if self._items:
            self._assembly.outbox.put(self._items)
            self._assembly.deliverer.wake()
            self.tally.stored += len(self._items)
            self._items = []

    def _take(self, number: int, line: bytes | EventError) -> None:
        self.tally.events += 1
        try:
            if isinstance(line, EventError):
                raise line
            event = decode_event(line)
        except EventError as error:
            self.tally.broken += 1
            self._report({"line": number, "error": error_record(error)})
            return
        outcomes = self._assembly.pipeline.process(event, time())
        if not outcomes:
            note(self.tally.not_taken, event)
        for outcome in outcomes:
            if isinstance(outcome, Item):
                self._items.append(outcome)
                continue
            self.tally.refused += 1
            self._report(refusal_record(number, outcome))


def refusal_record(line: int, refusal: Refusal) -> JsonObject:
    """Describe for machines an item that was refused before it was stored."""
    return {
        "line": line,
        "message_id": refusal.message_id,
        "destination": refusal.destination,
        "action": refusal.action,
        "error": error_record(refusal.error),
    }
