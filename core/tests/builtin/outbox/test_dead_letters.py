"""Nothing is dropped silently: what can't be delivered is kept with its reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import ALL_DEAD, DeadFilter, DeadLetter, Item, Judgement, Replayed, Verdict

NOW = 1_800_000_000
WEEK = 7 * 86_400
MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


@pytest.fixture
def bury(outbox: SqliteOutbox) -> Callable[..., None]:
    """Put items and bury them."""

    def bury(items: list[Item], judgement: Judgement, now: float = NOW) -> None:
        outbox.put(items)
        while claim := outbox.claim(items[0].destination, 1000, 10_000_000, 60, NOW):
            outbox.bury(claim.lease, [item.id for item in claim.items], judgement, now)

    return bury


@pytest.fixture
def buried(outbox: SqliteOutbox, bury: Callable[..., None], make_item: MakeItem) -> SqliteOutbox:
    """An outbox with six dead letters, numbered from 1."""
    old = Judgement(verdict=Verdict.DEAD, code=100, subcode=2804003)
    odd = Judgement(verdict=Verdict.DEAD, code=100, subcode=2804009)
    bury([make_item("1"), make_item("2", action="acme.buy")], old, NOW)
    bury([make_item("3")], odd, NOW + 10)
    bury([make_item("4", destination="other", deadline=NOW + 20)], odd, NOW + 20)
    bury([make_item("5", destination="other")], Judgement(verdict=Verdict.DEAD), NOW + 30)
    bury([make_item("6", deadline=NOW + 5)], old, NOW + 40)
    return outbox


def test_a_dead_letter_tells_everything(
    path: Path, outbox: SqliteOutbox, make_item: MakeItem, dead: Judgement
) -> None:
    """The whole item, the platform's codes, sentence, advice, tries and time, in any later process."""
    item = make_item(message_id=None, group="TEST")
    outbox.put([item])
    claim = outbox.claim("shop", 1, 1000, 60, NOW)
    assert claim is not None
    outbox.bury(claim.lease, [1], dead, NOW + 0.25, tried=3)

    expected = DeadLetter(
        id=1,
        item=item,
        code=100,
        subcode=2804003,
        reason="It is too old.",
        advice="Send sooner.",
        tries=3,
        buried_at=NOW + 0.25,
        platform_message="Event Timestamp Too Old",
        platform_field="data.event_time",
        trace_id="AbC_1-d",
    )
    with SqliteOutbox(path) as another:
        assert [expected] == list(another.dead())


def test_the_dead_are_not_sent(buried: SqliteOutbox, bodies: Bodies) -> None:
    """That is what makes them dead."""
    assert bodies(buried, NOW + 1000) == []
    assert buried.destinations() == []
    assert {name: stats.dead for name, stats in buried.stats().items()} == {"other": 2, "shop": 4}


@pytest.mark.parametrize(
    ("expected", "which"),
    [
        ([1, 2, 3, 4, 5, 6], ALL_DEAD),
        ([1, 5], DeadFilter(ids=[5, 1, 99])),
        ([], DeadFilter(ids=[])),
        ([4, 5], DeadFilter(destination="other")),
        ([2], DeadFilter(action="acme.buy")),
        ([1, 2, 3, 4, 6], DeadFilter(code=100)),
        ([3, 4], DeadFilter(subcode=2804009)),
        ([4, 5, 6], DeadFilter(since=NOW + 20)),
        ([1, 2, 3], DeadFilter(before=NOW + 20)),
        (
            [3],
            DeadFilter(
                destination="shop", action="acme.ping", subcode=2804009, since=NOW + 1, before=NOW + 11
            ),
        ),
    ],
)
def test_dead_letters_can_be_filtered(buried: SqliteOutbox, expected: list[int], which: DeadFilter) -> None:
    """All given conditions must hold."""
    assert expected == [letter.id for letter in buried.dead(which)]


def test_many_dead_letters_are_read_a_page_at_a_time(
    outbox: SqliteOutbox, bury: Callable[..., None], make_item: MakeItem, dead: Judgement
) -> None:
    """All come, once and in order, also while others are purged meanwhile."""
    bury([make_item(str(number)) for number in range(1, 451)], dead)

    letters = outbox.dead()
    first = next(letters)
    outbox.purge(DeadFilter(ids=[1, 300]))

    assert [1, *range(2, 300), *range(301, 451)] == [first.id, *(letter.id for letter in letters)]


def test_replayed_letters_wait_again(buried: SqliteOutbox, bodies: Bodies) -> None:
    """After a fix, with no try counted; the others stay."""
    assert Replayed(moved=2, expired=0) == buried.replay(DeadFilter(ids=[1, 3]), NOW)

    claim = buried.claim("shop", 10, 1000, 60, NOW)

    assert claim is not None
    assert [(item.id, item.tries) for item in claim.items] == [(1, 0), (3, 0)]
    assert [letter.id for letter in buried.dead()] == [2, 4, 5, 6]


def test_expired_letters_stay_dead(buried: SqliteOutbox) -> None:
    """The platform takes them no more; their first reason is worth more than "too old"."""
    assert Replayed(moved=4, expired=2) == buried.replay(ALL_DEAD, NOW + 21)
    assert [letter.id for letter in buried.dead()] == [4, 6]


def test_thousands_are_replayed_in_steps(
    outbox: SqliteOutbox, bury: Callable[..., None], make_item: MakeItem, dead: Judgement
) -> None:
    """Each step is a transaction; all of them together are complete."""
    bury([make_item(str(number), deadline=NOW + number % 2) for number in range(11_000)], dead)

    assert Replayed(moved=5_500, expired=5_500) == outbox.replay(ALL_DEAD, NOW + 1)
    assert outbox.stats()["shop"].waiting == 5_500


def test_purged_letters_are_gone(buried: SqliteOutbox) -> None:
    """Kept for a configurable time, and no longer."""
    assert buried.purge(DeadFilter(before=NOW + 20)) == 3
    assert [letter.id for letter in buried.dead()] == [4, 5, 6]
    assert buried.purge(ALL_DEAD) == 3
    assert buried.stats() == {}


def test_thousands_are_purged_in_steps(
    outbox: SqliteOutbox, bury: Callable[..., None], make_item: MakeItem, dead: Judgement
) -> None:
    """As with replaying."""
    bury([make_item(str(number)) for number in range(5_001)], dead)

    assert outbox.purge(ALL_DEAD) == 5_001
    assert outbox.purge(ALL_DEAD) == 0
