"""Requests, responses, and what a response means."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class Request:
    """One HTTP request.  Headers hold the token: they are left out of its repr.

    :ivar timeout: seconds for connecting and, separately, for each wait for the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float = 10.0


@frozen(kw_only=True)
class Response:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """A way for requests to leave.  Must be usable from several threads."""

    def send(self, request: Request) -> Response:
        """Send one request and return the answer, whatever its status.

        :raises TransportError: when no whole answer came.
        """

    def close(self) -> None:
        """Release connections."""


class Verdict(StrEnum):
    """What a response means for the items of its request."""

    DONE = "done"  # delivered
    LATER = "later"  # try again, with growing waits
    THROTTLED = "throttled"  # try again after the time that the platform named
    SPLIT = "split"  # one of the items is bad: divide the batch to find it
    DEAD = "dead"  # these items can never be delivered
    PAUSE = "pause"  # the account needs a person: keep the items, stop the destination


@frozen(kw_only=True)
class Judgement:
    """A verdict and what is known about it.

    :ivar code: the platform's error code.
    :ivar subcode: the platform's error subcode.
    :ivar reason: a sentence that a marketer understands; no personal data, no token.
    :ivar advice: what would mend it.
    :ivar after: seconds to wait before the next request, when the platform said.
    :ivar index: position in the batch of the item at fault, when the platform said.
    :ivar refused_field: path of a field whose removal would let the item pass (``user_data.fbc``).
    :ivar taken: with DONE, how many items the platform says it took, if it said.  Another number than
        was sent makes the judgement LATER: nobody could tell which items are missing.
    """

    verdict: Verdict
    code: int | None = None
    subcode: int | None = None
    reason: str = ""
    advice: str = ""
    after: float | None = None
    index: int | None = None
    refused_field: str | None = None
    taken: int | None = None


@frozen(kw_only=True)
class Report:
    """The outcome of one request, or of an item that never got into one.

    :ivar destination: the destination's name in the configuration.
    :ivar items: how many items it is about.
    :ivar judgement: what was decided.
    :ivar requested: whether there was a request; False for what was too large or too old for one.
    :ivar seconds: how long the request took; 0 when there was none.
    :ivar request_bytes: length of the request's body, even when that was too long for a request.
    """

    destination: str
    items: int
    judgement: Judgement
    requested: bool = False
    seconds: float = 0.0
    request_bytes: int = 0


class Observer(Protocol):
    """Is told of every outcome, from the sending thread: must be quick and must not raise.

    An observer that also has a method ``watch(read)`` is given, once, a function that counts what the
    outbox holds, by destination: :meth:`capi_actions.builtin.outbox.Outbox.stats`.  It raises ``OutboxError``
    when that can't be read, or is closed; an observer that outlives clients should hold it weakly.
    """

    def observe(self, report: Report) -> None:
        """Take note of one outcome."""
