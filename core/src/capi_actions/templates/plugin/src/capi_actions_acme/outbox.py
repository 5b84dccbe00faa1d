"""An outbox: where items wait until they are delivered.  This one keeps them in memory."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, Self

from capi_actions import (
    ALL_DEAD,
    MAX_DELAY,
    MAX_LEASE,
    Claim,
    Claimed,
    DeadFilter,
    DeadLetter,
    Item,
    Judgement,
    Outbox,
    OutboxError,
    OutboxFactory,
    Pause,
    Replayed,
    Stats,
    hookimpl,
)


class Entry:
    """A stored item and its state; ``until`` is the end of its lease, or its ``run_at``."""

    def __init__(self, id_: int, item: Item) -> None:
        self.id = id_
        self.item = item
        self.state: Literal["waiting", "leased", "delayed", "dead"] = "waiting"
        self.tries = 0
        self.lease = 0
        self.until = 0.0
        self.letter: DeadLetter | None = None

    def is_due(self, now: float) -> bool:
        """Return whether its lease or its delay is over.  A time too far ahead was set by a wrong clock."""
        furthest = {"leased": MAX_LEASE, "delayed": MAX_DELAY}.get(self.state)
        return furthest is not None and not now < self.until <= now + furthest

    def claimed(self) -> Claimed:
        """Return what sending needs of it."""
        item = self.item
        return Claimed(self.id, self.tries, item.deadline, item.event_id, item.event_time, item.body)


class MemoryOutbox(Outbox):
    """Items in a dictionary, under one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._entries: dict[int, Entry] = {}
        self._pauses: dict[str, Pause] = {}
        self._backoffs: dict[str, float] = {}
        self._last_id = self._last_lease = 0

    def put(self, items: Sequence[Item]) -> None:
        """Store new items as waiting."""
        with self._hold_lock():
            for item in items:
                self._last_id += 1
                self._entries[self._last_id] = Entry(self._last_id, item)

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Lease waiting items of one destination and group, those with the nearest deadline first."""
        with self._hold_lock():
            for entry in self._select(destination, lambda entry: entry.is_due(now)):
                entry.state = "waiting"
            blocked = self._is_blocked(destination, now)
            waiting = self._select(
                destination,
                lambda entry: entry.state == "waiting" and not (blocked and entry.item.deadline >= now),
            )
            if not waiting or limit <= 0:
                return None
            group = waiting[0].item.group
            claimed: list[Entry] = []
            for entry in [entry for entry in waiting if entry.item.group == group][:limit]:
                max_bytes -= len(entry.item.body) + 1
                if claimed and max_bytes < 0:
                    break
                claimed.append(entry)
            self._last_lease += 1
            for entry in claimed:
                entry.state, entry.lease, entry.until = "leased", self._last_lease, now + lease_seconds
            return Claim(
                lease=self._last_lease,
                until=now + lease_seconds,
                destination=destination,
                group=group,
                items=[entry.claimed() for entry in claimed],
            )

    def extend(self, lease: int, until: float) -> bool:
        """Move the end of a lease; False if it holds no items any more."""
        with self._hold_lock():
            entries = self._leased_entries(lease, self._entries)
            for entry in entries:
                entry.until = until
            return bool(entries)

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Delete items that were delivered."""
        with self._hold_lock():
            for id_ in ids:
                self._entries.pop(id_, None)

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Make leased items wait until some time."""
        with self._hold_lock():
            for entry in self._leased_entries(lease, ids):
                entry.state, entry.until = "delayed", min(run_at, entry.item.deadline + 1)
                entry.tries += tried

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Turn leased items into dead letters."""
        with self._hold_lock():
            for entry in self._leased_entries(lease, ids):
                entry.state = "dead"
                entry.letter = DeadLetter(
                    id=entry.id,
                    item=entry.item,
                    code=judgement.code,
                    subcode=judgement.subcode,
                    reason=judgement.reason,
                    advice=judgement.advice,
                    tries=entry.tries + tried,
                    buried_at=now,
                    platform_message=judgement.platform_message,
                    platform_field=judgement.platform_field,
                    trace_id=judgement.trace_id,
                )

    def back_off(self, destination: str, until: float) -> None:
        """Claim nothing for a destination before some time, expired items aside."""
        with self._hold_lock():
            before = self._backoffs.get(destination, until)
            self._backoffs[destination] = before if until <= before <= until + MAX_DELAY else until

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Claim nothing for a destination until it is resumed, expired items aside."""
        with self._hold_lock():
            self._pauses[destination] = Pause(judgement=judgement, since=now)

    def resume(self, destination: str) -> bool:
        """End the pause and the back-off of a destination, and the delay of its items."""
        with self._hold_lock():
            self._backoffs.pop(destination, None)
            for entry in self._select(destination, lambda entry: entry.state == "delayed"):
                entry.state = "waiting"
            return self._pauses.pop(destination, None) is not None

    def paused(self) -> Mapping[str, Pause]:
        """Return the paused destinations."""
        with self._hold_lock():
            return dict(self._pauses)

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count items that can be claimed, up to a limit."""
        with self._hold_lock():
            if self._is_blocked(destination, now):
                return 0
            ready = self._select(destination, lambda entry: entry.state == "waiting" or entry.is_due(now))
            return max(0, min(limit, len(ready)))

    def next_due(self, destination: str, now: float) -> float | None:
        """Return when a claim may find something; None if only a call can change that."""
        with self._hold_lock():
            entries = self._select(destination, lambda entry: entry.state != "dead")
            if not entries or destination in self._pauses:
                return None
            times = [
                now if entry.state == "waiting" or entry.is_due(now) else entry.until for entry in entries
            ]
            backoff = self._backoffs[destination] if self._is_blocked(destination, now) else now
            return max(now, backoff, min(times))

    def destinations(self) -> Sequence[str]:
        """Return the names of destinations with undelivered items."""
        with self._hold_lock():
            return sorted(
                {entry.item.destination for entry in self._entries.values() if entry.state != "dead"}
            )

    def stats(self) -> Mapping[str, Stats]:
        """Return counts by destination."""
        with self._hold_lock():
            names = {entry.item.destination for entry in self._entries.values()}
            return {name: self._stats(name) for name in sorted(names | {*self._pauses} | {*self._backoffs})}

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Iterate over matching dead letters."""
        with self._hold_lock():
            return iter(self._letters(which))

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Make matching dead letters wait again."""
        with self._hold_lock():
            letters = self._letters(which)
            live = [letter for letter in letters if letter.item.deadline >= now]
            for id_ in [letter.id for letter in live if letter.id is not None]:
                self._entries[id_] = Entry(id_, self._entries[id_].item)
            return Replayed(moved=len(live), expired=len(letters) - len(live))

    def purge(self, which: DeadFilter) -> int:
        """Delete matching dead letters and return their number."""
        with self._hold_lock():
            letters = self._letters(which)
            for id_ in [letter.id for letter in letters if letter.id is not None]:
                del self._entries[id_]
            return len(letters)

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _hold_lock(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise OutboxError("the outbox is closed")
            yield

    def _select(self, destination: str, condition: Callable[[Entry], bool]) -> list[Entry]:
        """Return entries that meet a condition, in the order in which they are claimed."""
        entries = [entry for entry in self._entries.values() if entry.item.destination == destination]
        return sorted(
            filter(condition, entries), key=lambda entry: (entry.item.deadline, entry.item.group, entry.id)
        )

    def _leased_entries(self, lease: int, ids: Sequence[int] | Mapping[int, Entry]) -> list[Entry]:
        entries = [self._entries[id_] for id_ in ids if id_ in self._entries]
        return [entry for entry in entries if entry.state == "leased" and entry.lease == lease]

    def _is_blocked(self, destination: str, now: float) -> bool:
        return destination in self._pauses or now < self._backoffs.get(destination, now) <= now + MAX_DELAY

    def _stats(self, destination: str) -> Stats:
        entries = self._select(destination, lambda entry: True)
        count = Counter(entry.state for entry in entries)
        nearest = next((entry.item for entry in entries if entry.state != "dead"), None)
        return Stats(
            waiting=count["waiting"],
            delayed=count["delayed"],
            leased=count["leased"],
            dead=count["dead"],
            leased_until=max((entry.until for entry in entries if entry.state == "leased"), default=None),
            oldest=None if nearest is None else nearest.event_time,
            deadline=None if nearest is None else nearest.deadline,
            backoff_until=self._backoffs.get(destination),
            pause=self._pauses.get(destination),
        )

    def _letters(self, which: DeadFilter) -> list[DeadLetter]:
        letters = [entry.letter for _, entry in sorted(self._entries.items()) if entry.letter is not None]
        return [letter for letter in letters if matches(which, letter)]


def matches(which: DeadFilter, letter: DeadLetter) -> bool:
    """Return whether a dead letter is among those that a filter selects."""
    return (
        (which.ids is None or letter.id in which.ids)
        and which.destination in (None, letter.item.destination)
        and which.action in (None, letter.item.action)
        and (which.code is None or which.code == letter.code)
        and (which.subcode is None or which.subcode == letter.subcode)
        and (which.since is None or which.since <= letter.buried_at)
        and (which.before is None or letter.buried_at < which.before)
    )


@hookimpl
def capi_outboxes() -> Sequence[OutboxFactory]:
    """Offer the outboxes of this module."""
    return [
        OutboxFactory(
            name="acme",
            make=MemoryOutbox,
            description="nothing survives the process",
        )
    ]
