"""What came in last, and what became of it: kept in memory for the live view."""

import json
import math
from collections import deque

import orjson
from attrs import frozen

from capi_actions import Json, Receipt

_KEPT = 500
# Bytes of an event that is kept whole: 32 MB at most for all, whatever somebody sends with a key that a page shows.
_LONGEST = 64 * 1024
_SHORT_MEMBERS = frozenset({"type", "event", "name", "messageId", "timestamp", "userId", "anonymousId"})
_LONGEST_MEMBER = 100  # characters


@frozen
class RecentEvent:
    """One event that came in.

    :ivar number: counts events, from 1.
    :ivar received: Unix seconds.
    :ivar source: the name of the write key or webhook.
    :ivar endpoint: the path that it was sent to.
    :ivar event: as it was stored, with all that is personal in it: mask it before you show it.  Anything, if it is no
        event.
    :ivar receipt: what became of it.
    """

    number: int
    received: float
    source: str
    endpoint: str
    event: Json
    receipt: Receipt


class RecentEvents:
    """The last 500 events.  Written on the event loop, read from any thread.

    :ivar count: how many there were since the start.
    """

    def __init__(self) -> None:
        self._latest: deque[tuple[int, float, str, str, bytes | Json, Receipt]] = deque(maxlen=_KEPT)
        self.count = 0

    def add(self, received: float, source: str, endpoint: str, event: bytes | Json, receipt: Receipt) -> None:
        """Note that an event came in.

        :param event: as :func:`compact` returns it, or as it is.
        """
        number = self.count + 1
        # A tuple: making a RecentEvent of every event would take as long as reading its JSON.
        self._latest.append((number, received, source, endpoint, event, receipt))
        self.count = number  # last: who takes it for the number of those that are there must find them

    def latest(self) -> list[RecentEvent]:
        """Return them, oldest first."""
        return [
            RecentEvent(
                number,
                received,
                source,
                endpoint,
                orjson.loads(event) if type(event) is bytes else event,
                receipt,
            )
            for number, received, source, endpoint, event, receipt in list(self._latest)
        ]


def compact(event: Json) -> bytes | Json:
    """Return an event as JSON text; what such text can't hold, or what is no event, as it is.

    500 events as objects are 5 MB: more than a processor's cache holds, and garbage collection looks through them.
    Of a very long one only its name and ids are kept.
    """
    try:
        text = orjson.dumps(event)
    except TypeError:
        return event if _written_length(event) <= _LONGEST else _shortened(event)
    return text if len(text) <= _LONGEST else _shortened(event)


def _written_length(event: Json) -> float:
    """Return how long the JSON text is of what orjson can't write; infinite if it is nested too deeply for that."""
    try:
        return len(json.dumps(event))
    except TypeError:  # an error that stands in place of an event
        return 0
    except RecursionError:
        return math.inf


def _shortened(event: Json) -> Json:
    """Return what tells a very long event from others."""
    if not isinstance(event, dict):
        return None
    short = {
        key: event[key]
        for key in _SHORT_MEMBERS & event.keys()
        if isinstance(event[key], str | int | float) and len(str(event[key])) <= _LONGEST_MEMBER
    }
    return {**short, "more than 64 KiB, left out": True}
