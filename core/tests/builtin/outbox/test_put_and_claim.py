"""What is put can be claimed: the right items, in the right order, no more than asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Claimed, Item

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


def test_what_was_put_is_claimed_as_it_was(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """Bytes, deadline and group come out unchanged, with no try counted yet."""
    outbox.put([make_item(group="TEST1", body=b"\x00{}\xff", deadline=NOW + 5)])

    claim = outbox.claim("shop", 10, 1000, 60, NOW)

    assert claim is not None
    item = Claimed(
        id=1, tries=0, deadline=NOW + 5, event_id="event-a", event_time=NOW - 60, body=b"\x00{}\xff"
    )
    assert [item] == list(claim.items)
    assert (claim.destination, claim.group, claim.until) == ("shop", "TEST1", NOW + 60)


def test_items_outlive_the_process_that_put_them(path: Path, make_item: MakeItem, bodies: Bodies) -> None:
    """An outbox is a file, not memory."""
    with SqliteOutbox(path) as first:
        first.put([make_item()])
    with SqliteOutbox(path) as second:
        assert [make_item().body] == bodies(second)


def test_putting_nothing_is_fine(outbox: SqliteOutbox) -> None:
    """A batch of events may yield no item at all."""
    outbox.put([])

    assert outbox.stats() == {}


def test_nothing_is_claimed_from_an_empty_outbox(outbox: SqliteOutbox) -> None:
    """The usual state of affairs."""
    assert outbox.claim("shop", 10, 1000, 60, NOW) is None


def test_what_is_claimed_is_nobody_elses(outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies) -> None:
    """Two workers must not send the same item."""
    outbox.put([make_item("a"), make_item("b"), make_item("c")])

    claimed = [bodies(outbox, limit=1) for _ in range(4)]

    assert [[make_item(name).body] for name in "abc"] + [[]] == claimed


def test_another_destinations_items_stay(outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies) -> None:
    """Destinations are independent of each other."""
    outbox.put([make_item("a", destination="one"), make_item("b", destination="two")])

    assert [make_item("b").body] == bodies(outbox, destination="two")
    assert [make_item("a").body] == bodies(outbox, destination="one")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_the_nearest_deadline_comes_first(
    outbox: SqliteOutbox, make_item: MakeItem, deadlines: list[int]
) -> None:
    """After an outage, what expires first is sent first; equals keep the order in which they came."""
    outbox.put([make_item(str(at), deadline=NOW + deadline) for at, deadline in enumerate(deadlines)])
    expected = [str(at) for _, at in sorted((deadline, at) for at, deadline in enumerate(deadlines))]

    claim = outbox.claim("shop", 100, 10_000, 60, NOW)

    assert claim is not None
    assert [make_item(name).body for name in expected] == [item.body for item in claim.items]
    outbox.acknowledge(claim.lease, [item.id for item in claim.items])


def test_a_claim_is_of_one_group_that_of_the_nearest_deadline(
    outbox: SqliteOutbox, make_item: MakeItem
) -> None:
    """Items of one request share their group, and no group starves."""
    groups = {"a": ("", 30), "b": ("T1", 10), "c": ("", 20), "d": ("T1", 40), "e": ("T0", 50)}
    outbox.put(
        [make_item(name, group=group, deadline=NOW + after) for name, (group, after) in groups.items()]
    )

    claims = [outbox.claim("shop", 10, 1000, 60, NOW) for _ in range(4)]

    groups_and_bodies = [
        (claim.group, b"".join(item.body for item in claim.items)) for claim in claims if claim
    ]
    expected = [("T1", "bd"), ("", "ca"), ("T0", "e")]
    assert [
        (group, b"".join(make_item(name).body for name in names)) for group, names in expected
    ] == groups_and_bodies


def test_a_claim_holds_no_more_bytes_than_asked_for(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """Each body counts with a comma: 3 of 99 bytes fit into 300, a fourth doesn't into 399."""
    outbox.put([make_item(str(number), body=b"x" * 99) for number in range(9)])

    claims = [outbox.claim("shop", 100, room, 60, NOW) for room in (300, 399, 1000)]

    assert [len(claim.items) for claim in claims if claim] == [3, 3, 3]


def test_an_item_larger_than_the_limit_is_claimed_alone(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """It must not block what is behind it; whoever sends finds out that it is too large."""
    outbox.put([make_item("large", body=b"x" * 999, deadline=NOW), make_item("small", deadline=NOW + 1)])

    claim = outbox.claim("shop", 100, 10, 60, NOW)

    assert claim is not None
    assert [len(item.body) for item in claim.items] == [999]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_gives_nothing(outbox: SqliteOutbox, make_item: MakeItem, limit: int) -> None:
    """SQLite takes a negative limit for none at all."""
    outbox.put([make_item()])

    assert outbox.claim("shop", limit, 1000, 60, NOW) is None
    assert outbox.ready("shop", limit, NOW) == 0


def test_numbers_are_never_used_again(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """A late acknowledgement must not hit another item."""
    numbers = []
    for _ in range(3):
        outbox.put([make_item()])
        claim = outbox.claim("shop", 1, 1000, 60, NOW)
        assert claim is not None
        numbers += [claim.items[0].id]
        outbox.acknowledge(claim.lease, numbers[-1:])

    assert numbers == [1, 2, 3]


def test_ready_counts_no_further_than_asked(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """Whether a batch is full must not cost a count of the whole backlog."""
    outbox.put([make_item(str(number)) for number in range(5)])

    assert (
        outbox.ready("shop", 3, NOW),
        outbox.ready("shop", 9, NOW),
        outbox.ready("else", 9, NOW),
    ) == (3, 5, 0)


def test_destinations_are_those_with_something_undelivered(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """Waiting, leased or delayed: all of it needs somebody who delivers."""
    outbox.put(
        [make_item(destination=name) for name in ("waiting", "leased", "delayed", "delivered", "waiting")]
    )
    bodies(outbox, destination="leased")
    for name in ("delayed", "delivered"):
        claim = outbox.claim(name, 9, 1000, 60, NOW)
        assert claim is not None
        if name == "delayed":
            outbox.release(claim.lease, [claim.items[0].id], NOW + 9)
        else:
            outbox.acknowledge(claim.lease, [claim.items[0].id])

    assert outbox.destinations() == ["delayed", "leased", "waiting"]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 85, 200])
def test_every_item_of_a_put_is_stored_in_its_order(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies, count: int
) -> None:
    """Whatever the sizes of the statements that store them."""
    items = [make_item(str(number)) for number in range(count)]
    outbox.put(items)

    assert [item.body for item in items] == bodies(outbox)
