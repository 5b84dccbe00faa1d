"""What came in last, and what became of it: kept in memory for the live view."""

from collections import deque

import orjson
from attrs import frozen

from capi_actions import Json, Receipt

_KEPT = 500


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
    """
    try:
        return orjson.dumps(event)
    except TypeError:
        return event
