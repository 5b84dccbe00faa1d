"""Judgements that delivery makes by itself, without an answer of the platform."""

from attrs import evolve

from capi_actions.errors import TransportError, where
from capi_actions.model import Judgement, Verdict

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
    told = (
        f"The event was delivered without {refusal.blamed}, for which it had been refused. {refusal.reason}"
    )
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
        blamed=judgement.blamed if isinstance(judgement.blamed, str) else None,
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
