"""One request: made, sent and judged, whatever plugins do."""

from collections.abc import Sequence
from time import perf_counter
from typing import TypeVar

from attrs import frozen

from capi_actions.delivery.judgements import (
    broken_destination,
    broken_transport,
    in_full,
    sound,
    too_large,
    unreachable,
)
from capi_actions.errors import TransportError
from capi_actions.model import Destination, Judgement, Request, Response, Transport

T = TypeVar("T")


@frozen(kw_only=True)
class Answer:
    """What a request came to.

    :ivar requested: False when no request was made.
    :ivar answered: True when the platform itself answered.
    :ivar seconds: how long the request took.
    :ivar request_bytes: length of the request's body.
    """

    judgement: Judgement
    requested: bool = False
    answered: bool = False
    seconds: float = 0.0
    request_bytes: int = 0


def ask(destination: Destination, transport: Transport, group: str, bodies: Sequence[bytes]) -> Answer:
    """Send encoded items of one group in one request and say what became of them."""
    try:
        request = _must_be(Request, destination.envelope(group, bodies))
    except Exception as error:  # noqa: BLE001  a plugin may raise anything; the items are kept
        return Answer(judgement=broken_destination("envelope", error))
    size = len(request.body)
    if size > destination.max_bytes:
        return Answer(judgement=too_large(len(bodies), size, destination.max_bytes), request_bytes=size)
    started = perf_counter()
    answered = False
    try:
        response = _must_be(Response, transport.send(request))
        answered = True
        judgement = in_full(_judge(destination, response), len(bodies))
    except TransportError as error:
        judgement = sound(unreachable(error))
    except Exception as error:  # noqa: BLE001  as above
        judgement = broken_transport(error)
    return Answer(
        judgement=judgement,
        requested=True,
        answered=answered,
        seconds=perf_counter() - started,
        request_bytes=size,
    )


def _judge(destination: Destination, response: Response) -> Judgement:
    try:
        return sound(_must_be(Judgement, destination.judge(response)))
    except Exception as error:  # noqa: BLE001  as above
        return broken_destination("judge", error)


def _must_be(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"should return {kind.__name__}, but returned {type(value).__name__}")
    return value
