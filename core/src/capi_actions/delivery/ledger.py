"""What becomes of a claim's items, written to the outbox, the summary and the reports."""

from collections.abc import Iterable

from attrs import evolve

from capi_actions.delivery.asking import Answer
from capi_actions.delivery.division import Part
from capi_actions.delivery.lane import Lane
from capi_actions.model import Judgement, Report, Verdict
from capi_actions.outbox import Claim


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
        self._lane.teller.count(delivered=len(part.items), mended=int(part.mended is not None))

    def bury(self, part: Part, answer: Answer) -> None:
        """Make dead letters of items that can't be delivered."""
        judgement = evolve(answer.judgement, verdict=Verdict.DEAD)
        self._lane.outbox.bury(self._lease, part.ids, judgement, self._lane.clock(), part.tried)
        self._lane.teller.count(buried=len(part.items))
        self.report(part, answer, judgement)

    def put_back(self, parts: Iterable[Part], not_before: float) -> None:
        """Let items wait."""
        for part in parts:
            self._lane.outbox.put_back(self._lease, part.ids, not_before, part.tried)
            self._lane.teller.count(put_back=len(part.items))

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
