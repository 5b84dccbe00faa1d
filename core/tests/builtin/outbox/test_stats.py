"""What a person or a dashboard sees of the outbox."""

from collections.abc import Callable

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Item, Judgement, Pause, Stats, Verdict

NOW = 1_800_000_000
MakeItem = Callable[..., Item]


def test_stats_count_every_state(outbox: SqliteOutbox, make_item: MakeItem, dead: Judgement) -> None:
    """Each item in exactly one; the oldest is the undelivered one with the nearest deadline."""
    outbox.put([make_item(str(at), deadline=NOW + 100 - at, event_time=NOW - at) for at in range(10)])
    for settle in (
        lambda lease, ids: None,
        lambda lease, ids: outbox.release(lease, ids, NOW + 9),
        lambda lease, ids: outbox.bury(lease, ids, dead, NOW),
        outbox.acknowledge,
    ):
        claim = outbox.claim("shop", 2, 1000, 60, NOW)
        assert claim is not None
        settle(claim.lease, [item.id for item in claim.items])
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
        pause=None,
    )
    assert {"shop": expected} == outbox.stats()
    assert expected.undelivered == 6


def test_a_paused_destination_is_seen_even_when_it_holds_nothing(outbox: SqliteOutbox) -> None:
    """Else nobody would know why nothing arrives."""
    why = Judgement(verdict=Verdict.PAUSE, reason="No permission.")
    outbox.pause("empty", why, NOW)

    assert {"empty": Stats(pause=Pause(judgement=why, since=NOW))} == outbox.stats()


def test_destinations_are_sorted(outbox: SqliteOutbox, make_item: MakeItem) -> None:
    """The same table every time."""
    outbox.put([make_item(destination=name) for name in "cab"])

    assert list(outbox.stats()) == ["a", "b", "c"]
