"""One claim on its way: sent, divided where needed, and every item of it settled."""

from collections.abc import Callable

from attrs import evolve

from capi_actions.delivery.asking import Answer, ask
from capi_actions.delivery.division import Part, divide
from capi_actions.delivery.judgements import EXPIRED, delivered_without
from capi_actions.delivery.lane import Lane
from capi_actions.delivery.mending import without
from capi_actions.model import Judgement, Report, Verdict
from capi_actions.outbox import Claim

_ENVELOPE = 1024  # bytes of a request that are left to what surrounds the items


def send_batch(lane: Lane, halted: Callable[[], bool]) -> bool:
    """Claim one batch and deal with it.

    :param halted: tells between requests that somebody wants to stop.
    :returns: False when nothing was due.
    :raises OutboxError: when the outbox fails; unsettled items come back when their lease ends.
    """
    claim = lane.outbox.claim(
        lane.name,
        lane.pace.limit(lane.destination.max_items),
        max(1, lane.destination.max_bytes - _ENVELOPE),
        lane.options.lease,
        lane.clock(),
    )
    if claim is None:
        return False
    Batch(lane, claim, halted).deliver()
    return True


class Batch:
    """Items of one claim.  Whatever happens, each leaves it: delivered, dead, or back in the outbox."""

    def __init__(self, lane: Lane, claim: Claim, halted: Callable[[], bool]) -> None:
        """Take over a claim."""
        self._lane = lane
        self._claim = claim
        self._until = claim.until
        self._halted = halted
        self._parts: list[Part] = []  # what is still to be sent; the last one comes next
        self._doubts = 0  # requests left for finding an item that makes the platform stumble

    def deliver(self) -> None:
        """Send everything that has not expired."""
        now = self._lane.clock()
        expired = [item for item in self._claim.items if item.deadline < now]
        live = [item for item in self._claim.items if item.deadline >= now] if expired else self._claim.items
        if expired:
            self._bury(Part(expired), Answer(judgement=EXPIRED))
        if live:
            self._parts.append(Part(live))
        try:
            while self._parts and self._may_send():
                part = self._parts[-1]
                if part.refused:
                    self._parts.pop()
                    self._divide(part)
                    continue
                answer = ask(
                    self._lane.destination,
                    self._lane.transport,
                    self._claim.group,
                    [item.body for item in part.items],
                )
                self._parts.pop()
                self._settle(part, answer)
        finally:
            self._put_back(self._parts, self._lane.clock())

    def _may_send(self) -> bool:
        """Wait out a short rest, keep the lease, and tell whether to go on."""
        lane = self._lane
        if self._halted():
            return False
        now = lane.clock()
        rest = lane.resting_until - now
        if rest > lane.options.patience:
            self._put_back(self._parts, lane.resting_until)
            self._parts = []
            return False
        if rest > 0:
            lane.sleep(rest)
            now = lane.clock()
        if self._until - now < lane.options.lease / 2:
            self._until = now + lane.options.lease
            if not lane.outbox.extend(self._claim.lease, self._until):
                self._parts = []  # they came back to the outbox already, and may be another's
        return bool(self._parts)

    def _settle(self, part: Part, answer: Answer) -> None:
        part.tried += answer.requested
        self._lane.teller.count(requests=int(answer.requested))
        judgement = answer.judgement
        match judgement.verdict:
            case Verdict.DONE:
                self._done(part, answer)
            case Verdict.SPLIT if len(part.items) > 1:
                self._report(part, answer)
                self._rest(self._lane.pace.answered(judgement.after))
                self._divide(part, answer)
            case Verdict.SPLIT | Verdict.DEAD:
                self._rest(self._lane.pace.answered(judgement.after))
                if not self._mend(part, judgement):
                    self._bury(part, answer)
            case Verdict.PAUSE:
                self._pause(part, answer)
            case Verdict.LATER if self._doubt(part, answer):
                self._isolate(part, answer)
            case _:
                self._wait(part, answer)

    def _done(self, part: Part, answer: Answer) -> None:
        self._lane.outbox.acknowledge(self._claim.lease, part.ids)
        self._lane.teller.count(delivered=len(part.items), mended=int(part.mended is not None))
        part.passed()
        self._rest(self._lane.pace.answered(answer.judgement.after))
        if part.mended is not None:
            told = delivered_without(str(part.mended.blamed), part.mended)
            answer = evolve(answer, judgement=told)
        self._report(part, answer)

    def _divide(self, part: Part, answer: Answer | None = None) -> None:
        first, last = divide(part, answer.judgement.index if answer else None)
        if answer and not answer.requested:  # too long for one request: that one half fits says nothing
            first.twin = None
        self._parts += last, first

    def _mend(self, part: Part, judgement: Judgement) -> bool:
        if (
            not self._lane.options.mend
            or judgement.blamed is None
            or part.mended is not None
            or len(part.items) > 1
        ):
            return False
        body = without(part.items[0].body, judgement.blamed)
        if body is None:
            return False
        self._parts.append(Part([part.items[0]._replace(body=body)], part.tried, mended=judgement))
        return True

    def _bury(self, part: Part, answer: Answer) -> None:
        judgement = evolve(answer.judgement, verdict=Verdict.DEAD)
        self._lane.outbox.bury(self._claim.lease, part.ids, judgement, self._lane.clock(), part.tried)
        self._lane.teller.count(buried=len(part.items))
        self._report(part, evolve(answer, judgement=judgement))

    def _pause(self, part: Part, answer: Answer) -> None:
        now = self._lane.clock()
        self._lane.outbox.pause(self._lane.name, answer.judgement, now)
        self._lane.teller.count_pause(self._lane.name)
        self._put_back([part, *self._parts], now)
        self._parts = []
        self._report(part, answer)

    def _doubt(self, part: Part, answer: Answer) -> bool:
        """Tell whether one of the items may be why the platform stumbles, as others just passed."""
        if self._doubts:
            self._doubts -= 1
        elif answer.answered and len(part.items) > 1 and self._lane.pace.failures == 0:
            tries = max(item.tries for item in part.items) + part.tried
            if tries > self._lane.options.doubt_after:
                self._doubts = 2 * len(part.items).bit_length()
        return self._doubts > 0

    def _isolate(self, part: Part, answer: Answer) -> None:
        if len(part.items) == 1:
            self._put_back([part], self._lane.clock() + self._retry(part, answer))
            self._report(part, answer)
        else:
            self._report(part, evolve(answer, judgement=evolve(answer.judgement, verdict=Verdict.SPLIT)))
            self._divide(part)

    def _wait(self, part: Part, answer: Answer) -> None:
        lane = self._lane
        now = lane.clock()
        note = lane.pace.throttled if answer.judgement.verdict is Verdict.THROTTLED else lane.pace.failed
        rest = note(now - answer.seconds, now, answer.judgement.after)
        for each in (part, *self._parts):
            self._put_back([each], now + max(rest, self._retry(each, answer)))
        self._parts = []
        self._rest(rest)
        self._report(part, answer)

    def _retry(self, part: Part, answer: Answer) -> float:
        tries = max(item.tries for item in part.items) + part.tried
        return self._lane.pace.retry(tries, answer.judgement.after)

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self._lane.rest(self._lane.clock() + seconds)

    def _put_back(self, parts: list[Part], not_before: float) -> None:
        for part in parts:
            self._lane.outbox.put_back(self._claim.lease, part.ids, not_before, part.tried)
            self._lane.teller.count(put_back=len(part.items))

    def _report(self, part: Part, answer: Answer) -> None:
        self._lane.teller.tell(
            Report(
                destination=self._lane.name,
                items=len(part.items),
                judgement=answer.judgement,
                seconds=answer.seconds,
                request_bytes=answer.request_bytes,
            )
        )
