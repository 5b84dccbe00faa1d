"""The sandbox's memory: accepted events, requests and their responses, queued faults."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict

import orjson
from attrs import Factory, define, field, frozen

from capi_actions_sandbox.faults import FaultQueue
from capi_actions_sandbox.options import SandboxOptions

MAX_REQUESTS = 10_000


class Received(TypedDict):
    """One accepted event.

    :ivar number: counts the events since the start, from 1, in order of arrival.
    :ivar request: the number of the request that brought it.
    :ivar received: when it came, Unix seconds by the sandbox's clock.
    :ivar pixel: the pixel or dataset it was sent to.
    :ivar version: the API version of the request's address, such as ``v25.0``.
    :ivar test_event_code: the request's, or None.
    :ivar partner_agent: the request's, or None.
    :ivar event: the entry of ``data``; a time that came as text is whole Unix seconds, as Meta converts it.
    """

    number: int
    request: int
    received: float
    pixel: str
    version: str
    test_event_code: str | None
    partner_agent: str | None
    event: dict[str, Any]


class Exchange(TypedDict):
    """One request to the API and its response, without personal data and without the token.

    :ivar number: counts the requests since the start, from 1.
    :ivar received: when it came, Unix seconds by the sandbox's clock.
    :ivar method: the HTTP method.
    :ivar path: the address without its query, shortened to 200 characters.
    :ivar events: how many events it brought, as far as they were read.
    :ivar stored: True when its events were accepted.
    :ivar status: HTTP status of the response; 0: the connection was cut before one.
    :ivar code: Meta's error code, or None.
    :ivar subcode: Meta's error subcode, or None.
    :ivar problem: headline of the refusal, or None.
    :ivar index: position of the refused event, or None.
    :ivar fault: the injected fault, or None.
    :ivar seconds: how long the sandbox took.
    """

    number: int
    received: float
    method: str
    path: str
    events: int
    stored: bool
    status: int
    code: int | None
    subcode: int | None
    problem: str | None
    index: int | None
    fault: str | None
    seconds: float


@frozen(kw_only=True)
class _Batch:
    first: int
    count: int
    request: int
    received: float
    pixel: str
    version: str
    test_event_code: str | None
    partner_agent: str | None
    data: bytes  # decoded events take about four times the memory

    def events(self) -> Iterator[Received]:
        for offset, event in enumerate(orjson.loads(self.data)):
            yield Received(
                number=self.first + offset,
                request=self.request,
                received=self.received,
                pixel=self.pixel,
                version=self.version,
                test_event_code=self.test_event_code,
                partner_agent=self.partner_agent,
                event=event,
            )


class Store:
    """Events and exchanges in memory, of limited size.  Usable from several threads."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._batches: deque[_Batch] = deque()
        self._exchanges: deque[Exchange] = deque(maxlen=MAX_REQUESTS)
        self._kept = 0
        self._kept_bytes = 0
        self._events = 0
        self._requests = 0

    def next_request(self) -> int:
        """Count a request and return its number."""
        with self._lock:
            self._requests += 1
            return self._requests

    def add_events(
        self,
        events: Sequence[dict[str, Any]],
        *,
        test_event_code: object,
        partner_agent: object,
        **request: Any,
    ) -> None:
        """Store the events of one request.

        :raises TypeError: when they are nested too deeply to be written again (254 levels).
        """
        # Copied: what orjson returns occupies 8 kB, however short it is.
        data = bytes(memoryview(orjson.dumps(events))) if self._options.keep else b""
        with self._lock:
            first, self._events = self._events + 1, self._events + len(events)
            if not self._options.keep:
                return
            self._batches.append(
                _Batch(
                    first=first,
                    count=len(events),
                    test_event_code=_text(test_event_code),
                    partner_agent=_text(partner_agent),
                    data=data,
                    **request,
                )
            )
            self._kept += len(events)
            self._kept_bytes += len(data)
            while len(self._batches) > 1 and self._is_full():
                oldest = self._batches.popleft()
                self._kept -= oldest.count
                self._kept_bytes -= len(oldest.data)

    def _is_full(self) -> bool:
        return self._kept > self._options.keep or self._kept_bytes > self._options.keep_bytes

    def add_exchange(self, exchange: Exchange) -> None:
        """Store what became of a request."""
        with self._lock:
            self._exchanges.append(exchange)

    def events(self, after: int = 0) -> Iterator[Received]:
        """Yield the stored events, oldest first.

        :param after: only those with a higher number.
        """
        with self._lock:
            batches = [batch for batch in self._batches if batch.first + batch.count - 1 > after]
        for batch in batches:
            yield from (received for received in batch.events() if received["number"] > after)

    def exchanges(self) -> list[Exchange]:
        """Return the latest requests, oldest first."""
        with self._lock:
            return list(self._exchanges)

    def counts(self) -> dict[str, int]:
        """Return the numbers of requests, of accepted events, and of those ``kept``."""
        with self._lock:
            return {"requests": self._requests, "events": self._events, "kept": self._kept}

    def clear_events(self) -> int:
        """Delete the events; numbers go on.

        :returns: how many were stored.
        """
        with self._lock:
            kept, self._kept, self._kept_bytes = self._kept, 0, 0
            self._batches.clear()
            return kept

    def clear_exchanges(self) -> int:
        """Delete the requests; numbers go on.

        :returns: how many were stored.
        """
        with self._lock:
            count = len(self._exchanges)
            self._exchanges.clear()
            return count


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) else None


def _ignore(exchange: Exchange) -> None:
    """Do nothing."""


@define(kw_only=True)
class State:
    """Options, stored events and queued faults of one sandbox.

    :ivar listener: called with every exchange, just before its response is sent.
    """

    options: SandboxOptions = field(factory=SandboxOptions)
    store: Store = Factory(lambda self: Store(self.options), takes_self=True)
    faults: FaultQueue = Factory(lambda self: FaultQueue(self.options.seed), takes_self=True)
    listener: Callable[[Exchange], None] = _ignore
