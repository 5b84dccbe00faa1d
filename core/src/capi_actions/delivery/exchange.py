"""One request: made, sent and judged, whatever plugins do."""

from collections.abc import Sequence
from time import perf_counter
from typing import TypeVar

from attrs import evolve, frozen

from capi_actions.errors import TransportError, where
from capi_actions.model import Destination, Judgement, Request, Response, Transport, Verdict

_LONGEST = 1_000  # characters of a sentence
_AGES = 1e9  # seconds: more than any wait

EXPIRED = Judgement(
    verdict=Verdict.DEAD,
    reason="The event is too old by now: its time ran out before the platform could take it.",
    advice="It can't be sent any more. See what kept deliveries back until then.",
)
"""An item's deadline has passed."""


def too_large(items: int, size: int, limit: int) -> Judgement:
    """Say that a request would be too long: dead for a single item, else divided."""
    return Judgement(
        verdict=Verdict.DEAD if items == 1 else Verdict.SPLIT,
        reason=f"{_subject(items)} too large: {size:,} bytes, where one request may have {limit:,}.",
        advice="Send fewer or shorter values, for example fewer products." if items == 1 else "",
    )


def delivered_without(refusal: Judgement) -> Judgement:
    """Say that an item was delivered without the field for which it had been refused."""
    told = f"The event was delivered without {refusal.refused_field}, for which it had been refused. {refusal.reason}"
    return evolve(refusal, verdict=Verdict.DONE, reason=told.rstrip())


def in_full(judgement: Judgement, sent: int) -> Judgement:
    """Believe in a delivery only when the platform, if it counts at all, counted what was sent.

    Platforms take all items of a request or none, so another number means that the answer can't be
    trusted.  Repeating is safe: the platform drops repeats by their event ids.
    """
    taken = judgement.taken
    if judgement.verdict is not Verdict.DONE or taken is None or taken == sent:
        return judgement
    return evolve(
        judgement,
        verdict=Verdict.LATER,
        reason=f"The platform says that it took {taken:,} events of a request that held {sent:,}: its answer"
        " can't be trusted. The request is repeated with the same event ids.",
        advice="If this goes on, check the address, the proxy and the platform's status.",
    )


def unreachable(error: TransportError) -> Judgement:
    """Say that no answer came."""
    doubt = " The request may have arrived; it is repeated with the same event ids." if error.sent else ""
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No answer came: {error.problem}.{doubt}",
        advice="It is tried again by itself. If this goes on, check the network, the proxy and the platform's status.",
    )


def broken_transport(error: Exception) -> Judgement:
    """Say that the transport raised what it may not raise."""
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No answer came: the transport has a fault ({where(error)}).",
        advice="Tell the author of the transport's plugin.",
    )


def broken_destination(method: str, error: Exception) -> Judgement:
    """Say that a destination's plugin raised what it may not raise, or returned nonsense."""
    return Judgement(
        verdict=Verdict.PAUSE,
        reason=f"The destination's plugin has a fault in {method}() ({where(error)}).",
        advice="Upgrade the plugin or tell its author; then resume the destination. Its items are kept.",
    )


def sound(judgement: Judgement) -> Judgement:
    """Make what a plugin judged safe to store and to calculate with.

    Sentences are cut after 1,000 characters, and numbers that SQLite can't hold are left out: they
    may come from a platform's answer unchecked.

    :raises Exception: when the plugin broke its contract: the verdict is none, or a text isn't one.
    """
    return evolve(
        judgement,
        verdict=Verdict(judgement.verdict),
        code=_number(judgement.code),
        subcode=_number(judgement.subcode),
        reason=_sentence(judgement.reason),
        advice=_sentence(judgement.advice),
        after=_seconds(judgement.after),
        refused_field=judgement.refused_field if isinstance(judgement.refused_field, str) else None,
        taken=_count(judgement.taken),
    )


def _subject(items: int) -> str:
    return "The event is" if items == 1 else f"A request with {items:,} events would be"


def _number(value: object) -> int | None:
    return value if type(value) is int and abs(value) < 2**63 else None


def _count(value: object) -> int | None:
    """Keep a number beyond measure a wrong one: it must not look as though nothing had been said."""
    return min(max(value, 0), 2**63 - 1) if type(value) is int else None


def _sentence(value: str) -> str:
    return value[:_LONGEST].encode("utf-8", "replace").decode()


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return min(value, _AGES)


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
