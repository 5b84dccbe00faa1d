"""The outbox: a store in which items wait until they are delivered.

This module is the contract between delivery and any store.  An item in an outbox is in exactly one state::

    put ──▶ waiting ──claim──▶ leased ──acknowledge──▶ deleted: it was delivered
            ▲  ▲  ▲            │  │  └──bury─────────▶ dead ──purge──▶ deleted
            │  │  └─lease ends─┘  └─────release──┐      │
            │  └──────run_at reached── delayed ◀─┘      │
            └──────────────────────────────────replay───┘

Two transitions are not drawn: ``acknowledge`` deletes an item in whatever state it is by then, and
``resume`` makes all delayed items of a destination wait.

**Time.** Times are Unix seconds.  The caller passes the present as ``now``; an outbox needs no clock of its
own.  All processes that share an outbox should have the same clock.  A back-off or a ``run_at`` further
ahead than :data:`~capi_actions.MAX_DELAY`, and a lease that ends more than :data:`~capi_actions.MAX_LEASE`
ahead, were written by a wrong clock: they count as over, so that nothing is stuck once the clock is right again.

**Concurrency.** Every method may be called by several threads at the same time.  If several processes can
open the same store, a claimed item belongs to one of them only.  A process that is killed at any moment
loses no item: what it had claimed is given out again when its lease ends.

**Errors.** A method that can't do its work raises :class:`~capi_actions.errors.OutboxError`, with a sentence that says
what a person can do about it and quotes no item.  Delivery in the background waits and tries again after this error;
any other exception ends it, as a bug would.  Nothing of a failed call was done, except that
:meth:`~capi_actions.Outbox.resume`, :meth:`~capi_actions.Outbox.replay` and :meth:`~capi_actions.Outbox.purge` may
work in steps: steps that were completed stay done, and repeating the call does the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, Self, runtime_checkable

from attrs import field, frozen

from capi_actions.model.delivery import Judgement


class Item(NamedTuple):
    """One platform-ready event.  Personal data in it is hashed already.

    A tuple, because one is made for every event: 0.5 µs, where a frozen attrs class takes 1.5.  Its repr leaves out the
    body and the ids, as page addresses and ids may hold personal data.

    :ivar destination: the destination's name in the configuration.
    :ivar action: the name of the action that built it.
    :ivar message_id: the source event's ``messageId``; None if it had none.
    :ivar event_id: the id by which the platform drops duplicates; the same at every try.
    :ivar event_time: when the event happened, in whole Unix seconds.
    :ivar deadline: the last Unix second at which the platform takes the event.
    :ivar group: items share a request only if their groups are equal (a test event code, say); mostly empty.
    :ivar body: the encoded JSON object, sent byte for byte.
    """

    destination: str
    action: str
    message_id: str | None
    event_id: str
    event_time: int
    deadline: int
    group: str
    body: bytes

    def __repr__(self) -> str:
        return (
            f"Item(destination={self.destination!r}, action={self.action!r}, event_time={self.event_time!r},"
            f" deadline={self.deadline!r}, body={_size(self.body)})"
        )


def _size(body: object) -> str:
    return f"<{len(body)} bytes>" if isinstance(body, bytes) else f"<{type(body).__name__}>"


MAX_DELAY = 90_000.0
"""The furthest a ``run_at`` or the end of a back-off may lie ahead, in seconds: a day and an hour."""

MAX_LEASE = 3_600.0
"""The furthest the end of a lease may lie ahead, in seconds."""


class Claimed(NamedTuple):
    """A claimed item, with only what sending needs.  Its repr leaves out the body and the event's id.

    :ivar id: its number in the outbox; items that are put later have greater ones.  It stays the same until the item
        is deleted, also when it is buried and replayed, and is never used for another item.
    :ivar tries: how many requests it was part of before this claim.
    :ivar deadline: the last Unix second at which the platform takes it.
    :ivar event_id: the id by which the platform drops duplicates; the same at every claim.
    :ivar event_time: when the event happened, in whole Unix seconds.
    :ivar body: the item's body, the same bytes at every claim.
    """

    id: int
    tries: int
    deadline: int
    event_id: str
    event_time: int
    body: bytes

    def __repr__(self) -> str:
        return f"Claimed(id={self.id!r}, tries={self.tries!r}, deadline={self.deadline!r}, body={_size(self.body)})"


@frozen(kw_only=True)
class Batch:
    """The items of one request: what :meth:`capi_actions.Destination.envelope` gets.

    :ivar group: the items' group, equal for all of them; mostly empty.
    :ivar items: at least one, and at most the destination type's ``max_items``.  Each has the encoded object as
        ``body``, the ``event_id``, and the ``event_time``.
    :ivar now: the present, in Unix seconds: for a signature's time stamp, say.
    """

    group: str
    items: Sequence[Claimed] = field(repr=lambda items: f"<{len(items)} items>")
    now: float

    @property
    def bodies(self) -> list[bytes]:
        """The encoded items, in their order."""
        return [item.body for item in self.items]


@frozen(kw_only=True)
class Claim:
    """Items of one destination and group that only the claimer may send until the lease ends.

    :ivar lease: the lease's number, unique for the life of the store.
    :ivar until: when the lease ends (Unix seconds), unless it is extended.
    :ivar items: at least one, ordered by deadline, then by id.
    """

    lease: int
    until: float
    destination: str
    group: str
    items: Sequence[Claimed] = field(repr=lambda items: f"<{len(items)} items>")


@frozen(kw_only=True)
class DeadLetter:
    """An item that will not be delivered, and why.

    :ivar code: the platform's error code, if it gave one.
    :ivar subcode: the platform's error subcode, if it gave one.
    :ivar reason: what is wrong, in a sentence that a marketer understands.
    :ivar advice: what would help; may be empty.
    :ivar tries: how many requests it was part of.
    :ivar buried_at: Unix seconds.
    :ivar id: the item's number in the outbox; None for a letter that isn't stored in one.
    :ivar platform_message: what the platform itself said, without personal data; may be empty.
    :ivar platform_field: the field that the platform named as wrong; may be empty.
    :ivar trace_id: the platform's id of its answer, for its support; may be empty.
    """

    item: Item
    code: int | None
    subcode: int | None
    reason: str
    advice: str
    tries: int
    buried_at: float
    id: int | None = None
    platform_message: str = ""
    platform_field: str = ""
    trace_id: str = ""


@frozen(kw_only=True)
class DeadFilter:
    """A condition on dead letters.  All fields that aren't None must match.

    :ivar ids: the letter's id is one of these; an empty sequence matches nothing.
    :ivar destination: the item's destination is this one.
    :ivar action: the item's action is this one.
    :ivar code: the platform's error code is this one.
    :ivar subcode: the platform's error subcode is this one.
    :ivar since: buried at this time (Unix seconds) or later.
    :ivar before: buried before this time (Unix seconds).
    """

    ids: Sequence[int] | None = None
    destination: str | None = None
    action: str | None = None
    code: int | None = None
    subcode: int | None = None
    since: float | None = None
    before: float | None = None


ALL_DEAD = DeadFilter()
"""Matches every dead letter."""


@frozen(kw_only=True)
class Replayed:
    """The result of a replay.

    :ivar moved: how many dead letters wait again.
    :ivar expired: how many stayed dead because their deadline has passed.
    """

    moved: int
    expired: int


@frozen(kw_only=True)
class Pause:
    """Why a destination is paused.

    :ivar judgement: the platform's answer: verdict PAUSE, code, subcode, texts and trace id.
    :ivar since: when it was paused, in Unix seconds.
    """

    judgement: Judgement
    since: float


@frozen(kw_only=True)
class Stats:
    """What an outbox holds for one destination.

    :ivar waiting: number of items that can be claimed, unless the destination is paused or backing off.
    :ivar delayed: number of items that were released to run later.
    :ivar leased: number of claimed items.
    :ivar dead: number of dead letters.
    :ivar leased_until: when the last of its leases ends (Unix seconds), unless it is extended; None without any.
    :ivar oldest: event time (Unix seconds) of the undelivered item with the nearest deadline; None without items.
    :ivar deadline: that item's deadline.
    :ivar backoff_until: no request before this time (Unix seconds), or None.  May be in the past.
    :ivar pause: why it is paused; None if it isn't.
    """

    waiting: int = 0
    delayed: int = 0
    leased: int = 0
    dead: int = 0
    leased_until: float | None = None
    oldest: int | None = None
    deadline: int | None = None
    backoff_until: float | None = None
    pause: Pause | None = None

    @property
    def undelivered(self) -> int:
        """Number of items that are not dead."""
        return self.waiting + self.delayed + self.leased


class Outbox(Protocol):
    """A store in which items wait until they are delivered.

    To offer one, return an :class:`~capi_actions.OutboxFactory` from the hook ``capi_outboxes``.  The opening of
    :mod:`capi_actions.model.outbox` has the states of an item and what holds for all methods: time, threads,
    processes, and errors.
    """

    def put(self, items: Sequence[Item]) -> None:
        """Store new items, as waiting, with 0 tries.

        A durable outbox returns only when they would survive a crash and a loss of power.  Equal items are
        stored as often as they are put: an outbox doesn't look for duplicates.  Items get their numbers in the order
        in which they are put.

        :param items: may be empty, may be of several destinations.
        :raises OutboxError: if any of them can't be stored; then none is.
        """

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Lease waiting items of one destination and one group, those with the nearest deadline first.

        First, items of this destination whose lease has ended, and delayed items whose ``run_at`` is reached,
        become waiting again; where there are many, this may take several claims.  The group is that of
        the item with the nearest deadline.  Its items are then taken in the order of deadline and id, up to
        the first that would exceed a limit.

        While the destination is paused or backing off, only items whose deadline is before ``now`` are claimed:
        they are going to be buried.

        :param limit: the greatest number of items; 0 or less claims nothing.
        :param max_bytes: the greatest sum of the bodies' lengths, with 1 added to each for the comma.  The first
            item is claimed whatever its length, so that one that is too large blocks nothing.
        :param lease_seconds: how long the lease lasts, at most :data:`MAX_LEASE`.
        :returns: None if there is nothing to claim.
        """

    def extend(self, lease: int, until: float) -> bool:
        """Move the end of a lease.

        A lease that has ended can be extended as long as no claim has taken its items back; ``until`` counts,
        whether it is later or earlier than the present end.

        :param until: the new end (Unix seconds), at most :data:`MAX_LEASE` ahead.
        :returns: False if the lease holds no items any more.  The caller must not send them then.
        """

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Delete items that were delivered.

        Nothing of them should stay readable in the store: at the latest when nothing is left to deliver, and when
        the outbox is closed.

        A late acknowledgement counts: the items are deleted even if the lease has ended, and whether they
        are waiting, delayed, leased to another caller, or buried by now.  If another lease holds nothing after that,
        it ends.  Unknown ids are ignored.
        """

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Make leased items wait until some time.

        An item becomes waiting again at ``run_at``, or one second after its deadline if that is earlier, so
        that it can be buried.  The lease ends when it holds nothing any more.  Ids that this lease doesn't hold (any
        more) are ignored.

        :param run_at: Unix seconds, at most :data:`MAX_DELAY` ahead.  May be in the past.
        :param tried: how many requests they were part of since the claim; added to their tries.
        """

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Turn leased items into dead letters, with the judgement's code, subcode, texts and trace id.

        The texts are ``reason``, ``advice``, ``platform_message`` and ``platform_field``.  Ids that this lease doesn't
        hold (any more) are ignored.

        :param tried: how many requests they were part of since the claim; added to their tries.
        """

    def back_off(self, destination: str, until: float) -> None:
        """Claim nothing for a destination before some time, expired items aside.

        If a back-off is set already, the later of the two times holds, whichever was set last: answers to
        concurrent requests come in any order.  A time more than :data:`MAX_DELAY` later than ``until`` was set by
        a wrong clock and is replaced.

        :param until: Unix seconds, at most :data:`MAX_DELAY` ahead.
        """

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Claim nothing for a destination until :meth:`resume` is called, expired items aside.

        Items can still be put.  A second pause replaces the first one's judgement and time.
        """

    def resume(self, destination: str) -> bool:
        """End the pause and the back-off of a destination, and make its delayed items wait.

        :returns: whether it was paused.  Back-off and delays end in either case.
        """

    def paused(self) -> Mapping[str, Pause]:
        """Return the paused destinations, also those without items."""

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count waiting items and delayed items that are due, of all groups; 0 if paused or backing off.

        Called often, to see whether a batch is full: must not take longer the more items there are.  Items whose lease
        has ended needn't count before a claim has taken them back.

        :param limit: stop counting here; 0 or less returns 0.
        """

    def next_due(self, destination: str, now: float) -> float | None:
        """Return when a claim may find something: ``now``, or a later time.

        That is the earliest time at which an item is waiting, is due, or has its lease ended, but not before the end
        of the back-off.  It may be too early: a claim at that time can still return None.

        :returns: None if the destination has no undelivered items, or is paused: then only a call can change that.
        """

    def destinations(self) -> Sequence[str]:
        """Return the names of all destinations with undelivered items, sorted."""

    def stats(self) -> Mapping[str, Stats]:
        """Return counts by destination, sorted by name.

        A destination is included if it has items or dead letters, is paused, or has had a back-off since it was last
        resumed.  Each item is counted in one state.  Items whose lease has ended, and delayed ones that are due, may be
        counted as leased and delayed until the next claim.
        """

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Iterate over matching dead letters in the order of their ids.

        May read them in pages, and holds no lock in between: letters that are buried, replayed or purged meanwhile
        may be returned or not.
        """

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Make matching dead letters wait again, with 0 tries.

        Items keep their ids.  Those whose deadline is before ``now`` stay dead, with their first reason.
        """

    def purge(self, which: DeadFilter) -> int:
        """Delete matching dead letters and return their number.

        Nothing of them should stay readable in the store.
        """

    def close(self) -> None:
        """Release the store; may be called repeatedly.  All other methods raise OutboxError from then on.

        Leases stay as they are, and their items come back when they end.
        """

    def __enter__(self) -> Self:
        """Return the outbox itself."""

    def __exit__(self, *error: object) -> None:
        """Close the outbox."""


@runtime_checkable
class OnceOutbox(Outbox, Protocol):
    """An outbox that can remember what was put, for ``capi send --once``.  This is optional for an outbox."""

    def put_once(self, items: Sequence[Item], keys: Sequence[bytes], now: float) -> int:
        """Store those new items whose keys were not stored before, as :meth:`Outbox.put` does, and remember the keys.

        A key is remembered together with its item, or not at all, whatever happens in between; it is forgotten when
        the item's deadline has passed or when the item becomes a dead letter, so that a corrected event can be put
        again.  Of several equal keys in one call, the first counts.

        :param keys: one for each item.
        :returns: how many items were not stored because their keys are remembered.
        :raises OutboxError: if any of the others can't be stored; then none is, and no key is remembered.
        """
