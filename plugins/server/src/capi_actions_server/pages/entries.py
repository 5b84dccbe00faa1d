"""An event that came in, as the live view shows it: without values that may be personal."""

import hashlib
import json
from collections.abc import Iterator

from attrs import frozen

from capi_actions_server.pages.masking import event_name, mask_event
from capi_actions_server.recent_events import RecentEvent

ACCEPTED = "accepted"
"""The state of what was stored; the outbox knows what became of it since."""


@frozen
class Outcome:
    """What was decided about an event when it came in.

    :ivar state: ``accepted``, ``held``, ``unmatched``, ``refused`` or ``invalid``.
    :ivar event_key: see :func:`event_key`; of what was accepted.
    :ivar deadline: of what was accepted, in Unix seconds.
    """

    state: str
    destination: str = ""
    action: str = ""
    reason: str = ""
    event_key: str = ""
    deadline: int = 0


@frozen
class Entry:
    """An event that came in.

    :ivar process: the name of the process that took it.
    :ivar number: counts the process's events, from 1.
    :ivar received: Unix seconds.
    :ivar source: the name of the write key or webhook.
    :ivar endpoint: the path that it was sent to.
    :ivar name: its type and name.
    :ivar event: masked, as indented JSON.
    """

    process: str
    number: int
    received: float
    source: str
    endpoint: str
    name: str
    event: str
    outcomes: tuple[Outcome, ...]


def event_key(event_id: str) -> str:
    """Return what stands for an event's id: senders choose it, so that it may hold anything."""
    return hashlib.blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def make_entry(recent_event: RecentEvent, process: str) -> Entry:
    """Return what is shown of an event, and may be stored.

    :param process: the name of this process.
    """
    return Entry(
        process=process,
        number=recent_event.number,
        received=recent_event.received,
        source=recent_event.source,
        endpoint=recent_event.endpoint,
        name=event_name(recent_event.event),
        event=json.dumps(mask_event(recent_event.event), indent=2, ensure_ascii=False),
        outcomes=tuple(_outcomes(recent_event)),
    )


def _outcomes(recent_event: RecentEvent) -> Iterator[Outcome]:
    receipt = recent_event.receipt
    if receipt.problem is not None:
        yield Outcome("invalid", reason=receipt.problem.loggable)
        return
    for item in receipt.accepted:
        yield Outcome(
            ACCEPTED,
            item.destination,
            item.action,
            event_key=event_key(item.event_id),
            deadline=int(item.deadline),
        )
    for refusal in receipt.refused:
        yield Outcome("refused", refusal.destination, refusal.action, refusal.error.loggable)
    for held in receipt.held_back:
        yield Outcome("refused" if held.failed else "held", held.destination, reason=held.reason)
    if not (receipt.accepted or receipt.refused or receipt.held_back):
        yield Outcome("unmatched", reason="no mapping's trigger takes it")
