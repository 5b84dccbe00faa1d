"""A few dictionaries that do what an outbox must, and a machine that calls both in any order."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capi_actions.model import (
    MAX_DELAY,
    MAX_LEASE,
    Claim,
    DeadFilter,
    Item,
    Judgement,
    Outbox,
    Replayed,
    Stats,
    Verdict,
)

_START = 1_800_000_000
_DESTINATIONS = st.sampled_from(["one", "two"])
_REASON = Judgement(verdict=Verdict.DEAD, code=1, reason="Because.")
_NUMBER = 4  # bytes at a body's beginning that say which item it is


@define(kw_only=True)
class Entry:
    """An item in the model.

    :ivar state: waiting, leased, delayed or dead.
    :ivar until: the end of its lease or delay.
    :ivar id: its number in the outbox, known once it was claimed.
    """

    item: Item
    state: str = "waiting"
    tries: int = 0
    until: float = 0.0
    lease: int = 0
    id: int | None = None


def run_machine(open_outbox: Callable[[Path], Outbox], *, durable: bool, examples: int, steps: int) -> None:
    """Call an outbox and the model in any order, and compare them after each call."""
    ends_all = _ends_leases_of_all(open_outbox)
    make: Any = partial(OutboxMachine, open_outbox, durable=durable, ends_all=ends_all)
    for count in (steps // 6, steps // 3, steps):  # short runs first: their failures are easy to read
        run_state_machine_as_test(
            make,
            settings=settings(
                max_examples=examples,
                stateful_step_count=count,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],  # to make a failure smaller would take a minute
                suppress_health_check=list(HealthCheck),
            ),
        )


def _ends_leases_of_all(open_outbox: Callable[[Path], Outbox]) -> bool:
    """Return whether a claim also ends leases of other destinations, as an outbox may do."""
    folder = Path(tempfile.mkdtemp())
    try:
        with open_outbox(folder) as outbox:
            outbox.put([Item("one", "a", None, "e", _START, _START + 100, "", b"{}")])
            outbox.claim("one", 1, 100, 10, _START)
            outbox.claim("two", 1, 100, 10, _START + 20)
            return outbox.stats()["one"].waiting == 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class OutboxMachine(RuleBasedStateMachine):
    """An outbox beside its model."""

    claims = Bundle("claims")

    def __init__(self, open_outbox: Callable[[Path], Outbox], *, durable: bool, ends_all: bool) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._open = partial(open_outbox, self._folder)
        self._durable = durable
        self._ends_all = ends_all
        self._outbox = self._open()
        self._now: float = _START
        self._entries: dict[int, Entry] = {}
        self._put_so_far = 0
        self._paused: set[str] = set()
        self._backoffs: dict[str, float] = {}

    def teardown(self) -> None:
        """Close the outbox and remove its folder."""
        with suppress(Exception):
            self._outbox.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @rule(
        shapes=st.lists(
            st.tuples(_DESTINATIONS, st.sampled_from(["", "T"]), st.integers(-5, 100), st.integers(0, 50)),
            min_size=1,
            max_size=8,
        )
    )
    def put(self, shapes: list[tuple[str, str, int, int]]) -> None:
        """Put items."""
        items = []
        for destination, group, deadline, size in shapes:
            self._put_so_far += 1
            body = self._put_so_far.to_bytes(_NUMBER, "big") + bytes(size)
            due = int(self._now) + deadline
            items.append(Item(destination, "a", None, f"e{self._put_so_far}", _START, due, group, body))
            self._entries[self._put_so_far] = Entry(item=items[-1])
        self._outbox.put(items)

    @rule(
        destination=_DESTINATIONS,
        limit=st.integers(0, 6),
        room=st.integers(1, 200),
        lease=st.integers(1, 60),
        target=claims,
    )
    def claim(self, destination: str, limit: int, room: int, lease: int) -> Claim | None:
        """Claim items: the nearest deadline's group, in order, within the limits."""
        claim = self._outbox.claim(destination, limit, room, lease, self._now)
        expected = self._expected_claim(destination, limit, room, claim.group if claim else "")
        if claim is None:
            assert expected == [], f"claim() found nothing, but items {expected} should be claimed"
            return None
        numbers = [_number(item.body) for item in claim.items]
        assert expected == numbers, f"claim() took the items {numbers} instead of {expected}"
        for item in claim.items:
            entry = self._entries[_number(item.body)]
            assert entry.id in (None, item.id), f"the item {item.id} had the id {entry.id} before"
            expected_values = (entry.tries, entry.item.deadline, entry.item.body, entry.item.event_id)
            assert expected_values == (item.tries, item.deadline, item.body, item.event_id)
            entry.id, entry.state, entry.lease, entry.until = (
                item.id,
                "leased",
                claim.lease,
                self._now + lease,
            )
        return claim

    def _expected_claim(self, destination: str, limit: int, room: int, claimed_group: str) -> list[int]:
        """Return the items to claim; of groups with the same nearest deadline, any may be claimed."""
        self._settle_time(destination)
        closed = destination in self._paused or self._is_backing_off(destination)
        waiting = sorted(
            (entry.item.deadline, number, entry.item.group)
            for number, entry in self._entries.items()
            if entry.state == "waiting"
            and entry.item.destination == destination
            and (not closed or entry.item.deadline < self._now)
        )
        firsts = {group: deadline for deadline, _, group in reversed(waiting)}
        nearest = min(firsts.values(), default=0)
        groups = sorted(group for group, deadline in firsts.items() if deadline == nearest)
        group = claimed_group if claimed_group in groups else next(iter(groups), "")
        numbers: list[int] = []
        for _, number, own_group in waiting:
            if own_group != group or len(numbers) == limit:
                continue
            room -= len(self._entries[number].item.body) + 1
            if numbers and room < 0:
                break
            numbers.append(number)
        return numbers if limit > 0 else []

    @rule(claim=claims, seconds=st.integers(1, 60))
    def extend(self, claim: Claim | None, seconds: int) -> None:
        """Extend a lease, which works as long as it holds an item."""
        if claim is None:
            return
        held = self._held(claim, [item.id for item in claim.items])
        extended = self._outbox.extend(claim.lease, self._now + seconds)
        assert bool(held) == extended, (
            f"extend() returned {extended} for a lease that holds {len(held)} items"
        )
        for entry in held:
            entry.until = self._now + seconds

    @rule(claim=claims, data=st.data())
    def acknowledge(self, claim: Claim | None, data: st.DataObject) -> None:
        """Acknowledge items: they are gone, wherever they were."""
        if claim is None:
            return
        ids = self._ids(claim, data)
        self._outbox.acknowledge(claim.lease, ids)
        self._entries = {number: entry for number, entry in self._entries.items() if entry.id not in ids}

    @rule(claim=claims, data=st.data(), wait=st.integers(-5, 60), tried=st.integers(0, 3))
    def release(self, claim: Claim | None, data: st.DataObject, wait: int, tried: int) -> None:
        """Release items until some time, at most until just after their deadline."""
        if claim is None:
            return
        ids = self._ids(claim, data)
        self._outbox.release(claim.lease, ids, self._now + wait, tried)
        for entry in self._held(claim, ids):
            entry.state, entry.until = "delayed", min(self._now + wait, entry.item.deadline + 1)
            entry.tries += tried

    @rule(claim=claims, data=st.data(), tried=st.integers(0, 3))
    def bury(self, claim: Claim | None, data: st.DataObject, tried: int) -> None:
        """Bury items that the lease holds."""
        if claim is None:
            return
        ids = self._ids(claim, data)
        self._outbox.bury(claim.lease, ids, _REASON, self._now, tried)
        for entry in self._held(claim, ids):
            entry.state = "dead"
            entry.tries += tried

    @rule(destination=_DESTINATIONS)
    def replay(self, destination: str) -> None:
        """Replay a destination's dead letters."""
        dead = [entry for entry in self._of(destination) if entry.state == "dead"]
        live = [entry for entry in dead if entry.item.deadline >= self._now]
        expected = Replayed(moved=len(live), expired=len(dead) - len(live))
        replayed = self._outbox.replay(DeadFilter(destination=destination), self._now)
        assert expected == replayed, f"replay() returned {replayed} instead of {expected}"
        for entry in live:
            entry.state, entry.tries = "waiting", 0

    @rule(destination=_DESTINATIONS)
    def purge(self, destination: str) -> None:
        """Delete a destination's dead letters."""
        gone = [
            number
            for number, entry in self._entries.items()
            if entry.state == "dead" and entry.item.destination == destination
        ]
        purged = self._outbox.purge(DeadFilter(destination=destination))
        assert len(gone) == purged, f"purge() returned {purged} instead of {len(gone)}"
        for number in gone:
            del self._entries[number]

    @rule(destination=_DESTINATIONS)
    def pause(self, destination: str) -> None:
        """Pause a destination."""
        self._outbox.pause(destination, _REASON, self._now)
        self._paused.add(destination)

    @precondition(lambda self: self._paused or self._backoffs)
    @rule(destination=_DESTINATIONS)
    def resume(self, destination: str) -> None:
        """Resume a destination: pause, back-off and delays end."""
        was_paused = destination in self._paused
        assert was_paused == self._outbox.resume(destination), f"resume() should have returned {was_paused}"
        self._paused.discard(destination)
        self._backoffs.pop(destination, None)
        for entry in self._of(destination):
            if entry.state == "delayed":
                entry.state = "waiting"

    @rule(destination=_DESTINATIONS, seconds=st.integers(0, 30))
    def back_off(self, destination: str, seconds: int) -> None:
        """Back off: the later time holds, unless a wrong clock set it."""
        until = self._now + seconds
        self._outbox.back_off(destination, until)
        before = self._backoffs.get(destination, 0)
        self._backoffs[destination] = before if until <= before <= until + MAX_DELAY else until

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        """Advance the clock."""
        self._now += seconds

    @rule(hours=st.sampled_from([2, 30, 24 * 365]))
    def clock_was_ahead(self, hours: int) -> None:
        """Put the clock right: what was written meanwhile lies far ahead."""
        self._now -= hours * 3600

    @precondition(lambda self: self._durable)
    @rule()
    def crash(self) -> None:
        """Open the store anew beside the old outbox, as after a kill: nothing is cleaned up."""
        old, self._outbox = self._outbox, self._open()
        old.close()

    @rule(claim=consumes(claims))
    def worker_dies(self, claim: Claim | None) -> None:
        """Nobody will ever settle this claim."""

    @invariant()
    def agrees_with_the_model(self) -> None:
        """Compare what the outbox says it holds with the model."""
        stats = self._outbox.stats()
        expected = Counter((entry.item.destination, entry.state) for entry in self._entries.values())
        for name in ("one", "two"):
            held = stats.get(name, Stats())
            for state in ("waiting", "leased", "delayed", "dead"):
                count, actual = expected[name, state], getattr(held, state)
                assert count == actual, f"stats() says {actual} {state} items of {name} instead of {count}"
            deadlines = [entry.item.deadline for entry in self._of(name) if entry.state != "dead"]
            nearest = min(deadlines, default=None)
            assert nearest == held.deadline, f"stats() says {held.deadline} as the nearest deadline of {name}"
        names = sorted({entry.item.destination for entry in self._entries.values() if entry.state != "dead"})
        assert names == list(self._outbox.destinations()), f"destinations() should return {names}"
        dead = sorted((entry.id, entry.tries) for entry in self._entries.values() if entry.state == "dead")
        letters = [(letter.id, letter.tries) for letter in self._outbox.dead()]
        assert dead == letters, f"dead() gives the ids and tries {letters} instead of {dead}"
        assert self._paused == set(self._outbox.paused()), f"paused() should return {self._paused}"

    @invariant()
    def says_when_something_is_due(self) -> None:
        """Compare ``ready`` and ``next_due`` with what a claim would find."""
        for name in ("one", "two"):
            paused = name in self._paused
            due = self._outbox.next_due(name, self._now)
            alive = [entry for entry in self._of(name) if entry.state != "dead"]
            if paused or not alive:
                assert due is None, f"next_due() of {name} should return None, but returned {due}"
            else:
                assert due is not None, f"next_due() of {name} returned None, but it holds items"
                assert due >= self._now, f"next_due() of {name} returned a time in the past"
            if paused or self._is_backing_off(name):
                assert self._outbox.ready(name, 9, self._now) == 0, f"ready() of {name} should return 0"
            elif any(entry.state == "waiting" for entry in alive):
                assert due == self._now, f"next_due() of {name} should return the present"
                assert self._outbox.ready(name, 9, self._now) > 0, (
                    f"ready() of {name} should return more than 0"
                )

    def _settle_time(self, destination: str) -> None:
        """Make items waiting again whose lease or delay is over, as a claim does first."""
        for entry in self._entries.values():
            longest = {"leased": MAX_LEASE, "delayed": MAX_DELAY}.get(entry.state)
            is_own = entry.item.destination == destination
            if longest is None or not (is_own or (self._ends_all and entry.state == "leased")):
                continue
            if not self._now < entry.until <= self._now + longest:
                entry.state = "waiting"

    def _is_backing_off(self, destination: str) -> bool:
        return self._now < self._backoffs.get(destination, 0) <= self._now + MAX_DELAY

    def _of(self, destination: str) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.item.destination == destination]

    def _ids(self, claim: Claim, data: st.DataObject) -> list[int]:
        ids: list[int] = data.draw(st.lists(st.sampled_from([item.id for item in claim.items]), unique=True))
        return ids

    def _held(self, claim: Claim, ids: list[int]) -> list[Entry]:
        """Return the entries that the claim's lease still holds."""
        return [
            entry
            for entry in self._entries.values()
            if entry.id in ids and entry.state == "leased" and entry.lease == claim.lease
        ]


def _number(body: Any) -> int:
    """Return which item a body is of."""
    return int.from_bytes(bytes(body)[:_NUMBER], "big")
