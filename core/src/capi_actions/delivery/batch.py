"""One claimed batch: sent in chunks, until every item is delivered, dead or back in the outbox.

A batch is a stack of chunks; at first one chunk holds all its items.  Each chunk is one request, and the verdict on
it decides what becomes of the chunk's items and of the rest of the batch:

=========  ================================  ======================================  =====================
verdict    if                                the chunk's items                       the rest of the batch
=========  ================================  ======================================  =====================
DONE                                         acknowledged: they leave the outbox     is sent
SPLIT      it has several items              split in two chunks; one is sent next   is sent
SPLIT      it has one item                   as for DEAD                             is sent
DEAD       one item, field named, allowed    sent once more without that field       is sent
DEAD       else                              buried: they are dead letters           is sent
LATER      the batch is being bisected       as for SPLIT; a single item is          is sent
                                             released
LATER      else                              released, with growing delays           is released
THROTTLED                                    released until the back-off ends        is released
PAUSE                                        released; the destination is paused     is released
=========  ================================  ======================================  =====================

A refused batch of eight whose sixth item is bad::

    [12345678] SPLIT ──▶ [1234] DONE      so the bad one is in [5678]: split without a request
                         [56]   SPLIT ──▶ [5] DONE
                                          [6] SPLIT ──▶ buried, or repaired
                         [78]   DONE

Expired items are buried before anything is sent.  A back-off, a lost lease or a stop ends the batch between two
requests.
"""

from collections.abc import Callable, Iterable, Sequence

from attrs import evolve

from capi_actions.delivery.channel import Channel
from capi_actions.delivery.chunks import Chunk, split, without_field
from capi_actions.delivery.exchange import (
    EXPIRED,
    Outcome,
    claim_limits,
    delivered_without_field,
    send_request,
)
from capi_actions.model import Batch, Claim, Claimed, Judgement, Report, Verdict

_ENVELOPE_BYTES = 1024  # of a request, reserved for what surrounds the items


def send_batch(channel: Channel, stopping: Callable[[], bool]) -> bool:
    """Claim one batch and settle every item of it.

    :param stopping: asked between two requests; True ends the batch and releases what is left.
    :returns: False if nothing was due.
    :raises OutboxError: when the outbox fails; unsettled items wait again when their lease ends.
    """
    with channel.track_batch():
        limits = claim_limits(channel.destination)
        claim = channel.outbox.claim(
            channel.name,
            channel.backoff.batch_size(limits.max_items),
            max(1, limits.max_bytes - _ENVELOPE_BYTES),
            channel.options.lease,
            channel.clock(),
        )
        if claim is not None:
            BatchDelivery(channel, claim, stopping).deliver()
    return claim is not None


