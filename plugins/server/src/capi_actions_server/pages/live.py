"""The live view: what came in last, and what became of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from capi_actions import DeadFilter, DeadLetter, Item, Stats
from capi_actions_server.arrivals import Arrival
from capi_actions_server.pages.masking import event_name, masked
from capi_actions_server.service import Service

STATES: Final[Mapping[str, str]] = {
    "delivered": "Delivered",
    "waiting": "Waiting",
    "held": "Held back",
    "unmatched": "No mapping",
    "refused": "Refused",
    "dead": "Dead letter",
    "invalid": "No event",
}
"""What can become of an event, with the words for it."""

_ROWS: Final = 100
_LETTERS: Final = 2_000


@frozen(kw_only=True)
class Fate:
    """What became of an event at one destination.

    :ivar state: a key of :data:`STATES`; the CSS class.
    """

    state: str
    destination: str = ""
    action: str = ""
    reason: str = ""
    advice: str = ""

    @property
    def words(self) -> str:
        """What the state is called."""
        return STATES[self.state]


@frozen(kw_only=True)
class Row:
    """An event that came in.

    :ivar event: masked, as indented JSON.
    """

    number: int
    received: float
    source: str
    endpoint: str
    name: str
    fates: Sequence[Fate]
    event: str


@frozen(kw_only=True)
class Selection:
    """Which rows are shown.

    :ivar words: all of which are in the event's name, source, destination, action or reason.
    :ivar state: only rows with it; "" for all.
    """

    words: str = ""
    state: str = ""

    def takes(self, name: str, source: str, fates: Sequence[Fate]) -> bool:
        """Return whether a row is shown."""
        if self.state and all(fate.state != self.state for fate in fates):
            return False
        parts = [name, source, *(f"{fate.destination} {fate.action} {fate.reason}" for fate in fates)]
        text = " ".join(parts).lower()
        return all(word in text for word in self.words.lower().split())


def read_rows(service: Service, selection: Selection) -> Sequence[Row]:
    """Return the last rows, the newest first; it may wait for the disk.

    :raises OutboxError: when the outbox can't be read.
    """
    arrivals = service.arrivals.latest()
    if not arrivals:
        return ()
    stats = service.client.outbox.stats()
    since = DeadFilter(since=arrivals[0].received - 60)
    letters = {
        (letter.item.destination, letter.item.action, letter.item.event_id): letter
        for letter in islice(service.client.outbox.dead(since), _LETTERS)
    }
    return list(islice(_rows(arrivals, stats, letters, selection), _ROWS))


def _rows(
    arrivals: Sequence[Arrival],
    stats: Mapping[str, Stats],
    letters: Mapping[tuple[str, str, str], DeadLetter],
    selection: Selection,
) -> Iterator[Row]:
    for arrival in reversed(arrivals):
        fates = list(_fates(arrival, stats, letters))
        name = event_name(arrival.event)
        if selection.takes(name, arrival.source, fates):
            yield Row(
                number=arrival.number,
                received=arrival.received,
                source=arrival.source,
                endpoint=arrival.endpoint,
                name=name,
                fates=fates,
                event=json.dumps(masked(arrival.event), indent=2, ensure_ascii=False),
            )


def _fates(
    arrival: Arrival, stats: Mapping[str, Stats], letters: Mapping[tuple[str, str, str], DeadLetter]
) -> Iterator[Fate]:
    receipt = arrival.receipt
    if receipt.problem is not None:
        yield Fate(state="invalid", reason=receipt.problem.message)
        return
    for item in receipt.accepted:
        letter = letters.get((item.destination, item.action, item.event_id))
        if letter is not None:
            yield Fate(
                state="dead",
                destination=item.destination,
                action=item.action,
                reason=letter.reason,
                advice=letter.advice,
            )
        else:
            state = "waiting" if _may_wait(item, stats.get(item.destination)) else "delivered"
            yield Fate(state=state, destination=item.destination, action=item.action)
    for refusal in receipt.refused:
        yield Fate(
            state="refused",
            destination=refusal.destination,
            action=refusal.action,
            reason=refusal.error.message,
        )
    for held in receipt.held_back:
        yield Fate(
            state="refused" if held.failed else "held", destination=held.destination, reason=held.reason
        )
    if not (receipt.accepted or receipt.refused or receipt.held_back):
        yield Fate(state="unmatched", reason="no mapping's trigger takes it")


def _may_wait(item: Item, stats: Stats | None) -> bool:
    """Return whether an item may still be in the outbox, which isn't searched for it.

    What the outbox sends next has the nearest deadline: an item with a nearer one has left.
    """
    return stats is not None and stats.deadline is not None and item.deadline >= stats.deadline
