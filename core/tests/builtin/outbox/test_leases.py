"""Who claims has the items for a time; a crash gives them back."""

from collections.abc import Callable

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Claim, Item, Judgement

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


@pytest.fixture
def claim(outbox: SqliteOutbox, make_item: MakeItem) -> Claim:
    """A claim of two items for a minute, in an outbox that holds nothing else."""
    outbox.put([make_item("a"), make_item("b")])
    claim = outbox.claim("shop", 10, 1000, 60, NOW)
    assert claim is not None
    return claim


def ids(claim: Claim) -> list[int]:
    """Numbers of a claim's items."""
    return [item.id for item in claim.items]


def test_items_come_back_when_the_lease_ends(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """A worker that was killed can't give them back itself."""
    assert bodies(outbox, NOW + 59.9) == []
    assert [item.body for item in claim.items] == bodies(outbox, NOW + 60)


def test_an_extended_lease_lasts_longer(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """A slow platform is no crash."""
    assert outbox.extend(claim.lease, NOW + 100)
    assert bodies(outbox, NOW + 99) == []
    assert len(bodies(outbox, NOW + 100)) == 2


def test_a_lease_that_is_lost_cannot_be_extended(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """Whoever slept too long learns that others have the items now."""
    bodies(outbox, NOW + 60)

    assert not outbox.extend(claim.lease, NOW + 100)


def test_acknowledged_items_are_gone(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """Delivered is delivered."""
    outbox.acknowledge(claim.lease, ids(claim))

    assert bodies(outbox, NOW + 1000) == []
    assert outbox.stats() == {}


def test_part_of_a_claim_can_be_acknowledged(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """While a batch is divided, the others stay leased."""
    outbox.acknowledge(claim.lease, ids(claim)[:1])

    assert bodies(outbox, NOW + 59) == []
    assert [claim.items[1].body] == bodies(outbox, NOW + 60)


def test_a_late_acknowledgement_counts_nevertheless(
    outbox: SqliteOutbox, claim: Claim, bodies: Bodies
) -> None:
    """They were delivered: whoever has them now sends in vain, but nobody shall send them again."""
    second = outbox.claim("shop", 1, 1000, 60, NOW + 60)
    assert second is not None

    outbox.acknowledge(claim.lease, ids(claim))

    assert bodies(outbox, NOW + 1000) == []
    assert outbox.stats() == {}


def test_a_late_acknowledgement_reaches_what_was_released_or_buried(
    outbox: SqliteOutbox, claim: Claim, dead: Judgement, bodies: Bodies
) -> None:
    """In whatever state the next holder left it."""
    second = outbox.claim("shop", 10, 1000, 60, NOW + 60)
    assert second is not None
    outbox.release(second.lease, ids(second)[:1], NOW + 70)
    outbox.bury(second.lease, ids(second)[1:], dead, NOW + 61)

    outbox.acknowledge(claim.lease, ids(claim))

    assert bodies(outbox, NOW + 1000) == []
    assert list(outbox.dead()) == []


def test_a_late_failure_is_ignored(outbox: SqliteOutbox, claim: Claim, dead: Judgement) -> None:
    """What another holds now is the other's to judge."""
    second = outbox.claim("shop", 10, 1000, 60, NOW + 60)
    assert second is not None

    outbox.bury(claim.lease, ids(claim), dead, NOW + 61)
    outbox.release(claim.lease, ids(claim), NOW + 61)

    assert list(outbox.dead()) == []
    stats = outbox.stats()["shop"]
    assert (stats.waiting, stats.delayed, stats.leased) == (0, 0, 2)


def test_released_items_wait_until_run_at(outbox: SqliteOutbox, claim: Claim, bodies: Bodies) -> None:
    """Growing waits live in the outbox, so they outlive the process."""
    outbox.release(claim.lease, ids(claim)[:1], NOW + 450)
    outbox.release(claim.lease, ids(claim)[1:], NOW + 400)

    assert bodies(outbox, NOW + 399.9) == []
    assert [claim.items[1].body] == bodies(outbox, NOW + 400)
    assert [claim.items[0].body] == bodies(outbox, NOW + 450)


def test_released_items_wait_until_just_after_their_deadline_at_most(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """Then they can be buried, instead of waiting in vain."""
    outbox.put([make_item(deadline=NOW + 10)])
    claim = outbox.claim("shop", 10, 1000, 60, NOW)
    assert claim is not None

    outbox.release(claim.lease, ids(claim), NOW + 500)

    assert bodies(outbox, NOW + 10) == []
    assert [make_item().body] == bodies(outbox, NOW + 11)


def test_tries_add_up(outbox: SqliteOutbox, claim: Claim) -> None:
    """Across claims, lost leases and processes."""
    outbox.release(claim.lease, ids(claim), NOW, tried=2)
    second = outbox.claim("shop", 10, 1000, 60, NOW)
    assert second is not None
    third = outbox.claim("shop", 10, 1000, 60, NOW + 60)  # the second was lost without news
    assert third is not None
    outbox.release(third.lease, ids(third), NOW, tried=3)
    fourth = outbox.claim("shop", 10, 1000, 60, NOW + 60)
    assert fourth is not None

    tries = [[item.tries for item in lease.items] for lease in (claim, second, third, fourth)]
    assert tries == [[0, 0], [2, 2], [2, 2], [5, 5]]


def test_ten_thousand_and_more_come_back_at_once(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """They return in steps, so that no single claim takes long; none is forgotten."""
    outbox.put([make_item(str(number)) for number in range(12_000)])
    claim = outbox.claim("shop", 20_000, 10_000_000, 60, NOW)
    assert claim is not None
    outbox.release(claim.lease, ids(claim), NOW + 1)

    sizes = [
        len(again.items) for _ in range(3) if (again := outbox.claim("shop", 20_000, 10_000_000, 60, NOW + 2))
    ]

    assert sizes == [10_000, 2_000]


def test_a_late_delivery_ends_the_lease_of_who_has_the_items_now(
    outbox: SqliteOutbox, make_item: MakeItem
) -> None:
    """The first sender was slow, but the platform took everything: the second need not send it again."""
    outbox.put([make_item()])
    slow = outbox.claim("shop", 1, 1000, 60, NOW)
    second = outbox.claim("shop", 1, 1000, 60, NOW + 61)
    assert slow is not None
    assert second is not None
    assert outbox.extend(second.lease, NOW + 200)
    outbox.acknowledge(slow.lease, [item.id for item in slow.items])

    assert not outbox.extend(second.lease, NOW + 200)
    assert outbox.stats() == {}