class BatchDelivery:
    """The items of one claim on their way."""

    def __init__(self, channel: Channel, claim: Claim, stopping: Callable[[], bool]) -> None:
        self._channel = channel
        self._claim = claim
        self._stopping = stopping
        self._settlement = Settlement(channel, claim)
        self._chunks: list[Chunk] = []  # a stack: the last one is sent next
        self._was_split = False
        self._bisecting = False  # looking for an item that makes the platform fail, rather than refuse

    def deliver(self) -> None:
        """Send every item that hasn't expired; what is left at the end, or at an error, is released."""
        items = self._bury_expired(self._claim.items)
        if items:
            self._chunks.append(Chunk(items))
        try:
            while self._chunks and self._may_send():
                if self._chunks[-1].known_bad:
                    self._split_or_release(self._chunks.pop())
                else:
                    self._send(self._chunks[-1])
        finally:
            self._settlement.release(self._chunks, self._channel.clock())

    def _bury_expired(self, items: Sequence[Claimed]) -> Sequence[Claimed]:
        """Return the items that may still be sent."""
        now = self._channel.clock()
        if items[0].deadline >= now:  # the nearest deadline comes first
            return items
        expired = [item for item in items if item.deadline < now]
        self._settlement.bury(Chunk(expired), Outcome(judgement=EXPIRED))
        return [item for item in items if item.deadline >= now]

    def _may_send(self) -> bool:
        """Wait out a short back-off and keep the lease; False if the batch ends here."""
        channel = self._channel
        if self._stopping():
            return False
        backoff = channel.backoff_left()
        if backoff > channel.options.max_inline_wait:
            self._keep_chunk_size(self._chunks[-1])
            self._release_all(channel.backoff_until)
            return False
        if backoff > 0:
            channel.sleep(backoff)
        if not self._settlement.extend_lease():
            self._chunks = []  # they wait again already, and another process may have claimed them
        return bool(self._chunks)

    def _send(self, chunk: Chunk) -> None:
        """Send the chunk on top of the stack and act on the verdict; see the table at the top."""
        channel = self._channel
        batch = Batch(group=self._claim.group, items=chunk.items, now=channel.clock())
        outcome = send_request(channel.destination, channel.transport, batch)
        # Only now: should sending be interrupted, the chunk is released with the others.
        self._chunks.pop()
        if outcome.requested:
            self._settlement.count_request(chunk)
        match outcome.judgement.verdict:
            case Verdict.DONE:
                self._acknowledge(chunk, outcome)
            case Verdict.SPLIT if len(chunk.items) > 1:
                self._record_refusal(outcome)
                self._settlement.report(chunk, outcome)
                self._split(chunk, outcome)
            case Verdict.SPLIT | Verdict.DEAD:
                self._record_refusal(outcome)
                if not self._resend_without_field(chunk, outcome.judgement):
                    self._settlement.bury(chunk, outcome)
            case Verdict.PAUSE:
                self._settlement.pause(outcome.judgement)
                self._release_all(self._channel.clock(), chunk)
                self._settlement.report(chunk, outcome)
            case Verdict.LATER if self._may_bisect(chunk, outcome):
                self._bisect(chunk, outcome)
            case _:
                self._retry_later(chunk, outcome)

    # DONE, SPLIT and DEAD: the platform has dealt with the request.

    def _acknowledge(self, chunk: Chunk, outcome: Outcome) -> None:
        self._settlement.acknowledge(chunk)
        chunk.blame_sibling()
        self._back_off(self._channel.backoff.record_answer(outcome.judgement.after, delivered=True))
        repaired = delivered_without_field(chunk.repaired) if chunk.repaired else None
        self._settlement.report(chunk, outcome, repaired)

    def _record_refusal(self, outcome: Outcome) -> None:
        if outcome.requested:
            self._back_off(self._channel.backoff.record_answer(outcome.judgement.after, delivered=False))

    def _split(self, chunk: Chunk, outcome: Outcome | None = None) -> None:
        """Put both halves on the stack.

        :param outcome: of the chunk's own request; None if its sibling's showed that it holds the bad item.
        """
        first, last = split(chunk, outcome.judgement.index if outcome else None)
        if outcome and not outcome.requested:
            # Too large for one request, so no item was refused: if one half fits, the other isn't to blame.
            first.sibling = None
        self._was_split = True
        self._chunks += last, first

    def _split_or_release(self, chunk: Chunk) -> None:
        """Go on with a chunk that holds the bad item; while bisecting, a single one isn't buried."""
        if len(chunk.items) > 1:
            self._split(chunk)
        else:
            self._settlement.release([chunk], self._channel.clock() + self._retry_delay(chunk))

    def _resend_without_field(self, chunk: Chunk, refusal: Judgement) -> bool:
        """Have a refused single item sent once more without the field that the platform named.

        :returns: False if that isn't allowed, was tried already, or the item has no such field.
        """
        if not self._channel.options.drop_refused_field or chunk.repaired or len(chunk.items) > 1:
            return False
        if refusal.refused_field is None:
            return False
        item = chunk.items[0]
        body = without_field(item.body, refusal.refused_field)
        if body is not None:
            self._chunks.append(Chunk([item._replace(body=body)], chunk.tries, repaired=refusal))
        return body is not None

    # LATER: either one item makes the platform fail, or all of it is out of order.

    def _may_bisect(self, chunk: Chunk, outcome: Outcome) -> bool:
        """Return whether an item may be the cause of a failure.

        That is so if the platform answered and the batch has failed several times, while other batches
        succeed.  Without that sign it is tried as well, but ever more rarely: at 4, 8, 16… tries.
        """
        if not self._bisecting and outcome.answered and len(chunk.items) > 1:
            tries = self._total_tries(chunk)
            is_power_of_two = tries & (tries - 1) == 0
            self._bisecting = tries > self._channel.options.bisect_after_failures and (
                is_power_of_two or self._channel.backoff.failures == 0
            )
        return self._bisecting and not chunk.sibling_failed

    def _bisect(self, chunk: Chunk, outcome: Outcome) -> None:
        """Split as for a bad item, but release the last one instead of burying it.

        If both halves fail, no single item is to blame and the search ends: in an outage it costs two
        requests.
        """
        verdict = Verdict.SPLIT if len(chunk.items) > 1 else Verdict.LATER
        self._settlement.report(chunk, outcome, evolve(outcome.judgement, verdict=verdict))
        if chunk.sibling is None:
            self._split_or_release(chunk)
        else:
            # The sibling is sent first: only if it is delivered, this chunk holds the bad item.
            chunk.sibling.sibling_failed = True
            chunk.sibling, chunk.known_bad = None, True
            self._chunks.insert(-1, chunk)

    def _retry_later(self, chunk: Chunk, outcome: Outcome) -> None:
        """Release the whole batch after a failure or throttling, and have the destination back off."""
        backoff, now, after = self._channel.backoff, self._channel.clock(), outcome.judgement.after
        started = now - outcome.seconds
        if outcome.judgement.verdict == Verdict.THROTTLED:
            delay = backoff.record_throttling(started, now, after)
        else:
            delay = backoff.record_failure(len(chunk.items), started, now, after)
        self._keep_chunk_size(chunk)
        self._release_all(now + max(delay, self._retry_delay(chunk, after)), chunk)
        self._back_off(delay)
        self._settlement.report(chunk, outcome)

    def _release_all(self, run_at: float, *chunks: Chunk) -> None:
        """Release chunks that are off the stack, and everything on it."""
        self._settlement.release([*chunks, *self._chunks], run_at)
        self._chunks = []

    def _keep_chunk_size(self, chunk: Chunk) -> None:
        """Have the next batch continue a bisection that ends here, rather than begin it again."""
        if self._was_split:
            self._channel.backoff.limit_batch_size(len(chunk.items))

    def _total_tries(self, chunk: Chunk) -> int:
        return max(item.tries for item in chunk.items) + chunk.tries

    def _retry_delay(self, chunk: Chunk, after: float | None = None) -> float:
        return self._channel.backoff.retry_delay(self._total_tries(chunk), after)

    def _back_off(self, seconds: float) -> None:
        if seconds > 0:
            self._channel.back_off(self._channel.clock() + seconds)


