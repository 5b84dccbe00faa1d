"""What an outbox must do, whoever stores it.

An item in an outbox is in exactly one state::

    waiting ──claim──▶ leased ──acknowledge──▶ gone: it was delivered
       ▲                 │ ├────bury─────────▶ dead, until replayed or forgotten
       │                 │ └────release─────▶ later, until its not-before time
       └── lease ran out ┘                       │
       └─────────────────────────────────────────┘

Times are Unix seconds by the clock that the caller passes in as ``now``; all processes that share
an outbox should have the same clock.  What waits for a time further ahead than :data:`MAX_DELAY`, and a
lease that ends later than :data:`MAX_LEASE` from now, were written by a clock that was wrong: they count
as due, so that a clock put right again doesn't strand anything.

Every method raises :class:`~capi_actions.errors.OutboxError` when the store can't do what was asked, and
then nothing of the call was done.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, Self

from attrs import frozen

from capi_actions.model.delivery import Judgement


class Item(NamedTuple):
    """One platform-ready event.  Personal data in it is hashed already.

    A tuple, as it is made for every event: 0.5 µs, a frozen attrs class takes 1.5.

    :ivar destination: the destination's name in the configuration.
    :ivar action: the action that built it.
    :ivar message_id: the source event's ``messageId``, when it had one.
    :ivar event_id: the id by which the platform drops repeats; the same at every try.
    :ivar event_time: when it happened, whole seconds since 1970-01-01 UTC.
    :ivar deadline: the last second at which the platform takes it.
    :ivar group: items of one request share it (Meta: the test event code); mostly empty.
    :ivar body: the encoded JSON object, never encoded again.
    """

    destination: str
    action: str
    message_id: str | None
    event_id: str
    event_time: int
    deadline: int
    group: str
    body: bytes


@frozen(kw_only=True)
class DeadLetter:
    """An item that will not be delivered, and why.

    :ivar item: what it was.
    :ivar code: the platform's error code, when it gave one.
    :ivar subcode: the platform's error subcode, when it gave one.
    :ivar reason: a sentence that a marketer understands.
    :ivar advice: what would mend it; may be empty.
    :ivar tries: how many requests it was part of.
    :ivar buried_at: Unix seconds.
    :ivar id: its number in the outbox, by which it can be replayed; None outside of an outbox.
    """

    item: Item
    code: int | None
    subcode: int | None
    reason: str
    advice: str
    tries: int
    buried_at: float
    id: int | None = None


MAX_DELAY = 90_000.0
"""Seconds, a day and an hour: no rest and no not-before time may be further ahead."""

MAX_LEASE = 3_600.0
"""Seconds: no lease may end later."""


class Claimed(NamedTuple):
    """One item that was claimed: only what sending needs.

    :ivar id: its number in the outbox; never used again for another item.
    :ivar tries: how many requests it was part of before this claim.
    :ivar deadline: the last second at which the platform takes it.
    :ivar body: the encoded JSON object, the same bytes at every claim.
    """

    id: int
    tries: int
    deadline: int
    body: bytes


@frozen(kw_only=True)
class Claim:
    """Items of one destination and group that the claimer alone may deal with until the lease ends.

    :ivar lease: the number to show when acknowledging, putting back or burying.
    :ivar until: when the lease ends unless it is extended.
    :ivar items: at least one, nearest deadline first.
    """

    lease: int
    until: float
    destination: str
    group: str
    items: Sequence[Claimed]


@frozen(kw_only=True)
class Pause:
    """Why a destination is paused.

    :ivar judgement: what the platform answered; its verdict is PAUSE.
    :ivar since: Unix seconds.
    """

    judgement: Judgement
    since: float


@frozen(kw_only=True)
class DeadFilter:
    """Which dead letters are meant: those that meet every condition given.

    :ivar ids: numbers of dead letters; None means any.
    :ivar since: buried at this Unix second or after it.
    :ivar before: buried before this Unix second.
    """

    ids: Sequence[int] | None = None
    destination: str | None = None
    action: str | None = None
    code: int | None = None
    subcode: int | None = None
    since: float | None = None
    before: float | None = None


ALL_DEAD = DeadFilter()
"""Every dead letter."""


@frozen(kw_only=True)
class Replayed:
    """What became of a replay.

    :ivar moved: how many dead letters wait again.
    :ivar expired: how many stayed dead because the platform takes them no more.
    """

    moved: int
    expired: int


@frozen(kw_only=True)
class Stats:
    """What the outbox holds for one destination, in items.

    :ivar waiting: can be claimed now, were the destination neither paused nor resting.
    :ivar delayed: put back until some later time.
    :ivar leased: claimed and on their way.
    :ivar dead: dead letters.
    :ivar oldest: event time (Unix seconds) of the undelivered item whose deadline is nearest.
    :ivar deadline: that item's deadline.
    :ivar backoff_until: no request before this Unix second; None when there is no such wish.
    :ivar pause: why it is paused; None when it isn't.
    """

    waiting: int = 0
    delayed: int = 0
    leased: int = 0
    dead: int = 0
    oldest: int | None = None
    deadline: int | None = None
    backoff_until: float | None = None
    pause: Pause | None = None

    @property
    def undelivered(self) -> int:
        """Everything but the dead."""
        return self.waiting + self.delayed + self.leased


class Outbox(Protocol):
    """A store in which items wait until they are delivered.  Usable from several threads.

    Offer one through the hook ``capi_outboxes``.  Several processes may share one store.
    """

    def put(self, items: Sequence[Item]) -> None:
        """Store items; they survive a crash and power loss once this returns.

        :raises OutboxError: then none of these items was accepted.
        """

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Take items for sending, nearest deadline first, all of one group.

        Items whose lease ran out or whose not-before time came wait again.  Of a destination that
        is paused or rests, only items whose deadline has passed are given out: to be buried.

        :param limit: at most so many items.
        :param lease_seconds: at most :data:`MAX_LEASE`.
        :param max_bytes: bodies of at most so many bytes in all, each counted with one more for a
            comma; a single item may be larger.
        :returns: None when there is nothing to do now.
        """

    def extend(self, lease: int, until: float) -> bool:
        """Keep a lease for longer.

        :returns: False when the lease has run out and its items are no longer the caller's.
        """

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Forget items that were delivered, even when the lease ran out meanwhile."""

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Let items wait until some time, or until just after their deadline if that is sooner.

        Items that the lease doesn't hold any more are left alone.

        :param run_at: at most :data:`MAX_DELAY` ahead.
        :param tried: how many requests they were part of since the claim.
        """

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Make dead letters of items, with the judgement's code, subcode, reason and advice.

        Items that the lease doesn't hold any more are left alone.

        :param tried: how many requests they were part of since the claim.
        """

    def back_off(self, destination: str, until: float) -> None:
        """Give out nothing for a destination before some time; a later wish of this kind wins.

        :param until: at most :data:`MAX_DELAY` ahead.
        """

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Give out nothing for a destination until a person resumes it."""

    def resume(self, destination: str) -> bool:
        """End a destination's pause and rest, and let what was put back wait no longer.

        :returns: False when it was not paused.
        """

    def paused(self) -> Mapping[str, Pause]:
        """Tell which destinations are paused, and why."""

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count what could be claimed now, but no further than ``limit``."""

    def next_due(self, destination: str, now: float) -> float | None:
        """Tell when there may be something to claim: ``now`` or later; None when nothing is stored."""

    def destinations(self) -> Sequence[str]:
        """Name every destination that the outbox holds undelivered items for, sorted."""

    def stats(self) -> Mapping[str, Stats]:
        """Count what is held, by destination."""

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Go through dead letters in the order of their numbers, a few at a time."""

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Let dead letters wait again, with no tries counted; expired ones stay dead."""

    def purge(self, which: DeadFilter) -> int:
        """Delete dead letters for good and return how many."""

    def close(self) -> None:
        """Release the store; the outbox can't be used afterwards."""

    def __enter__(self) -> Self:
        """Return the outbox itself."""

    def __exit__(self, *error: object) -> None:
        """Close it."""
