"""The live view: what came in last, and what became of it."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Final

from attrs import frozen

from capi_actions import DeadFilter, DeadLetter, Outbox, Stats
from capi_actions_server.components import Components
from capi_actions_server.live_view_file import OtherProcesses
from capi_actions_server.pages.entries import ACCEPTED, Entry, Outcome, event_key, make_entry

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
    """An event that came in, with what became of it."""

    entry: Entry
    fates: Sequence[Fate]


@frozen(kw_only=True)
class View:
    """What the page shows.

    :ivar rows: the last events, the newest first.
    :ivar total: how many came in since the processes started.
    :ivar processes: names of those whose events are shown, this one's first.
    :ivar problem: why those of other processes can't be shown.
    """

    rows: Sequence[Row]
    total: int
    processes: Sequence[str]
    problem: str = ""


@frozen(kw_only=True)
class Selection:
    """Which rows are shown.

    :ivar words: all of which are in the event's name, source, process, destination, action or reason.
    :ivar state: only rows with it; "" for all.
    """

    words: str = ""
    state: str = ""

    def takes(self, entry: Entry, fates: Sequence[Fate]) -> bool:
        """Return whether a row is shown."""
        if self.state and all(fate.state != self.state for fate in fates):
            return False
        parts = [
            entry.name,
            entry.source,
            entry.process,
            *(f"{fate.destination} {fate.action} {fate.reason}" for fate in fates),
        ]
        text = " ".join(parts).lower()
        return all(word in text for word in self.words.lower().split())


def read_view(components: Components, selection: Selection, now: float) -> View:
    """Return the last events of all server processes; it may wait for the disk.

    :raises OutboxError: when the outbox can't be read.
    """
    others, problem = OtherProcesses(), ""
    try:
        others = components.live_view_file.visit(now)
    except (sqlite3.Error, OSError) as error:
        problem = str(error)
    recent_events, name = components.recent_events.latest(), components.live_view_file.name
    own = (make_entry(recent_event, name) for recent_event in reversed(recent_events))
    entries = merge(own, sorted(others.entries, key=_newest_first), key=_newest_first)
    since = min(
        [
            *(recent_event.received for recent_event in recent_events[:1]),
            *(entry.received for entry in others.entries),
        ],
        default=now,
    )
    return View(
        rows=list(islice(_rows(components.client.outbox, entries, since, selection), _ROWS)),
        total=components.recent_events.count + others.total,
        processes=[name, *others.names],
        problem=problem,
    )


def _newest_first(entry: Entry) -> tuple[float, int]:
    return -entry.received, -entry.number


def _rows(outbox: Outbox, entries: Iterable[Entry], since: float, selection: Selection) -> Iterator[Row]:
    """Yield the rows that are shown.

    :param since: the time of the oldest entry.
    """
    stats = outbox.stats()
    letters = {
        (letter.item.destination, letter.item.action, event_key(letter.item.event_id)): letter
        for letter in islice(outbox.dead(DeadFilter(since=since - 60)), _LETTERS)
    }
    for entry in entries:
        fates = [_fate(outcome, stats, letters) for outcome in entry.outcomes]
        if selection.takes(entry, fates):
            yield Row(entry=entry, fates=fates)


def _fate(
    outcome: Outcome, stats: Mapping[str, Stats], letters: Mapping[tuple[str, str, str], DeadLetter]
) -> Fate:
    state, reason, advice = outcome.state, outcome.reason, ""
    if state == ACCEPTED:
        letter = letters.get((outcome.destination, outcome.action, outcome.event_key))
        if letter is not None:
            state, reason, advice = "dead", letter.reason, letter.advice
        else:
            state = "waiting" if _may_wait(outcome, stats.get(outcome.destination)) else "delivered"
    return Fate(
        state=state, destination=outcome.destination, action=outcome.action, reason=reason, advice=advice
    )


def _may_wait(item: Outcome, stats: Stats | None) -> bool:
    """Return whether what was accepted may still be in the outbox, which isn't searched for it.

    What the outbox sends next has the nearest deadline: an item with a nearer one has left.
    """
    return stats is not None and stats.deadline is not None and item.deadline >= stats.deadline
