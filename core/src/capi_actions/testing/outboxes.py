"""Tests of an outbox: states, leases, pauses, dead letters, durability.  The core's own outbox runs the very same."""

import inspect
import json
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from capi_actions.errors import OutboxError
from capi_actions.model import (
    ALL_DEAD,
    Claim,
    Claimed,
    DeadFilter,
    DeadLetter,
    Item,
    Judgement,
    OnceOutbox,
    Outbox,
    OutboxFactory,
    Pause,
    Replayed,
    Stats,
    Verdict,
)
from capi_actions.testing.base import PluginTests, find_slow, require
from capi_actions.testing.interleaving import call_with_another
from capi_actions.testing.outbox_model import run_machine
from capi_actions.testing.resources import clean_after_close, threads_that_alternate

NOW = 1_800_000_000
WEEK = 7 * 86_400
_PLENTY = 10_000_000  # bytes
_ITEM_MARKER = "PERSONAL"

DEAD = Judgement(
    verdict=Verdict.DEAD,
    code=100,
    subcode=2804003,
    reason="It is too old.",
    advice="Send sooner.",
    platform_message="Event Timestamp Too Old",
    platform_field="data.event_time",
    trace_id="AbC_1-d",
)
PAUSED = Judgement(
    verdict=Verdict.PAUSE,
    code=190,
    subcode=463,
    reason="The token has expired.",
    advice="Make a new one.",
    platform_message="Session has expired",
    platform_field="access_token",
    trace_id="AbC_1-d",
)


