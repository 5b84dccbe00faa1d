"""What waits in the outbox, and what could not be delivered."""

from typing import NamedTuple

from attrs import frozen


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
