"""The live view: what came in last, and what became of it."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Final, Self

from attrs import frozen

from capi_actions import DeadFilter, DeadLetter, Outbox, Stats
from capi_actions_server.components import Components
from capi_actions_server.live_view_file import OtherProcesses
from capi_actions_server.pages.entries import ACCEPTED, Entry, Outcome, event_key, make_entry

STATES: Final[Mapping[str, str]] = {
    "delivered": "Delivered",
    "unknown": "Unknown",
    "waiting": "Waiting",
    "held": "Held back",
    "unmatched": "No mapping",
    "refused": "Refused",
    "dead": "Dead letter",
    "invalid": "No event",
}
"""What can become of an event, with the words for it."""

_ROWS: Final = 100
_LETTERS: Final = 10_000  # that are read at most, each time the page is updated: 80 ms
_TOO_MANY: Final = "Either delivered or a dead letter: there are too many new dead letters to look through."


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
    outbox_state = _OutboxState.read(outbox, since - 60)
    for entry in entries:
        fates = [outbox_state.fate(outcome) for outcome in entry.outcomes]
        if selection.takes(entry, fates):
            yield Row(entry=entry, fates=fates)


_Key = tuple[str, str, str]  # destination, action, key of the event


@frozen
class _OutboxState:
    """What the outbox tells of the events that came in.

    :ivar dead: of those that are dead letters.
    :ivar has_all_dead: whether all letters were read that can be theirs.
    """

    stats: Mapping[str, Stats]
    dead: Mapping[_Key, Fate]
    has_all_dead: bool

    @classmethod
    def read(cls, outbox: Outbox, since: float) -> Self:
        """Read the state of the outbox.

        :param since: Unix seconds; letters that were buried before belong to older events.
        """
        # Counted first: what leaves the outbox afterwards is shown as waiting, not as delivered.
        stats = outbox.stats()
        letters = outbox.dead(DeadFilter(since=since))
        dead = dict(map(_dead_fate, islice(letters, _LETTERS)))
        return cls(stats, dead, has_all_dead=next(letters, None) is None)

    def fate(self, outcome: Outcome) -> Fate:
        """Return what became of an event at one destination."""
        if outcome.state != ACCEPTED:
            return _fate(outcome, outcome.state, outcome.reason)
        if fate := self.dead.get((outcome.destination, outcome.action, outcome.event_key)):
            return fate
        stats = self.stats.get(outcome.destination, Stats())
        if _may_wait(outcome, stats):
            return _fate(outcome, "waiting")
        if self.has_all_dead or not stats.dead:
            return _fate(outcome, "delivered")
        return _fate(outcome, "unknown", _TOO_MANY)


def _dead_fate(letter: DeadLetter) -> tuple[_Key, Fate]:
    destination, action = letter.item.destination, letter.item.action
    fate = Fate(
        state="dead", destination=destination, action=action, reason=letter.reason, advice=letter.advice
    )
    return (destination, action, event_key(letter.item.event_id)), fate


def _fate(outcome: Outcome, state: str, reason: str = "") -> Fate:
    return Fate(state=state, destination=outcome.destination, action=outcome.action, reason=reason)


def _may_wait(item: Outcome, stats: Stats) -> bool:
    """Return whether what was accepted may still be in the outbox, which isn't searched for it.

    What the outbox sends next has the nearest deadline: an item with a nearer one has left.
    """
    return stats.deadline is not None and item.deadline >= stats.deadline