class Settlement:
    """Settles a claim's items in the outbox and reports each outcome."""

    def __init__(self, channel: Channel, claim: Claim) -> None:
        self._channel = channel
        self._lease = claim.lease
        self._until = claim.until

    def extend_lease(self) -> bool:
        """Extend the lease when half of it is over; False if it ran out and the items were given back."""
        now, lease = self._channel.clock(), self._channel.options.lease
        if self._until - now >= lease / 2:
            return True
        self._until = now + lease
        return self._channel.outbox.extend(self._lease, self._until)

    def count_request(self, chunk: Chunk) -> None:
        """Count a request, as a try of the chunk's items too."""
        chunk.tries += 1
        self._channel.reporter.count(requests=1)

    def acknowledge(self, chunk: Chunk) -> None:
        """Remove delivered items from the outbox."""
        self._channel.outbox.acknowledge(self._lease, chunk.ids)
        self._channel.reporter.count(delivered=len(chunk.items), repaired=int(chunk.repaired is not None))

    def bury(self, chunk: Chunk, outcome: Outcome) -> None:
        """Make dead letters of items that can't be delivered, and report it."""
        judgement = evolve(outcome.judgement, verdict=Verdict.DEAD)
        self._channel.outbox.bury(self._lease, chunk.ids, judgement, self._channel.clock(), chunk.tries)
        self._channel.reporter.count(buried=len(chunk.items))
        self.report(chunk, outcome, judgement)

    def release(self, chunks: Iterable[Chunk], run_at: float) -> None:
        """Return items to the outbox, to be sent at ``run_at`` (Unix seconds) or later."""
        for chunk in chunks:
            self._channel.outbox.release(self._lease, chunk.ids, run_at, chunk.tries)
            self._channel.reporter.count(released=len(chunk.items))

    def pause(self, judgement: Judgement) -> None:
        """Stop sending to the destination until a person resumes it."""
        self._channel.outbox.pause(self._channel.name, judgement, self._channel.clock())
        self._channel.reporter.count_pause(self._channel.name)

    def report(self, chunk: Chunk, outcome: Outcome, judgement: Judgement | None = None) -> None:
        """Report an outcome to observers and the log.

        :param judgement: what to report instead of the outcome's own judgement.
        """
        self._channel.reporter.report(
            Report(
                destination=self._channel.name,
                items=len(chunk.items),
                judgement=judgement or outcome.judgement,
                requested=outcome.requested,
                seconds=outcome.seconds,
                request_bytes=outcome.request_bytes,
            )
        )
