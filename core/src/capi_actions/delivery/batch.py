"""One claim on its way: sent, divided where needed, and every item of it settled."""

from collections.abc import Callable, Iterable

from attrs import evolve

from capi_actions.delivery.bisect import Part, divide, without
from capi_actions.delivery.channel import Lane
from capi_actions.delivery.exchange import EXPIRED, Answer, ask, delivered_without
from capi_actions.model import Claim, Judgement, Report, Verdict


class Ledger:
    """Keeps account of one claim."""

    def __init__(self, lane: Lane, claim: Claim) -> None:
        """Begin with all items unsettled."""
        self._lane = lane
        self._lease = claim.lease
        self._until = claim.until

    def keep(self) -> bool:
        """Extend the lease when half of it is over; False when the items are no longer ours."""
        now, lease = self._lane.clock(), self._lane.options.lease
        if self._until - now >= lease / 2:
            return True
        self._until = now + lease
        return self._lane.outbox.extend(self._lease, self._until)

    def requested(self, part: Part) -> None:
        """Count a request."""
        part.tried += 1
        self._lane.teller.count(requests=1)

    def delivered(self, part: Part) -> None:
        """Let items go that the platform took."""
        self._lane.outbox.acknowledge(self._lease, part.ids)
        self._lane.teller.count(delivered=len(part.items), repaired=int(part.repaired is not None))

    def bury(self, part: Part, answer: Answer) -> None:
        """Make dead letters of items that can't be delivered."""
        judgement = evolve(answer.judgement, verdict=Verdict.DEAD)
        self._lane.outbox.bury(self._lease, part.ids, judgement, self._lane.clock(), part.tried)
        self._lane.teller.count(buried=len(part.items))
        self.report(part, answer, judgement)

    def release(self, parts: Iterable[Part], run_at: float) -> None:
        """Let items wait."""
        for part in parts:
            self._lane.outbox.release(self._lease, part.ids, run_at, part.tried)
            self._lane.teller.count(released=len(part.items))

    def pause(self, judgement: Judgement) -> None:
        """Stop sending to the destination until a person has acted."""
        self._lane.outbox.pause(self._lane.name, judgement, self._lane.clock())
        self._lane.teller.count_pause(self._lane.name)

    def report(self, part: Part, answer: Answer, judgement: Judgement | None = None) -> None:
        """Tell observers and the log.

        :param judgement: instead of the answer's own.
        """
        self._lane.teller.tell(
            Report(
                destination=self._lane.name,
                items=len(part.items),
                judgement=judgement or answer.judgement,
                requested=answer.requested,
                seconds=answer.seconds,
                request_bytes=answer.request_bytes,
            )
        )


_ENVELOPE = 1024  # bytes of a request that are left to what surrounds the items


def send_batch(lane: Lane, halted: Callable[[], bool]) -> bool:
    """Claim one batch and deal with it.

    :param halted: tells between requests that somebody wants to stop.
    :returns: False when nothing was due.
    :raises OutboxError: when the outbox fails; unsettled items come back when their lease ends.
    """
    with lane.working():
        claim = lane.outbox.claim(
            lane.name,
            lane.pace.limit(lane.destination.max_items),
            max(1, lane.destination.max_bytes - _ENVELOPE),
            lane.options.lease,
            lane.clock(),
        )
        if claim is not None:
            Batch(lane, claim, halted).deliver()
    return claim is not None


