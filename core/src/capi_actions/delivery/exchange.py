"""One exchange with a platform: a request is made, sent and judged, whatever plugins do."""

import re
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TypeVar

from attrs import evolve, frozen

from capi_actions.errors import TransportError
from capi_actions.model import Batch, Destination, Judgement, Request, Response, Transport, Verdict
from capi_actions.personal_data import mask
from capi_actions.text import count_noun
from capi_actions.tracebacks import where


@frozen(kw_only=True)
class Outcome:
    """What came of items that were to be sent in one request.

    :ivar requested: False if no request was made.
    :ivar answered: True if the platform itself answered.
    :ivar seconds: how long the request took.
    :ivar request_bytes: length of the request's body.
    """

    judgement: Judgement
    requested: bool = False
    answered: bool = False
    seconds: float = 0.0
    request_bytes: int = 0


def send_request(destination: Destination, transport: Transport, batch: Batch) -> Outcome:
    """Send a batch in one request and return the outcome.

    Nothing that a plugin raises or returns gets out of here: its faults are judgements, too.
    """
    try:
        limits = _read_limits(destination)
        request = _call(destination, "envelope", batch, expect=_expect_request)
    except _FaultError as fault:  # the items are kept
        return Outcome(judgement=fault.judgement)
    size = len(request.body)
    if size > limits.max_bytes:
        return Outcome(judgement=_too_large(len(batch.items), size, limits.max_bytes), request_bytes=size)
    started = perf_counter()
    answered = False
    try:
        response = _send(transport, request)
        answered = True
        judgement = _call(destination, "judge", response, expect=_expect_judgement)
        judgement = check_count(judgement, len(batch.items))
    except TransportError as error:
        judgement = sanitize(_no_answer(error))
    except _FaultError as fault:
        judgement = fault.judgement
    return Outcome(
        judgement=judgement,
        requested=True,
        answered=answered,
        seconds=perf_counter() - started,
        request_bytes=size,
    )


@frozen
class Limits:
    """What one request to a destination may hold at most.

    :ivar max_items: number of items.
    :ivar max_bytes: length of the body.
    """

    max_items: int
    max_bytes: int


def claim_limits(destination: Destination) -> Limits:
    """Return the limits by which a batch is claimed.

    They may be properties of a plugin.  If one fails, a batch is one item, and :func:`send_request` says why.
    """
    try:
        return _read_limits(destination)
    except _FaultError:
        return Limits(1, 1)


def _read_limits(destination: Destination) -> Limits:
    """Read the limits of a destination.

    :raises _FaultError: whatever a property raises, but for KeyboardInterrupt.
    """
    return Limits(*(_read_limit(destination, name) for name in ("max_items", "max_bytes")))


def _read_limit(destination: Destination, name: str) -> int:
    return _guard(name, lambda: _expect_limit(getattr(destination, name)))


def probe(destination: Destination, transport: Transport, now: float) -> Judgement | None:
    """Ask a platform whether an account may be sent to; nothing is stored there.

    :param now: Unix seconds.
    :returns: DONE if so; None if the destination type offers no way to ask.
    """
    try:
        request = _call(destination, "probe", now, expect=_expect_request_or_none)
        if request is None:
            return None
        response = _send(transport, request)
        return _call(destination, "judge_probe", response, expect=_expect_judgement)
    except TransportError as error:
        return sanitize(Judgement(verdict=Verdict.LATER, reason=f"No answer came: {error.problem}."))
    except _FaultError as fault:
        return fault.judgement


T = TypeVar("T")


class _FaultError(Exception):
    """A plugin raised what it may not, or returned nonsense.

    :ivar judgement: says so.
    """

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.reason)
        self.judgement = judgement


def _call(destination: Destination, method: str, argument: object, *, expect: Callable[[object], T]) -> T:
    """Call a destination's method.

    :param expect: returns what the method returned in the form that is needed, and raises anything if it isn't that.
    :raises _FaultError: whatever the method raises, but for KeyboardInterrupt.
    """
    return _guard(f"{method}()", lambda: expect(getattr(destination, method)(argument)))


def _guard(part: str, function: Callable[[], T]) -> T:
    """Call a function that uses a part of a destination's plugin.

    :raises _FaultError: whatever the function raises, but for KeyboardInterrupt.
    """
    try:
        return function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        raise _FaultError(_broken_destination(part, error)) from None


def _send(transport: Transport, request: Request) -> Response:
    """Send a request.

    :raises TransportError: when no answer came.
    :raises _FaultError: whatever else the transport raises, but for KeyboardInterrupt.
    """
    try:
        return _expect_response(transport.send(request))
    except (KeyboardInterrupt, TransportError):
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        raise _FaultError(_broken_transport(error)) from None


