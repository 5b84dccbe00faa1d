"""Whatever happens in whatever order, the outbox does what a few dictionaries would do.

So does the one that the page on writing outboxes shows: what it and SQLite have in common is the contract.
"""

import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from capi_actions.builtin.outbox import SqliteOutbox
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

pytestmark = pytest.mark.soak

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "outbox.md"
START = 1_800_000_000
DESTINATIONS = st.sampled_from(["one", "two"])
WHY = Judgement(verdict=Verdict.DEAD, code=1, reason="Because.")


class Outboxes(RuleBasedStateMachine):
    """The real outbox beside its model.

    In the model each item is a dictionary with ``state`` (waiting, leased, delayed, dead), ``tries``,
    and ``until`` for what is leased or delayed.
    """

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "outbox.db"
        self.outbox = self.open()
        self.now = START
        self.items: dict[int, dict[str, Any]] = {}
        self.put_so_far = 0
        self.paused: set[str] = set()
        self.backoffs: dict[str, float] = {}

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()

    def open(self) -> Outbox:
        """Open the outbox that is tested."""
        return SqliteOutbox(self.path)

    def is_looked_at(self, item: dict[str, Any], destination: str) -> bool:
        """Whether a claim for a destination ends this item's lease or delay, if it is time.

        An outbox must look at all of the destination's items; this one ends other destinations' leases, too.
        """
        return bool(item["state"] == "leased" or item["destination"] == destination)

    def settle_time(self, destination: str) -> None:
        """Do in the model what a claim does first: let items wait again whose lease or delay is over."""
        for item in self.items.values():
            longest = {"leased": MAX_LEASE, "delayed": MAX_DELAY}.get(item["state"])
            if longest is None or not self.is_looked_at(item, destination):
                continue
            if not self.now < item["until"] <= self.now + longest:
                item["state"] = "waiting"

    def ids(self, claim: Claim, data: st.DataObject) -> list[int]:
        """Some of a claim's items."""
        return data.draw(st.lists(st.sampled_from([item.id for item in claim.items]), unique=True))

    def held(self, claim: Claim, ids: list[int]) -> list[dict[str, Any]]:
        """Those that the claim's lease still holds, as the model sees it."""
        items = [self.items[number] for number in ids if number in self.items]
        return [item for item in items if item["state"] == "leased" and item["lease"] == claim.lease]

    @rule(
        shapes=st.lists(
            st.tuples(DESTINATIONS, st.sampled_from(["", "T"]), st.integers(-5, 100), st.integers(0, 50)),
            min_size=1,
            max_size=8,
        )
    )
    def put(self, shapes: list[tuple[str, str, int, int]]) -> None:
        items = [
            Item(
                destination=destination,
                action="a",
                message_id=None,
                event_id="e",
                event_time=START,
                deadline=self.now + deadline,
                group=group,
                body=bytes(size),
            )
            for destination, group, deadline, size in shapes
        ]
        self.outbox.put(items)
        for item in items:
            self.put_so_far += 1
            self.items[self.put_so_far] = {
                "destination": item.destination,
                "group": item.group,
                "deadline": item.deadline,
                "body": item.body,
                "state": "waiting",
                "tries": 0,
            }

    @rule(
        destination=DESTINATIONS,
        limit=st.integers(1, 6),
        room=st.integers(1, 200),
        lease=st.integers(1, 60),
        target=claims,
    )
    def claim(self, destination: str, limit: int, room: int, lease: int) -> Claim | None:
        claim = self.outbox.claim(destination, limit, room, lease, self.now)

        self.settle_time(destination)
        backs_off = self.now < self.backoffs.get(destination, 0) <= self.now + MAX_DELAY
        closed = destination in self.paused or backs_off
        waiting = sorted(
            (item["deadline"], item["group"], number)
            for number, item in self.items.items()
            if item["state"] == "waiting"
            and item["destination"] == destination
            and (not closed or item["deadline"] < self.now)
        )
        expected: list[int] = []
        for deadline, group, number in sorted(waiting, key=lambda entry: (entry[0], entry[2])):
            if group != waiting[0][1] or len(expected) == limit:
                continue
            room -= len(self.items[number]["body"]) + 1
            if expected and room < 0:
                break
            expected.append(number)
            assert deadline == self.items[number]["deadline"]
        if claim is None:
            assert expected == []
            return None
        assert expected == [item.id for item in claim.items]
        for item in claim.items:
            model = self.items[item.id]
            assert (model["tries"], model["deadline"], model["body"]) == (
                item.tries,
                item.deadline,
                item.body,
            )
            model.update(state="leased", lease=claim.lease, until=self.now + lease)
        return claim

    @rule(claim=claims, seconds=st.integers(1, 60))
    def extend(self, claim: Claim | None, seconds: int) -> None:
        if claim is None:
            return
        held = self.held(claim, [item.id for item in claim.items])
        assert bool(held) == self.outbox.extend(claim.lease, self.now + seconds)
        for item in held:
            item["until"] = self.now + seconds

    @rule(claim=claims, data=st.data())
    def acknowledge(self, claim: Claim | None, data: st.DataObject) -> None:
        if claim is None:
            return
        ids = self.ids(claim, data)
        self.outbox.acknowledge(claim.lease, ids)
        for number in ids:
            self.items.pop(number, None)

    @rule(claim=claims, data=st.data(), wait=st.integers(-5, 60), tried=st.integers(0, 3))
    def release(self, claim: Claim | None, data: st.DataObject, wait: int, tried: int) -> None:
        if claim is None:
            return
        ids = self.ids(claim, data)
        self.outbox.release(claim.lease, ids, self.now + wait, tried)
        for item in self.held(claim, ids):
            item.update(
                state="delayed", until=min(self.now + wait, item["deadline"] + 1), tries=item["tries"] + tried
            )

    @rule(claim=claims, data=st.data(), tried=st.integers(0, 3))
    def bury(self, claim: Claim | None, data: st.DataObject, tried: int) -> None:
        if claim is None:
            return
        ids = self.ids(claim, data)
        self.outbox.bury(claim.lease, ids, WHY, self.now, tried)
        for item in self.held(claim, ids):
            item.update(state="dead", tries=item["tries"] + tried)

    @rule(destination=DESTINATIONS)
    def replay(self, destination: str) -> None:
        dead = [i for i in self.items.values() if i["state"] == "dead" and i["destination"] == destination]
        live = [item for item in dead if item["deadline"] >= self.now]
        expected = Replayed(moved=len(live), expired=len(dead) - len(live))
        assert expected == self.outbox.replay(DeadFilter(destination=destination), self.now)
        for item in live:
            item.update(state="waiting", tries=0)

    @rule(destination=DESTINATIONS)
    def purge(self, destination: str) -> None:
        gone = [n for n, i in self.items.items() if i["state"] == "dead" and i["destination"] == destination]
        assert len(gone) == self.outbox.purge(DeadFilter(destination=destination))
        for number in gone:
            del self.items[number]

    @rule(destination=DESTINATIONS)
    def pause(self, destination: str) -> None:
        self.outbox.pause(destination, WHY, self.now)
        self.paused.add(destination)

    @precondition(lambda self: self.paused or self.backoffs)
    @rule(destination=DESTINATIONS)
    def resume(self, destination: str) -> None:
        assert (destination in self.paused) == self.outbox.resume(destination)
        self.paused.discard(destination)
        self.backoffs.pop(destination, None)
        for item in self.items.values():
            if item["state"] == "delayed" and item["destination"] == destination:
                item["state"] = "waiting"

    @rule(destination=DESTINATIONS, seconds=st.integers(0, 30))
    def back_off(self, destination: str, seconds: int) -> None:
        until = self.now + seconds
        self.outbox.back_off(destination, until)
        before = self.backoffs.get(destination, 0)
        self.backoffs[destination] = before if until <= before <= until + MAX_DELAY else until

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(hours=st.sampled_from([2, 30, 24 * 365]))
    def the_clock_was_ahead(self, hours: int) -> None:
        """It is put right: what was written meanwhile lies far ahead."""
        self.now -= hours * 3600

    @rule()
    def crash(self) -> None:
        """Open the file anew beside the old connection, as after a kill: nothing is cleaned up."""
        old, self.outbox = self.outbox, self.open()
        old.close()

    @rule(claim=consumes(claims))
    def worker_dies(self, claim: Claim | None) -> None:
        """Nobody will ever settle this claim."""

    @invariant()
    def agrees_with_the_model(self) -> None:
        expected = Counter((item["destination"], item["state"]) for item in self.items.values())
        stats = self.outbox.stats()
        for name in ("one", "two"):
            held = stats.get(name, Stats())
            for state in ("waiting", "leased", "delayed", "dead"):
                assert expected[name, state] == getattr(held, state), (name, state)
            alive = [
                i["deadline"]
                for i in self.items.values()
                if i["destination"] == name and i["state"] != "dead"
            ]
            assert (min(alive) if alive else None) == held.deadline
        assert (
            sorted({i["destination"] for i in self.items.values() if i["state"] != "dead"})
            == self.outbox.destinations()
        )
        dead = sorted(
            (number, item["tries"]) for number, item in self.items.items() if item["state"] == "dead"
        )
        assert dead == [(letter.id, letter.tries) for letter in self.outbox.dead()]
        assert self.paused == set(self.outbox.paused())


SOAK = int(os.environ.get("CAPI_SOAK", "1"))  # `nox -s chaos` tries twenty times as many

MANY = settings(max_examples=60 * SOAK, stateful_step_count=40, deadline=None)

TestOutboxes = Outboxes.TestCase
TestOutboxes.settings = MANY


class MemoryOutboxes(Outboxes):
    """The outbox of the page, beside the same model."""

    def open(self) -> Outbox:
        """Make one of the page's code."""
        (code,) = re.findall(
            r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        module = ModuleType("memory_outbox")
        exec(compile(code, str(PAGE), "exec"), vars(module))
        outbox: Outbox = module.MemoryOutbox()
        return outbox

    def is_looked_at(self, item: dict[str, Any], destination: str) -> bool:
        """Whether a claim for a destination looks at an item: this one doesn't look at others' items."""
        return bool(item["destination"] == destination)

    def crash(self) -> None:
        """Do nothing: without the decorator of the inherited rule it is none.  Memory ends with the process."""


TestMemoryOutboxes = MemoryOutboxes.TestCase
TestMemoryOutboxes.settings = MANY