class Batch:
    """Items of one claim.  Whatever happens, each leaves it: delivered, dead, or back in the outbox."""

    def __init__(self, lane: Lane, claim: Claim, halted: Callable[[], bool]) -> None:
        """Take over a claim."""
        self._lane = lane
        self._claim = claim
        self._halted = halted
        self._ledger = Ledger(lane, claim)
        self._parts: list[Part] = []  # what is still to be sent; the last one comes next
        self._divided = False
        self._doubting = False  # looking for an item that makes the platform stumble

    def deliver(self) -> None:
        """Send everything that has not expired."""
        now = self._lane.clock()
        live = self._claim.items
        if live[0].deadline < now:  # the nearest deadline comes first
            self._ledger.bury(Part([each for each in live if each.deadline < now]), Answer(judgement=EXPIRED))
            live = [each for each in live if each.deadline >= now]
        if live:
            self._parts.append(Part(live))
        try:
            while self._parts and self._may_send():
                if self._parts[-1].refused:
                    self._descend(self._parts.pop())
                else:
                    self._send(self._parts[-1])
        finally:
            self._ledger.release(self._parts, self._lane.clock())

    def _may_send(self) -> bool:
        """Wait out a short rest, keep the lease, and tell whether to go on."""
        lane = self._lane
        if self._halted():
            return False
        rest = lane.rest_left()
        if rest > lane.options.max_inline_wait:
            self._remember_size(self._parts[-1])
            self._ledger.release(self._parts, lane.resting_until)
            self._parts = []
            return False
        if rest > 0:
            lane.sleep(rest)
        if not self._ledger.keep():
            self._parts = []  # they came back to the outbox already, and may be another's
        return bool(self._parts)

    def _send(self, part: Part) -> None:
        bodies = [item.body for item in part.items]
        answer = ask(self._lane.destination, self._lane.transport, self._claim.group, bodies)
        self._parts.pop()
        if answer.requested:
            self._ledger.requested(part)
        match answer.judgement.verdict:
            case Verdict.DONE:
                self._done(part, answer)
            case Verdict.SPLIT if len(part.items) > 1:
                self._refused(answer)
                self._ledger.report(part, answer)
                self._divide(part, answer)
            case Verdict.SPLIT | Verdict.DEAD:
                self._refused(answer)
                if not self._mend(part, answer.judgement):
                    self._ledger.bury(part, answer)
            case Verdict.PAUSE:
                self._ledger.pause(answer.judgement)
                self._leave(part, self._lane.clock())
                self._ledger.report(part, answer)
            case Verdict.LATER if self._doubt(part, answer):
                self._isolate(part, answer)
            case _:
                self._wait(part, answer)

    def _done(self, part: Part, answer: Answer) -> None:
        self._ledger.delivered(part)
        part.passed()
        self._rest(self._lane.pace.answered(answer.judgement.after, delivered=True))
        self._ledger.report(part, answer, delivered_without(part.repaired) if part.repaired else None)

    def _refused(self, answer: Answer) -> None:
        if answer.requested:
            self._rest(self._lane.pace.answered(answer.judgement.after, delivered=False))

    def _divide(self, part: Part, answer: Answer | None = None) -> None:
        first, last = divide(part, answer.judgement.index if answer else None)
        if answer and not answer.requested:  # too long for one request: that one half fits says nothing
            first.twin = None
        self._divided = True
        self._parts += last, first

    def _descend(self, part: Part) -> None:
        """Go on with a part that is known to hold a bad item, or, in doubt, to be one."""
        if len(part.items) > 1:
            self._divide(part)
        else:
            self._ledger.release([part], self._lane.clock() + self._retry(part, None))

    def _mend(self, part: Part, refusal: Judgement) -> bool:
        """Have a single item sent once more without the field that was named."""
        if (
            not self._lane.options.drop_refused_field
            or refusal.refused_field is None
            or part.repaired
            or len(part.items) > 1
        ):
            return False
        item = part.items[0]
        body = without(item.body, refusal.refused_field)
        if body is not None:
            self._parts.append(Part([item._replace(body=body)], part.tried, repaired=refusal))
        return body is not None

    def _doubt(self, part: Part, answer: Answer) -> bool:
        """Tell whether an item may be why the platform stumbles.

        That is: it answered, the batch failed several times, and others pass meanwhile, or it is
        worth a try once more, ever more rarely.
        """
        if not self._doubting and answer.answered and len(part.items) > 1:
            tries = self._tries(part)
            rarely = tries & (tries - 1) == 0
            self._doubting = tries > self._lane.options.bisect_after_failures and (
                rarely or self._lane.pace.failures == 0
            )
        return self._doubting and not part.twin_failed

    def _isolate(self, part: Part, answer: Answer) -> None:
        """Divide as for a bad item, but put the last one back instead of burying it.

        When both halves fail, no single item is to blame, and the search is over: an outage costs
        two requests more than without it.
        """
        verdict = Verdict.SPLIT if len(part.items) > 1 else Verdict.LATER
        self._ledger.report(part, answer, evolve(answer.judgement, verdict=verdict))
        if part.twin is None:
            self._descend(part)
        else:
            part.twin.twin_failed = True
            part.twin, part.refused = None, True
            self._parts.insert(-1, part)

    def _wait(self, part: Part, answer: Answer) -> None:
        pace, now, after = self._lane.pace, self._lane.clock(), answer.judgement.after
        started = now - answer.seconds
        if answer.judgement.verdict == Verdict.THROTTLED:
            rest = pace.throttled(started, now, after)
        else:
            rest = pace.failed(len(part.items), started, now, after)
        self._remember_size(part)
        self._leave(part, now + max(rest, self._retry(part, after)))
        self._rest(rest)
        self._ledger.report(part, answer)

    def _leave(self, part: Part, run_at: float) -> None:
        """Put everything back that is left."""
        self._ledger.release([part, *self._parts], run_at)
        self._parts = []

    def _remember_size(self, part: Part) -> None:
        """Go on with a division that is cut short in the next batch, rather than begin it anew."""
        if self._divided:
            self._lane.pace.shrink(len(part.items))

    def _tries(self, part: Part) -> int:
        return max(item.tries for item in part.items) + part.tried

    def _retry(self, part: Part, after: float | None) -> float:
        return self._lane.pace.retry(self._tries(part), after)

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self._lane.back_off(self._lane.clock() + seconds)