def _expect(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise _ReturnError(f"it should return {kind.__name__}, but returned {type(value).__name__}")
    return value


class _ReturnError(TypeError):
    """A plugin returned what it may not; the text quotes nothing."""


def _describe(error: BaseException) -> str:
    return str(error) if isinstance(error, _ReturnError) else where(error)


def _expect_request(value: object) -> Request:
    request = _expect(Request, value)
    if not isinstance(request.body, bytes):
        raise _ReturnError("it should return a Request whose body is bytes")
    return request


def _expect_request_or_none(value: object) -> Request | None:
    return None if value is None else _expect_request(value)


def _expect_limit(value: object) -> int:
    if type(value) is not int or value < 1:
        shown = value if type(value) is int else type(value).__name__
        raise _ReturnError(f"it should be a whole number above 0, but is {shown}")
    return value


def _expect_judgement(value: object) -> Judgement:
    return sanitize(_expect(Judgement, value))


def _expect_response(value: object) -> Response:
    response = _expect(Response, value)
    # As objects: a plugin may put anything into an attribute.
    status, headers, body = (getattr(response, name) for name in ("status", "headers", "body"))
    if type(status) is not int or not isinstance(headers, Mapping) or not isinstance(body, bytes):
        raise _ReturnError("it should return a Response with an int, a mapping and bytes")
    return response


def check_count(judgement: Judgement, sent: int) -> Judgement:
    """Return LATER instead of DONE if the platform counted another number of items than was sent.

    Platforms take all items of a request or none, so another number means that the answer can't be
    trusted.  Repeating is safe: the platform drops repeats by their event ids.

    :param sent: items of the request.
    """
    taken = judgement.taken
    if judgement.verdict is not Verdict.DONE or taken is None or taken == sent:
        return judgement
    return evolve(
        judgement,
        verdict=Verdict.LATER,
        reason=f"The platform says that it took {count_noun(taken, 'event')} of a request that held {sent:,}: its"
        " answer can't be trusted. The request is repeated with the same event ids.",
        advice="If this continues, check the address, the proxy and the platform's status.",
    )


_MAX_SENTENCE = 1_000  # characters
_MAX_FIELD = 200
_MAX_FOREIGN = 8_000
_TRACE_ID = re.compile(r"[\w.-]{1,100}", re.ASCII)
_MAX_SECONDS = 1e9  # more than any wait
_MAX_INTEGER = 2**63 - 1  # SQLite's


def sanitize(judgement: Judgement) -> Judgement:
    """Return a plugin's judgement in a form that is safe to store and to calculate with.

    Sentences are cut after 1,000 characters, numbers that SQLite can't store are left out, and what may be
    personal in the platform's own words is masked: they come from its answer unchecked, and it may quote the request.

    :raises Exception: if the plugin broke its contract: an unknown verdict, or a text that isn't a string.
    """
    return evolve(
        judgement,
        verdict=Verdict(judgement.verdict),
        code=_storable_integer(judgement.code),
        subcode=_storable_integer(judgement.subcode),
        reason=_sentence(judgement.reason),
        advice=_sentence(judgement.advice),
        platform_message=_foreign_words(judgement.platform_message, _MAX_SENTENCE),
        platform_field=_foreign_words(judgement.platform_field, _MAX_FIELD),
        trace_id=judgement.trace_id if _TRACE_ID.fullmatch(judgement.trace_id) else "",
        after=_seconds(judgement.after),
        refused_field=judgement.refused_field if isinstance(judgement.refused_field, str) else None,
        taken=_count(judgement.taken),
    )


def _storable_integer(value: object) -> int | None:
    return value if type(value) is int and abs(value) <= _MAX_INTEGER else None


def _count(value: object) -> int | None:
    """Return a count within SQLite's range.

    An impossible count is clamped and not left out: it must stay a wrong count, rather than look as if the
    platform hadn't counted.
    """
    return min(max(value, 0), _MAX_INTEGER) if type(value) is int else None


def _sentence(value: str) -> str:
    return value[:_MAX_SENTENCE].encode("utf-8", "replace").decode()


def _foreign_words(value: str, limit: int) -> str:
    """Return what a platform said in one line without control characters, masked before it is cut."""
    line = " ".join(value[:_MAX_FOREIGN].split())
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line
    )
    return mask(printable)[:limit]


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return min(value, _MAX_SECONDS)


EXPIRED = Judgement(
    verdict=Verdict.DEAD,
    reason="The event is too old: its deadline passed before the platform could take it.",
    advice="It can't be sent any more. Find out what delayed its delivery until then.",
)
"""An item's deadline has passed."""


def delivered_without_field(refusal: Judgement) -> Judgement:
    """Return DONE for an item that was delivered without the field for which it had been refused."""
    reason = f"The event was delivered without {refusal.refused_field}, for which it had been refused. {refusal.reason}"
    return evolve(refusal, verdict=Verdict.DONE, reason=reason.rstrip())


def _too_large(items: int, size: int, limit: int) -> Judgement:
    """Return DEAD for a single item that is too large for a request, SPLIT for several.

    :param size: length of the request's body, in bytes.
    """
    subject = "The event is" if items == 1 else f"A request with {items:,} events would be"
    return Judgement(
        verdict=Verdict.DEAD if items == 1 else Verdict.SPLIT,
        reason=f"{subject} too large: {size:,} bytes, where one request may have {limit:,}.",
        advice="Send fewer or shorter values, for example fewer products." if items == 1 else "",
    )


def _no_answer(error: TransportError) -> Judgement:
    repeat = " The request may have arrived; it is repeated with the same event ids." if error.sent else ""
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No answer came: {error.problem}.{repeat}",
        advice="It is retried automatically. If this continues, check the network, the proxy and the"
        " platform's status.",
    )


def _broken_transport(error: BaseException) -> Judgement:
    """Return LATER for a transport that raised something else than TransportError."""
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No answer came: the transport has a fault in send() ({_describe(error)}).",
        advice="Report it to the author of the transport's plugin.",
    )


def _broken_destination(part: str, error: BaseException) -> Judgement:
    """Return PAUSE for a destination's plugin that raised an error or returned nonsense.

    :param part: the method or property at fault.
    """
    return Judgement(
        verdict=Verdict.PAUSE,
        reason=f"The destination's plugin has a fault in {part} ({_describe(error)}).",
        advice="Upgrade the plugin or report it to its author; then resume the destination. Its items are kept.",
    )