class OutboxTests(PluginTests):
    """Tests of an outbox: subclass, and set ``plugin``, or override :meth:`open_outbox`.

    :cvar outbox_name: the name of the factory; needed only if the plugin offers several.
    :cvar outbox_options: options for the factory.  ``{folder}`` in a text is replaced by an empty folder of the test.
        A ``path`` that the factory takes is filled in.
    :cvar durable: whether items survive the process; None means that they do if the factory takes a ``path``.
    :cvar calls_in_any_order: how many runs each of 5, 10 and 30 random calls are compared with a model.
    """

    plugin: Any = None
    outbox_name: str = ""
    outbox_options: Mapping[str, Any] = {}
    durable: bool | None = None
    calls_in_any_order: int = 8
    _slow_call: str | None = None

    def open_outbox(self, folder: Path) -> Outbox:
        """Open the outbox whose store is in a folder: the same store when it is opened again."""
        options = {
            key: value.replace("{folder}", str(folder)) if isinstance(value, str) else value
            for key, value in self.outbox_options.items()
        }
        parameters = inspect.signature(self._factory().make).parameters
        if "path" in parameters and "path" not in options:
            annotation = str(parameters["path"].annotation)
            path = folder / "outbox"
            options["path"] = path if "Path" in annotation and "str" not in annotation else str(path)
        outbox: Outbox = self._factory().make(**options)
        return outbox

    def test_it_has_every_method(self, tmp_path: Path) -> None:
        """If this fails, methods of the contract are missing; see capi_actions.Outbox."""
        with self._open_outbox(tmp_path) as outbox:
            names = [name for name in vars(Outbox) if not name.startswith("_")]
            missing = [name for name in names if not callable(getattr(outbox, name, None))]
            require(not missing, f"it has no {', '.join(missing)}")
            for name in names:
                expected = len(inspect.signature(getattr(Outbox, name)).parameters) - 1
                try:
                    inspect.signature(getattr(outbox, name)).bind(*[None] * expected)
                except TypeError:
                    raise AssertionError(
                        f"{name}() must take {inspect.signature(getattr(Outbox, name))}"
                    ) from None

    # What is put can be claimed.

    def test_what_was_put_is_claimed_as_it_was(self, tmp_path: Path) -> None:
        """If this fails, bytes, ids, times or group come out changed, or a try is counted already."""
        with self._open_outbox(tmp_path) as outbox:
            item = _item("a", group="TEST1", body=b"\x00{}\xff", deadline=NOW + 5)
            outbox.put([item])
            claim = _claim(outbox, 10, max_bytes=1000)
            (claimed,) = claim.items
            expected = Claimed(claimed.id, 0, NOW + 5, item.event_id, item.event_time, item.body)
            require(
                tuple(claimed) == tuple(expected), f"claim() returned {tuple(claimed)}, not {tuple(expected)}"
            )
            require(type(claimed.id) is int, "an item's id must be a whole number")
            actual = (claim.destination, claim.group, claim.until)
            require(actual == ("shop", "TEST1", NOW + 60), f"the claim is of {actual}")

    def test_putting_nothing_is_fine(self, tmp_path: Path) -> None:
        """If this fails, an empty list of items isn't taken, or leaves a trace."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([])
            require(not outbox.stats(), "stats() should be empty")
            require(outbox.claim("shop", 10, 1000, 60, NOW) is None, "claim() should return None")

    def test_equal_items_are_stored_as_often_as_they_are_put(self, tmp_path: Path) -> None:
        """If this fails, the outbox looks for duplicates: that is the platform's part."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a"), _item("a")])
            outbox.put([_item("a")])
            require(_bodies(outbox) == [_item("a").body] * 3, "three equal items were put")

    def test_what_is_claimed_is_nobody_elses(self, tmp_path: Path) -> None:
        """If this fails, two workers send the same item."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(name) for name in "abc"])
            claimed = [_bodies(outbox, limit=1) for _ in range(4)]
            expected = [[_item(name).body] for name in "abc"] + [[]]
            require(claimed == expected, f"four claims of one item each took {claimed}")

    def test_another_destinations_items_stay(self, tmp_path: Path) -> None:
        """If this fails, items of one destination go to another."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a", destination="one"), _item("b", destination="two")])
            require(_bodies(outbox, destination="two") == [_item("b").body], "two has one item")
            require(_bodies(outbox, destination="one") == [_item("a").body], "one has one item")

    @pytest.mark.parametrize("seed", range(5))
    def test_the_nearest_deadline_comes_first(self, tmp_path: Path, seed: int) -> None:
        """If this fails, items expire behind others; those with equal deadlines keep the order in which they came."""
        deadlines = [(number * (seed * 2 + 3) + seed) % 6 for number in range(12)]
        with self._open_outbox(tmp_path) as outbox:
            for start in range(0, 12, 5):
                numbers = range(start, min(12, start + 5))
                outbox.put([_item(f"{number:02}", deadline=NOW + deadlines[number]) for number in numbers])
            expected = [f"{number:02}" for _, number in sorted((due, at) for at, due in enumerate(deadlines))]
            claim = _claim(outbox, 100)
            require(
                [item.body for item in claim.items] == [_item(name).body for name in expected],
                f"items with the deadlines {deadlines} should come in the order {expected}",
            )
            ids = _ids(claim)
            require(len(set(ids)) == 12, "every item needs an id of its own")

    def test_a_claim_is_of_one_group_that_of_the_nearest_deadline(self, tmp_path: Path) -> None:
        """If this fails, items of different groups share a request, or a group starves."""
        groups = {"a": ("", 30), "b": ("T1", 10), "c": ("", 20), "d": ("T1", 40), "e": ("T0", 50)}
        with self._open_outbox(tmp_path) as outbox:
            outbox.put(
                [_item(name, group=group, deadline=NOW + due) for name, (group, due) in groups.items()]
            )
            claims = [outbox.claim("shop", 10, 1000, 60, NOW) for _ in range(4)]
            claimed = [(claim.group, [item.body for item in claim.items]) for claim in claims if claim]
            expected = [(group, [_item(name).body for name in names]) for group, names in _GROUPS]
            require(claimed == expected, f"the claims took {claimed}, not {expected}")

    def test_a_claim_holds_no_more_bytes_than_asked_for(self, tmp_path: Path) -> None:
        """If this fails, a body isn't counted with its comma: 3 of 99 bytes fit into 300, a fourth not into 399."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number), body=b"x" * 99) for number in range(9)])
            sizes = [len(_claim(outbox, 100, max_bytes=room).items) for room in (300, 399, 1000)]
            require(sizes == [3, 3, 3], f"claims of 300, 399 and 1000 bytes took {sizes} items")

    def test_an_item_larger_than_the_limit_is_claimed_alone(self, tmp_path: Path) -> None:
        """If this fails, one large item blocks everything behind it."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("large", body=b"x" * 999, deadline=NOW), _item("small", deadline=NOW + 1)])
            claim = _claim(outbox, 100, max_bytes=10)
            require(
                [len(item.body) for item in claim.items] == [999], "the large item should be claimed alone"
            )

    def test_a_limit_of_nothing_gives_nothing(self, tmp_path: Path) -> None:
        """If this fails, a limit of 0 or less is taken for none at all."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            for limit in (0, -1):
                require(outbox.claim("shop", limit, 1000, 60, NOW) is None, f"claim() with the limit {limit}")
                require(outbox.ready("shop", limit, NOW) == 0, f"ready() with the limit {limit}")
            require(_bodies(outbox) == [_item("a").body], "the item should wait as before")

    def test_ids_are_never_used_again(self, tmp_path: Path) -> None:
        """If this fails, a late acknowledgement deletes an item that was never delivered."""
        ids: list[int] = []
        for _ in range(2):
            with self._open_outbox(tmp_path) as outbox:
                for _ in range(3):
                    outbox.put([_item("a")])
                    claim = _claim(outbox, 1)
                    ids += _ids(claim)
                    outbox.acknowledge(claim.lease, ids[-1:])
            if not self._is_durable():
                break
        require(ids == sorted(set(ids)), f"items one after another had the ids {ids}")

    def test_ready_counts_no_further_than_asked(self, tmp_path: Path) -> None:
        """If this fails, ``ready`` counts more than the limit, or items of other destinations."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number)) for number in range(5)])
            counts = [
                outbox.ready(name, limit, NOW) for name, limit in (("shop", 3), ("shop", 9), ("else", 9))
            ]
            require(counts == [3, 5, 0], f"ready() counted {counts}, not [3, 5, 0]")

    def test_destinations_are_those_with_something_undelivered(self, tmp_path: Path) -> None:
        """If this fails, items that wait, are leased or delayed have nobody who delivers them."""
        with self._open_outbox(tmp_path) as outbox:
            names = ("waiting", "leased", "delayed", "delivered", "waiting")
            outbox.put([_item("a", destination=name) for name in names])
            _bodies(outbox, destination="leased")
            for name in ("delayed", "delivered"):
                claim = _claim(outbox, 9, destination=name)
                if name == "delayed":
                    outbox.release(claim.lease, _ids(claim), NOW + 9)
                else:
                    outbox.acknowledge(claim.lease, _ids(claim))
            destinations = list(outbox.destinations())
            require(
                destinations == ["delayed", "leased", "waiting"], f"destinations() returned {destinations}"
            )

    @pytest.mark.parametrize("count", [1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 85, 200, 1_100])
    def test_every_item_of_a_put_is_stored_in_its_order(self, tmp_path: Path, count: int) -> None:
        """If this fails, a put of this many items loses one, or mixes them up."""
        with self._open_outbox(tmp_path) as outbox:
            items = [_item(str(number)) for number in range(count)]
            outbox.put(items)
            require(_bodies(outbox, limit=2_000) == [item.body for item in items], f"{count} items were put")

    # Leases.

    def test_items_come_back_when_the_lease_ends(self, tmp_path: Path) -> None:
        """If this fails, what a killed worker had claimed is lost, or given out too early."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            require(_bodies(outbox, NOW + 59.9) == [], "the lease holds for 60 seconds")
            require(_bodies(outbox, NOW + 60) == [item.body for item in claim.items], "the lease is over")

    def test_an_extended_lease_lasts_longer(self, tmp_path: Path) -> None:
        """If this fails, a slow request's items are sent by another worker, too."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            require(outbox.extend(claim.lease, NOW + 100) is True, "extend() should return True")
            require(_bodies(outbox, NOW + 99) == [], "the lease was extended")
            require(len(_bodies(outbox, NOW + 100)) == 2, "the extended lease is over")

    def test_a_lease_that_is_lost_can_not_be_extended(self, tmp_path: Path) -> None:
        """If this fails, a worker that slept too long doesn't learn that others have its items."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            _bodies(outbox, NOW + 60)
            require(
                outbox.extend(claim.lease, NOW + 100) is False, "extend() of a lost lease should return False"
            )

    def test_a_late_extension_counts_while_nobody_has_the_items(self, tmp_path: Path) -> None:
        """If this fails, a lease that has ended can't be extended though no claim has taken its items back."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            require(outbox.extend(claim.lease, NOW + 130) is True, "extend() should return True")
            require(_bodies(outbox, NOW + 129) == [], "the lease was extended")

    def test_acknowledged_items_are_gone(self, tmp_path: Path) -> None:
        """If this fails, what was delivered is sent again."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            outbox.acknowledge(claim.lease, _ids(claim))
            require(_bodies(outbox, NOW + 1000) == [], "everything was acknowledged")
            require(not outbox.stats(), f"stats() should be empty, but is {outbox.stats()}")
            require(outbox.extend(claim.lease, NOW + 100) is False, "the lease holds nothing any more")

    def test_part_of_a_claim_can_be_acknowledged(self, tmp_path: Path) -> None:
        """If this fails, the others of a batch that is split don't stay leased."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            outbox.acknowledge(claim.lease, _ids(claim)[:1])
            require(_bodies(outbox, NOW + 59) == [], "the other item is leased")
            require(_bodies(outbox, NOW + 60) == [claim.items[1].body], "the other item should come back")

    def test_unknown_ids_are_ignored(self, tmp_path: Path) -> None:
        """If this fails, ids or a lease that don't exist do something, or raise."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            outbox.acknowledge(claim.lease, [99_999])
            outbox.acknowledge(99_999, [99_998])
            outbox.acknowledge(claim.lease, [])
            outbox.release(99_999, _ids(claim), NOW)
            outbox.bury(99_999, _ids(claim), DEAD, NOW)
            require(
                outbox.extend(99_999, NOW + 100) is False, "extend() of an unknown lease should return False"
            )
            require(outbox.stats()["shop"].leased == 2, "both items should still be leased")

    def test_a_late_acknowledgement_counts(self, tmp_path: Path) -> None:
        """If this fails, what was delivered by a slow worker is sent again by the next."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            _claim(outbox, 1, now=NOW + 60)
            outbox.acknowledge(claim.lease, _ids(claim))
            require(_bodies(outbox, NOW + 1000) == [], "everything was acknowledged")
            require(not outbox.stats(), f"stats() should be empty, but is {outbox.stats()}")

    def test_a_late_acknowledgement_reaches_what_was_released_or_buried(self, tmp_path: Path) -> None:
        """If this fails, a delivered item stays as a dead letter, or is sent again, because another worker failed."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            second = _claim(outbox, 10, now=NOW + 60)
            outbox.release(second.lease, _ids(second)[:1], NOW + 70)
            outbox.bury(second.lease, _ids(second)[1:], DEAD, NOW + 61)
            outbox.acknowledge(claim.lease, _ids(claim))
            require(_bodies(outbox, NOW + 1000) == [], "everything was acknowledged")
            require(list(outbox.dead()) == [], "an acknowledged item is no dead letter")

    def test_a_late_acknowledgement_ends_the_lease_of_who_has_the_items_now(self, tmp_path: Path) -> None:
        """If this fails, the second worker sends what the first one has delivered."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            slow = _claim(outbox, 1)
            second = _claim(outbox, 1, now=NOW + 61)
            require(outbox.extend(second.lease, NOW + 200) is True, "the second lease holds the item")
            outbox.acknowledge(slow.lease, _ids(slow))
            require(
                outbox.extend(second.lease, NOW + 200) is False, "the second lease holds nothing any more"
            )
            require(not outbox.stats(), f"stats() should be empty, but is {outbox.stats()}")

    def test_a_late_failure_is_ignored(self, tmp_path: Path) -> None:
        """If this fails, a worker decides about items that another has claimed since."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            _claim(outbox, 10, now=NOW + 60)
            outbox.bury(claim.lease, _ids(claim), DEAD, NOW + 61)
            outbox.release(claim.lease, _ids(claim), NOW + 61)
            require(list(outbox.dead()) == [], "nothing should be dead")
            stats = outbox.stats()["shop"]
            require(
                (stats.waiting, stats.delayed, stats.leased) == (0, 0, 2), f"both are leased, not {stats}"
            )

    def test_released_items_wait_until_run_at(self, tmp_path: Path) -> None:
        """If this fails, the growing delays between tries don't hold."""
        with self._open_outbox(tmp_path) as outbox:
            claim = _put_and_claim(outbox)
            outbox.release(claim.lease, _ids(claim)[:1], NOW + 450)
            outbox.release(claim.lease, _ids(claim)[1:], NOW + 400)
            require(_bodies(outbox, NOW + 399.9) == [], "both are delayed")
            require(_bodies(outbox, NOW + 400) == [claim.items[1].body], "the second is due first")
            require(_bodies(outbox, NOW + 450) == [claim.items[0].body], "the first is due now")

    def test_released_items_wait_until_just_after_their_deadline_at_most(self, tmp_path: Path) -> None:
        """If this fails, items wait beyond their deadline in vain instead of being buried."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a", deadline=NOW + 10)])
            claim = _claim(outbox, 10)
            outbox.release(claim.lease, _ids(claim), NOW + 500)
            require(_bodies(outbox, NOW + 10) == [], "the deadline isn't over")
            require(_bodies(outbox, NOW + 11) == [_item("a").body], "the deadline is over: it can be buried")

    def test_tries_add_up(self, tmp_path: Path) -> None:
        """If this fails, tries are lost with a lease, or counted twice: delays wouldn't grow."""
        with self._open_outbox(tmp_path) as outbox:
            first = _put_and_claim(outbox)
            outbox.release(first.lease, _ids(first), NOW, tried=2)
            second = _claim(outbox, 10)
            third = _claim(outbox, 10, now=NOW + 60)  # the second was lost without news
            outbox.release(third.lease, _ids(third), NOW, tried=3)
            fourth = _claim(outbox, 10, now=NOW + 60)
            outbox.release(fourth.lease, _ids(fourth), NOW)  # one try more is the default
            fifth = _claim(outbox, 10, now=NOW + 60)
            tries = [[item.tries for item in claim.items] for claim in (first, second, third, fourth, fifth)]
            require(tries == [[0, 0], [2, 2], [2, 2], [5, 5], [6, 6]], f"five claims had the tries {tries}")

    def test_thousands_that_were_released_come_back(self, tmp_path: Path) -> None:
        """If this fails, some of many items that were released at once never come back, or come twice."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number)) for number in range(12_000)])
            claim = _claim(outbox, 20_000)
            outbox.release(claim.lease, _ids(claim), NOW + 1)
            again = [_bodies(outbox, NOW + 2, limit=20_000) for _ in range(5)]
            bodies = [body for batch in again for body in batch]
            require(
                sorted(bodies) == sorted(item.body for item in claim.items),
                f"{len(bodies):,} of 12,000 came back",
            )

    # Pauses and back-offs.

    def test_nothing_is_claimed_during_a_pause(self, tmp_path: Path) -> None:
        """If this fails, requests are made that can only fail until a person has acted."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a"), _item("b", destination="other")])
            outbox.pause("shop", PAUSED, NOW)
            outbox.put([_item("c")])
            require(_bodies(outbox, NOW + 86_400) == [], "nothing is claimed of a paused destination")
            require(outbox.next_due("shop", NOW) is None, "next_due() of a paused destination is None")
            require(outbox.ready("shop", 10, NOW) == 0, "ready() of a paused destination is 0")
            require(_bodies(outbox, destination="other") == [_item("b").body], "others go on")

    def test_the_last_reason_of_a_pause_is_kept(self, tmp_path: Path) -> None:
        """If this fails, people read why it was paused before, or not all of it."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.pause("shop", Judgement(verdict=Verdict.PAUSE, code=1, reason="old"), NOW)
            outbox.pause("shop", PAUSED, NOW + 0.5)
            expected = {"shop": Pause(judgement=PAUSED, since=NOW + 0.5)}
            for store in self._outboxes(tmp_path, outbox):
                require(dict(store.paused()) == expected, f"paused() returned {store.paused()}")
                stats = dict(store.stats())
                require(stats == {"shop": Stats(pause=expected["shop"])}, f"stats() returned {stats}")

    def test_resuming_ends_pause_back_off_and_delays(self, tmp_path: Path) -> None:
        """If this fails, the person who mended the fault doesn't see everything go out at once."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a"), _item("b", deadline=NOW)])
            claim = _claim(outbox, 1)
            outbox.release(claim.lease, _ids(claim), NOW + 1000)
            outbox.back_off("shop", NOW + 1000)
            outbox.pause("shop", PAUSED, NOW)
            require(outbox.resume("shop") is True, "resume() should return True")
            require(outbox.resume("shop") is False, "resume() of what isn't paused should return False")
            require(dict(outbox.paused()) == {}, "nothing is paused any more")
            require(_bodies(outbox) == [_item("b").body, _item("a").body], "both should wait")

    def test_delays_end_also_when_there_was_no_pause(self, tmp_path: Path) -> None:
        """If this fails, ``capi outbox resume`` doesn't have everything tried at once."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            claim = _claim(outbox, 1)
            outbox.release(claim.lease, _ids(claim), NOW + 1000)
            outbox.back_off("shop", NOW + 1000)
            require(outbox.resume("shop") is False, "it was not paused")
            require(_bodies(outbox) == [_item("a").body], "the item should wait")

    def test_only_expired_items_leave_a_paused_destination(self, tmp_path: Path) -> None:
        """If this fails, items of a paused destination can't be buried, or are sent before their deadline."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a"), _item("late", deadline=NOW + 5)])
            outbox.pause("shop", PAUSED, NOW)
            require(_bodies(outbox, NOW + 5) == [], "nothing has expired")
            require(_bodies(outbox, NOW + 5.1) == [_item("late").body], "one item has expired")

    def test_nothing_is_claimed_during_a_back_off(self, tmp_path: Path) -> None:
        """If this fails, throttling isn't obeyed, by other processes of the same store least of all."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            outbox.back_off("shop", NOW + 30)
            for store in self._outboxes(tmp_path, outbox):
                require(_bodies(store, NOW + 29) == [], "the destination backs off")
                due = store.next_due("shop", NOW)
                require(due == NOW + 30, f"next_due() should be the end of the back-off, but is {due}")
            require(_bodies(outbox, NOW + 30) == [_item("a").body], "the back-off is over")

    def test_the_later_of_two_back_offs_holds(self, tmp_path: Path) -> None:
        """If this fails, the answer that comes last decides, and not the later time."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            for until in (NOW + 30, NOW + 50, NOW + 40):
                outbox.back_off("shop", until)
            due = outbox.next_due("shop", NOW)
            require(due == NOW + 50, f"next_due() should be {NOW + 50}, but is {due}")

    def test_next_due_is_the_nearest_of_what_will_happen(self, tmp_path: Path) -> None:
        """If this fails, delivery sleeps too long, or wakes up in vain all the time."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            times = [outbox.next_due("shop", NOW)]
            _claim(outbox, 1)
            times += [outbox.next_due("shop", NOW)]
            outbox.put([_item("b")])
            second = _claim(outbox, 1, lease=70)
            outbox.release(second.lease, _ids(second), NOW + 20)
            times += [outbox.next_due("shop", NOW), outbox.next_due("shop", NOW + 25)]
            times += [outbox.next_due("else", NOW)]
            expected = [NOW, NOW + 60, NOW + 20, NOW + 25, None]
            require(times == expected, f"next_due() returned {times}, not {expected}")

    @pytest.mark.parametrize("hours", [48, 24 * 365])
    def test_a_clock_that_was_ahead_strands_nothing(self, tmp_path: Path, hours: int) -> None:
        """If this fails, leases, delays and back-offs that a wrong clock wrote end in days or years."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(name, deadline=NOW + 10**9) for name in "abc"])
            ahead = NOW + hours * 3600
            _claim(outbox, 1, now=ahead)
            second = _claim(outbox, 1, now=ahead)
            outbox.release(second.lease, _ids(second), ahead + 300)
            outbox.back_off("shop", ahead + 300)
            require(outbox.next_due("shop", NOW) == NOW, "something is due")
            due_elsewhere = outbox.next_due("else", NOW)
            require(due_elsewhere is None, f"next_due() of a destination without items is {due_elsewhere}")
            require(outbox.ready("shop", 10, NOW) > 0, "something is ready")
            require(len(_bodies(outbox)) == 3, "all three should be claimed")
            outbox.back_off("shop", NOW + 30)
            until = outbox.stats()["shop"].backoff_until
            require(until == NOW + 30, f"a back-off of a wrong clock should be replaced, but {until} holds")

    # Dead letters.

    def test_a_dead_letter_has_everything(self, tmp_path: Path) -> None:
        """If this fails, a part of the item, the platform's codes, its words, the advice, tries or time is lost."""
        with self._open_outbox(tmp_path) as outbox:
            item = _item("a", message_id=None, group="TEST")
            outbox.put([item])
            claim = _claim(outbox, 1)
            outbox.bury(claim.lease, _ids(claim), DEAD, NOW + 0.25, tried=3)
            expected = DeadLetter(
                id=claim.items[0].id,
                item=item,
                code=DEAD.code,
                subcode=DEAD.subcode,
                reason=DEAD.reason,
                advice=DEAD.advice,
                tries=3,
                buried_at=NOW + 0.25,
                platform_message=DEAD.platform_message,
                platform_field=DEAD.platform_field,
                trace_id=DEAD.trace_id,
            )
            for store in self._outboxes(tmp_path, outbox):
                letters = list(store.dead())
                require(letters == [expected], f"dead() returned {letters} instead of {[expected]}")

    def test_the_dead_are_not_sent(self, tmp_path: Path) -> None:
        """If this fails, dead letters are claimed, or count as undelivered."""
        with self._open_outbox(tmp_path) as outbox:
            _bury_six(outbox)
            require(_bodies(outbox, NOW + 1000) == [], "the dead are not claimed")
            require(list(outbox.destinations()) == [], "the dead need nobody who delivers")
            counts = {name: stats.dead for name, stats in outbox.stats().items()}
            require(counts == {"other": 2, "shop": 4}, f"stats() counts {counts} dead")

    def test_dead_letters_can_be_filtered(self, tmp_path: Path) -> None:
        """If this fails, a condition of ``DeadFilter`` isn't heeded: all of them must hold."""
        with self._open_outbox(tmp_path) as outbox:
            ids = _bury_six(outbox)
            for places, which in _filters(ids):
                expected = [ids[place - 1] for place in places]
                actual = [letter.id for letter in outbox.dead(which)]
                require(actual == expected, f"dead({which}) gives {actual} instead of {expected}")

    def test_many_dead_letters_are_read_while_others_are_purged(self, tmp_path: Path) -> None:
        """If this fails, some of many are left out or come twice, or they come in another order."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number)) for number in range(450)])
            claim = _claim(outbox, 450)
            ids = _ids(claim)
            outbox.bury(claim.lease, ids, DEAD, NOW)
            letters = outbox.dead()
            first = next(letters)
            outbox.purge(DeadFilter(ids=[ids[0], ids[299]]))
            read = [first.id, *(letter.id for letter in letters)]
            require(
                [id_ for id_ in read if id_ != ids[299]] == [*ids[:299], *ids[300:]], f"{len(read)} were read"
            )

    def test_replayed_letters_wait_again_with_their_ids(self, tmp_path: Path) -> None:
        """If this fails, a replay moves other letters, counts old tries, or gives new ids."""
        with self._open_outbox(tmp_path) as outbox:
            ids = _bury_six(outbox)
            replayed = outbox.replay(DeadFilter(ids=[ids[0], ids[2]]), NOW)
            require(replayed == Replayed(moved=2, expired=0), f"replay() returned {replayed}")
            claim = _claim(outbox, 10)
            waiting = [(item.id, item.tries) for item in claim.items]
            require(
                waiting == [(ids[0], 0), (ids[2], 0)], f"the replayed items are {waiting}, by id and tries"
            )
            dead = [letter.id for letter in outbox.dead()]
            require(dead == [ids[1], ids[3], ids[4], ids[5]], f"{dead} are still dead")

    def test_expired_letters_stay_dead(self, tmp_path: Path) -> None:
        """If this fails, events are replayed that no platform takes any more, and their first reason is lost."""
        with self._open_outbox(tmp_path) as outbox:
            ids = _bury_six(outbox)
            replayed = outbox.replay(ALL_DEAD, NOW + 21)
            require(replayed == Replayed(moved=4, expired=2), f"replay() returned {replayed}")
            require([letter.id for letter in outbox.dead()] == [ids[3], ids[5]], "two have expired")

    def test_purged_letters_are_gone(self, tmp_path: Path) -> None:
        """If this fails, dead letters are kept for longer than configured, or others are deleted."""
        with self._open_outbox(tmp_path) as outbox:
            ids = _bury_six(outbox)
            require(outbox.purge(DeadFilter(before=NOW + 20)) == 3, "three were buried before")
            require([letter.id for letter in outbox.dead()] == ids[3:], "three are left")
            require(outbox.purge(ALL_DEAD) == 3, "the others")
            require(outbox.purge(ALL_DEAD) == 0, "nothing is left")
            require(not outbox.stats(), f"stats() should be empty, but is {outbox.stats()}")

    def test_thousands_are_replayed_and_purged(self, tmp_path: Path) -> None:
        """If this fails, some of many are forgotten."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number), deadline=NOW + number % 2) for number in range(11_000)])
            claim = _claim(outbox, 11_000)
            outbox.bury(claim.lease, _ids(claim), DEAD, NOW)
            replayed = outbox.replay(ALL_DEAD, NOW + 1)
            require(replayed == Replayed(moved=5_500, expired=5_500), f"replay() returned {replayed}")
            require(outbox.stats()["shop"].waiting == 5_500, "5,500 wait again")
            require(outbox.purge(ALL_DEAD) == 5_500, "5,500 are left to be purged")

    # What people see, and the end.

    def test_stats_count_every_state(self, tmp_path: Path) -> None:
        """If this fails, an item counts in no state or in two, or the oldest hasn't the nearest deadline."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(at), deadline=NOW + 100 - at, event_time=NOW - at) for at in range(10)])
            settlements: list[Callable[[Claim], object]] = [
                lambda claim: None,
                lambda claim: outbox.release(claim.lease, _ids(claim), NOW + 9),
                lambda claim: outbox.bury(claim.lease, _ids(claim), DEAD, NOW),
                lambda claim: outbox.acknowledge(claim.lease, _ids(claim)),
            ]
            for settle in settlements:
                settle(_claim(outbox, 2))
            outbox.back_off("shop", NOW + 5)
            expected = Stats(
                waiting=2,
                delayed=2,
                leased=2,
                dead=2,
                leased_until=NOW + 60,
                oldest=NOW - 9,
                deadline=NOW + 91,
                backoff_until=NOW + 5,
            )
            stats = dict(outbox.stats())
            require(stats == {"shop": expected}, f"stats() returned {stats} instead of {expected}")

    def test_stats_are_sorted(self, tmp_path: Path) -> None:
        """If this fails, a table of destinations is another one each time."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a", destination=name) for name in "cab"])
            require(list(outbox.stats()) == ["a", "b", "c"], "stats() must be sorted by name")

    def test_a_closed_outbox_raises_outbox_errors(self, tmp_path: Path) -> None:
        """If this fails, a method works on a closed outbox, or raises something else than OutboxError."""
        with self._open_outbox(tmp_path) as outbox:
            require(outbox.__enter__() is outbox, "the context must be the outbox itself")
            outbox.close()
            outbox.close()
            calls: Mapping[str, Callable[[], object]] = {
                "put": lambda: outbox.put([_item("a")]),
                "claim": lambda: outbox.claim("shop", 1, 1000, 60, NOW),
                "extend": lambda: outbox.extend(1, NOW),
                "acknowledge": lambda: outbox.acknowledge(1, [1]),
                "release": lambda: outbox.release(1, [1], NOW),
                "bury": lambda: outbox.bury(1, [1], DEAD, NOW),
                "back_off": lambda: outbox.back_off("shop", NOW),
                "pause": lambda: outbox.pause("shop", PAUSED, NOW),
                "resume": lambda: outbox.resume("shop"),
                "paused": outbox.paused,
                "ready": lambda: outbox.ready("shop", 1, NOW),
                "next_due": lambda: outbox.next_due("shop", NOW),
                "destinations": outbox.destinations,
                "stats": outbox.stats,
                "dead": lambda: list(outbox.dead()),
                "replay": lambda: outbox.replay(ALL_DEAD, NOW),
                "purge": lambda: outbox.purge(ALL_DEAD),
            }
            for name, call in calls.items():
                try:
                    call()
                except OutboxError:
                    continue
                raise AssertionError(f"{name}() of a closed outbox must raise OutboxError")

    def test_what_can_not_be_stored_is_refused_as_a_whole(self, tmp_path: Path) -> None:
        """If this fails, a put that raises has stored some of its items: they would be sent although it failed."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a")])
            try:
                outbox.put([_item("b"), None])  # type: ignore[list-item]  # what a fault elsewhere could pass
            except Exception as error:  # noqa: BLE001  any outcome but a part of it
                require(
                    isinstance(error, OutboxError | TypeError | AttributeError), f"put() raised {error!r}"
                )
                require(_bodies(outbox) == [_item("a").body], "nothing of a failed put may be stored")

    def test_threads_share_the_work(self, tmp_path: Path) -> None:
        """If this fails, threads that put, claim and acknowledge at once lose an item, send one twice, or raise."""
        with self._open_outbox(tmp_path) as outbox:
            delivered: list[bytes] = []
            errors: list[BaseException] = []

            def work(name: str) -> None:
                try:
                    delivered.extend(_work(outbox, name, 10))
                except BaseException as error:  # noqa: BLE001  raised in the test's own thread
                    errors.append(error)

            threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
            with threads_that_alternate():
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            if errors:
                raise errors[0]
            _require_all_once(delivered, outbox, ("one", "two", "three"), 10)

    def test_two_that_claim_at_once_get_different_items(self, tmp_path: Path) -> None:
        """If this fails, ``claim`` looks and takes in two steps, and another thread comes between them."""
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item(str(number)) for number in range(8)])
            others: list[bytes] = []
            own = call_with_another(
                lambda: _bodies(outbox, limit=3),
                lambda: others.extend(_bodies(outbox, limit=1)),
                _source_folder(outbox),
            )
            claimed = [*own, *others]
            twice = {body for body in claimed if claimed.count(body) > 1}
            require(not twice, f"{len(twice)} items were claimed by two at once: each would be sent twice")

    def test_any_order_of_calls_does_what_dictionaries_would(self) -> None:
        """If this fails, the calls that led to it are printed; the contract is in :class:`capi_actions.Outbox`."""
        run_machine(self.open_outbox, durable=self._is_durable(), examples=self.calls_in_any_order, steps=30)

    # Durability.

    def test_items_outlive_the_outbox_that_took_them(self, tmp_path: Path) -> None:
        """If this fails, items are lost when the program ends, or what was delivered comes back."""
        if not self._is_durable():
            return
        with self._open_outbox(tmp_path) as outbox:
            outbox.put([_item("a"), _item("b")])
            claim = _claim(outbox, 1)
            outbox.acknowledge(claim.lease, _ids(claim))
        with self._open_outbox(tmp_path) as outbox:
            require(_bodies(outbox) == [_item("b").body], "one item should be there")

    def test_a_killed_process_loses_nothing_that_was_accepted(self, tmp_path: Path) -> None:
        """If this fails, ``put`` returns before items are stored, or a killed process damages the store."""
        if not self._is_durable() or not hasattr(os, "fork"):
            return

        def put_for_ever(report: Callable[[str], None]) -> None:
            outbox = self.open_outbox(tmp_path)
            for number in range(10**6):
                outbox.put([_item(f"{number}-{part}") for part in range(3)])
                report(str(number))

        accepted = _run_and_kill(put_for_ever, after=8)
        with self._open_outbox(tmp_path) as outbox:
            stored = set(_bodies(outbox, limit=10_000))
            lost = [
                name for name in accepted if not {_item(f"{name}-{part}").body for part in range(3)} <= stored
            ]
            require(
                not lost,
                f"the puts {lost} had returned when the process was killed, but their items are lost",
            )
            require(len(stored) % 3 == 0, "a put that was under way is stored in part")

    def test_what_a_killed_process_had_claimed_comes_back(self, tmp_path: Path) -> None:
        """If this fails, items of a crashed worker are never sent, or are given out before its lease ends."""
        if not self._is_durable() or not hasattr(os, "fork"):
            return

        def claim_and_wait(report: Callable[[str], None]) -> None:
            outbox = self.open_outbox(tmp_path)
            outbox.put([_item(str(number)) for number in range(10)])
            _claim(outbox, 7)
            for _ in range(10**6):
                report("claimed")

        _run_and_kill(claim_and_wait, after=1)
        with self._open_outbox(tmp_path) as outbox:
            require(len(_bodies(outbox, NOW + 1)) == 3, "three items were not claimed")
            require(len(_bodies(outbox, NOW + 600)) == 10, "all ten should come back")

    def test_processes_share_the_work(self, tmp_path: Path) -> None:
        """If this fails, processes that put, claim and acknowledge at once lose an item, or send one twice."""
        if not self._is_durable() or not hasattr(os, "fork"):
            return

        def work(name: str) -> Callable[[Callable[[str], None]], None]:
            def run(report: Callable[[str], None]) -> None:
                with self.open_outbox(tmp_path) as outbox:
                    for body in _work(outbox, name, 10):
                        report(body.decode())

            return run

        names = ("one", "two")
        delivered = [line.encode() for line in _run_processes([work(name) for name in names])]
        with self._open_outbox(tmp_path) as outbox:
            _require_all_once(delivered, outbox, names, 10)

    # Only for outboxes that can remember what was put.

    def test_what_was_put_once_is_left_out(self, tmp_path: Path) -> None:
        """If this fails, ``put_once`` stores an item whose key it has seen, or leaves out a new one."""
        with self._open_outbox(tmp_path) as outbox:
            if not isinstance(outbox, OnceOutbox):
                return
            a, b, c = (_item(name) for name in "abc")
            require(outbox.put_once([a, b, a], [b"a", b"b", b"a"], NOW) == 1, "one key came twice")
            claim = _claim(outbox, 10)
            outbox.acknowledge(claim.lease, _ids(claim))
            require(outbox.put_once([b, c], [b"b", b"c"], NOW) == 1, "b was delivered: its key is remembered")
            for store in self._outboxes(tmp_path, outbox):
                again: Any = store
                require(again.put_once([c], [b"c"], NOW) == 1, "c's key is remembered")
            require(_bodies(outbox) == [c.body], "only c waits")

    def test_a_key_is_forgotten_after_the_deadline(self, tmp_path: Path) -> None:
        """If this fails, keys are kept for ever, or forgotten while the platform still takes the event."""
        with self._open_outbox(tmp_path) as outbox:
            if not isinstance(outbox, OnceOutbox):
                return
            outbox.put_once([_item("a")], [b"a"], NOW)
            late = _item("a", deadline=NOW + 3 * WEEK)
            left_out = [
                outbox.put_once([item], [b"a"], now)
                for item, now in (
                    (_item("a"), NOW + WEEK),
                    (late, NOW + WEEK + 1),
                    (_item("a"), NOW + 2 * WEEK),
                )
            ]
            require(
                left_out == [1, 0, 1], f"put_once() left out {left_out} at, after and again before a deadline"
            )

    def test_the_key_of_a_dead_letter_is_forgotten(self, tmp_path: Path) -> None:
        """If this fails, an event that was corrected counts as sent, and is lost."""
        with self._open_outbox(tmp_path) as outbox:
            if not isinstance(outbox, OnceOutbox):
                return
            outbox.put_once([_item("a"), _item("b")], [b"a", b"b"], NOW)
            claim = _claim(outbox, 1)
            outbox.bury(claim.lease, _ids(claim), DEAD, NOW)
            left_out = outbox.put_once([_item("a"), _item("b")], [b"a", b"b"], NOW)
            require(left_out == 1, f"put_once() left out {left_out}: one is dead, and one waits")

    @classmethod
    def _factory(cls) -> OutboxFactory:
        factories: Mapping[str, OutboxFactory] = cls._own("capi_outboxes")
        return factories[cls.outbox_name] if cls.outbox_name else next(iter(factories.values()))

    def _is_durable(self) -> bool:
        if self.durable is not None:
            return self.durable
        return self.plugin is not None and "path" in inspect.signature(self._factory().make).parameters

    @contextmanager
    def _open_outbox(self, folder: Path) -> Iterator[Outbox]:
        self._require_speed(folder)
        with clean_after_close("the outbox", [_ITEM_MARKER]):
            outbox = self.open_outbox(folder)
            try:
                yield outbox
            finally:
                outbox.close()

    def _require_speed(self, folder: Path) -> None:
        """Fail at once if the tests would take minutes."""
        cls = type(self)
        if cls._slow_call is None:
            (folder / "speed").mkdir()
            with closing(self.open_outbox(folder / "speed")) as outbox:
                calls: dict[str, Callable[[], object]] = {
                    "stats() of the outbox": outbox.stats,
                    "claim() of the outbox": partial(outbox.claim, "shop", 1, 1000, 60, NOW),
                }
                cls._slow_call = find_slow(calls)
        require(not cls._slow_call, str(cls._slow_call))

    def _outboxes(self, folder: Path, outbox: Outbox) -> Iterator[Outbox]:
        """Yield the outbox, and if it is durable another one on the same store."""
        yield outbox
        if self._is_durable():
            with self._open_outbox(folder) as another:
                yield another


def _source_folder(outbox: Outbox) -> str:
    """Return where the lines of an outbox are, its base classes of the same package included."""
    file = str(getattr(getattr(type(outbox).claim, "__code__", None), "co_filename", ""))
    return str(Path(file).parent) if Path(file).exists() else file


_GROUPS = [("T1", "bd"), ("", "ca"), ("T0", "e")]


def _item(name: str, **changes: Any) -> Item:
    values: dict[str, Any] = {
        "destination": "shop",
        "action": "acme.ping",
        "message_id": f"message-{name}",
        "event_id": f"event-{name}",
        "event_time": NOW - 60,
        "deadline": NOW + WEEK,
        "group": "",
        "body": json.dumps({"id": name, "who": _ITEM_MARKER}).encode(),
    }
    return Item(**{**values, **changes})


def _claim(
    outbox: Outbox,
    limit: int,
    *,
    destination: str = "shop",
    max_bytes: int = _PLENTY,
    lease: float = 60,
    now: float = NOW,
) -> Claim:
    claim = outbox.claim(destination, limit, max_bytes, lease, now)
    require(isinstance(claim, Claim), f"claim() should find items, but returned {claim!r}")
    assert claim is not None  # for type checkers
    require(claim.items, "a claim must hold at least one item")
    return claim


def _ids(claim: Claim) -> list[int]:
    return [item.id for item in claim.items]


def _bodies(outbox: Outbox, now: float = NOW, *, destination: str = "shop", limit: int = 1000) -> list[bytes]:
    """Claim what is due and return its bodies; nothing is settled."""
    claim = outbox.claim(destination, limit, _PLENTY, 60, now)
    return [item.body for item in claim.items] if claim else []


def _put_and_claim(outbox: Outbox) -> Claim:
    """Return a claim of two items for a minute, in an outbox that holds nothing else."""
    outbox.put([_item("a"), _item("b")])
    return _claim(outbox, 10)


def _bury_six(outbox: Outbox) -> list[int]:
    """Bury six items, and return their ids."""
    old = Judgement(verdict=Verdict.DEAD, code=100, subcode=2804003)
    odd = Judgement(verdict=Verdict.DEAD, code=100, subcode=2804009)
    none = Judgement(verdict=Verdict.DEAD)
    ids = []
    for items, judgement, now in (
        ([_item("1"), _item("2", action="acme.buy")], old, NOW),
        ([_item("3")], odd, NOW + 10),
        ([_item("4", destination="other", deadline=NOW + 20)], odd, NOW + 20),
        ([_item("5", destination="other")], none, NOW + 30),
        ([_item("6", deadline=NOW + 5)], old, NOW + 40),
    ):
        outbox.put(items)
        claim = _claim(outbox, 10, destination=items[0].destination)
        outbox.bury(claim.lease, _ids(claim), judgement, now)
        ids += _ids(claim)
    return ids


def _filters(ids: Sequence[int]) -> list[tuple[list[int], DeadFilter]]:
    """Return filters, each with the places of those of the six that it matches."""
    every = DeadFilter(
        destination="shop", action="acme.ping", subcode=2804009, since=NOW + 1, before=NOW + 11
    )
    return [
        ([1, 2, 3, 4, 5, 6], ALL_DEAD),
        ([1, 5], DeadFilter(ids=[ids[4], ids[0], 99_999])),
        ([], DeadFilter(ids=[])),
        ([4, 5], DeadFilter(destination="other")),
        ([2], DeadFilter(action="acme.buy")),
        ([1, 2, 3, 4, 6], DeadFilter(code=100)),
        ([3, 4], DeadFilter(subcode=2804009)),
        ([4, 5, 6], DeadFilter(since=NOW + 20)),
        ([1, 2, 3], DeadFilter(before=NOW + 20)),
        ([3], every),
    ]


def _work(outbox: Outbox, name: str, batches: int) -> list[bytes]:
    """Put ten items a batch, and deliver seven; return what was delivered."""
    delivered = []
    for batch in range(batches):
        outbox.put([_item(name, body=f"{name}-{batch}-{number}".encode()) for number in range(10)])
        claim = outbox.claim("shop", 7, _PLENTY, 600, NOW)
        if claim:
            outbox.acknowledge(claim.lease, _ids(claim))
            delivered += [item.body for item in claim.items]
    return delivered


def _require_all_once(delivered: list[bytes], outbox: Outbox, names: Sequence[str], batches: int) -> None:
    waiting = _bodies(outbox, limit=10_000)
    expected = sorted(
        f"{name}-{batch}-{number}".encode()
        for name in names
        for batch in range(batches)
        for number in range(10)
    )
    actual = sorted([*delivered, *waiting])
    require(
        actual == expected,
        f"of {len(expected)} items {len(delivered)} were delivered and {len(waiting)} wait: not each of them once",
    )


_Work = Callable[[Callable[[str], None]], None]


def _fork(work: _Work) -> tuple[int, int]:
    """Start a process that reports lines, and return its number and the end of the pipe to read them from."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads, which other tests may have left: the child uses none of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        work(partial(_report, writing))
        status = 0
    finally:
        os._exit(status)  # without anything that the test process would do at its end


def _report(writing: int, line: str) -> None:
    os.write(writing, f"{line}\n".encode())


def _run_and_kill(work: _Work, after: int) -> list[str]:
    """Start a process, kill it after some lines, and return all whole lines that it had reported."""
    child, reading = _fork(work)
    with os.fdopen(reading, "rb") as lines:
        reported = [line for line, _ in zip(lines, range(after), strict=False)]
        os.kill(child, signal.SIGKILL)
        reported += list(lines)
    os.waitpid(child, 0)
    require(len(reported) >= after, "the process ended by itself: an error of it is printed above")
    return [line.decode().strip() for line in reported if line.endswith(b"\n")]


def _run_processes(works: Sequence[_Work]) -> list[str]:
    """Run processes at once, and return the lines that they reported."""
    children = [_fork(work) for work in works]
    lines: list[str] = []
    for child, reading in children:
        with os.fdopen(reading, "rb") as reported:
            lines += [line.decode().strip() for line in reported]
        _, status = os.waitpid(child, 0)
        require(status == 0, "a process ended with an error, which is printed above")
    return lines
