"""Of a destination that must not be sent to nothing is claimed, and everything is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Item, Judgement, Pause, Verdict

NOW = 1_800_000_000
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]

TOKEN_DEAD = Judgement(
    verdict=Verdict.PAUSE,
    code=190,
    subcode=463,
    reason="The token has expired.",
    advice="New one.",
    platform_message="Session has expired",
    platform_field="access_token",
    trace_id="AbC_1-d",
)


@pytest.fixture(autouse=True)
def item(outbox: SqliteOutbox, make_item: MakeItem) -> Item:
    """One item waits."""
    outbox.put([make_item()])
    return make_item()


def test_nothing_is_claimed_during_a_pause(outbox: SqliteOutbox, bodies: Bodies) -> None:
    """Until a person has acted, every request would fail."""
    outbox.pause("shop", TOKEN_DEAD, NOW)

    assert bodies(outbox, NOW + 86_400) == []
    assert outbox.next_due("shop", NOW) is None
    assert outbox.ready("shop", 10, NOW) == 0


def test_others_go_on(outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies) -> None:
    """One account's fault is not another's."""
    outbox.put([make_item("b", destination="other")])
    outbox.pause("shop", TOKEN_DEAD, NOW)

    assert [make_item("b").body] == bodies(outbox, destination="other")


def test_the_reason_is_kept_for_the_person(path: Path, outbox: SqliteOutbox) -> None:
    """In another process and after a restart."""
    outbox.pause("shop", TOKEN_DEAD, NOW + 0.5)

    with SqliteOutbox(path) as another:
        assert {"shop": Pause(judgement=TOKEN_DEAD, since=NOW + 0.5)} == another.paused()


def test_the_last_reason_wins(outbox: SqliteOutbox) -> None:
    """What is wrong now is what must be repaired."""
    outbox.pause("shop", Judgement(verdict=Verdict.PAUSE, code=1, reason="old"), NOW)
    outbox.pause("shop", TOKEN_DEAD, NOW + 1)

    assert {"shop": Pause(judgement=TOKEN_DEAD, since=NOW + 1)} == outbox.paused()


def test_resuming_ends_pause_back_off_and_delays(
    outbox: SqliteOutbox, item: Item, make_item: MakeItem, bodies: Bodies
) -> None:
    """The person who mended the fault wants to see everything go out now."""
    outbox.put([make_item("b", deadline=NOW)])
    claim = outbox.claim("shop", 1, 1000, 60, NOW)
    assert claim is not None
    outbox.release(claim.lease, [claim.items[0].id], NOW + 1000)
    outbox.back_off("shop", NOW + 1000)
    outbox.pause("shop", TOKEN_DEAD, NOW)

    assert outbox.resume("shop")
    assert not outbox.resume("shop")
    assert outbox.paused() == {}
    assert [make_item("b").body, item.body] == bodies(outbox)


def test_delays_end_also_when_there_was_no_pause(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """`capi outbox resume` is how a person has everything tried at once."""
    claim = outbox.claim("shop", 1, 1000, 60, NOW)
    assert claim is not None
    outbox.release(claim.lease, [claim.items[0].id], NOW + 1000)
    outbox.back_off("shop", NOW + 1000)

    assert not outbox.resume("shop")
    assert [make_item().body] == bodies(outbox)


def test_only_expired_items_leave_a_paused_destination(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """They can be buried: waiting longer helps nobody."""
    outbox.put([make_item("late", deadline=NOW + 5)])
    outbox.pause("shop", TOKEN_DEAD, NOW)

    assert bodies(outbox, NOW + 5) == []
    assert [make_item("late").body] == bodies(outbox, NOW + 5.1)


def test_nothing_is_claimed_during_a_back_off(
    path: Path, outbox: SqliteOutbox, item: Item, bodies: Bodies
) -> None:
    """Throttling concerns all processes, and the next one too."""
    outbox.back_off("shop", NOW + 30)

    with SqliteOutbox(path) as another:
        assert bodies(another, NOW + 29) == []
        assert another.next_due("shop", NOW) == NOW + 30
        assert [item.body] == bodies(another, NOW + 30)


def test_the_later_of_two_back_offs_holds(outbox: SqliteOutbox) -> None:
    """Answers to several requests come in any order."""
    for until in (NOW + 30, NOW + 50, NOW + 40):
        outbox.back_off("shop", until)

    assert outbox.next_due("shop", NOW) == NOW + 50


def test_next_due_is_the_nearest_of_what_will_happen(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies
) -> None:
    """Now, when a lease ends, or when a delayed item is due."""
    times = [outbox.next_due("shop", NOW)]
    claim = outbox.claim("shop", 1, 1000, 60, NOW)
    assert claim is not None
    times += [outbox.next_due("shop", NOW)]
    outbox.put([make_item("b")])
    second = outbox.claim("shop", 1, 1000, 70, NOW)
    assert second is not None
    outbox.release(second.lease, [second.items[0].id], NOW + 20)
    times += [outbox.next_due("shop", NOW), outbox.next_due("shop", NOW + 25), outbox.next_due("else", NOW)]

    assert times == [NOW, NOW + 60, NOW + 20, NOW + 25, None]


@pytest.mark.parametrize("hours", [48, 24 * 365])
def test_a_clock_that_was_ahead_strands_nothing(
    outbox: SqliteOutbox, make_item: MakeItem, bodies: Bodies, hours: int
) -> None:
    """Leases, delays and back-offs that it wrote would end in days or years."""
    outbox.put([make_item("b"), make_item("c")])
    ahead = NOW + hours * 3600
    first = outbox.claim("shop", 1, 1000, 60, ahead)
    second = outbox.claim("shop", 1, 1000, 60, ahead)
    assert first is not None
    assert second is not None
    outbox.release(second.lease, [second.items[0].id], ahead + 300)
    outbox.back_off("shop", ahead + 300)

    assert outbox.next_due("shop", NOW) == NOW
    assert outbox.ready("shop", 10, NOW) > 0
    assert len(bodies(outbox)) == 3
    outbox.back_off("shop", NOW + 30)
    assert outbox.stats()["shop"].backoff_until == NOW + 30
