"""An observer: it is told what became of every request."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from capi_actions import Observer, Report, Verdict, hookimpl

LOG = logging.getLogger("capi_actions_acme")


class Tally:
    """Counts items by destination and verdict, and logs what didn't arrive.

    :ivar counts: items by destination and verdict.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Verdict]] = Counter()
        self._lock = threading.Lock()

    def observe(self, report: Report) -> None:
        """Take note of one outcome.  Called from several threads, which wait for it."""
        verdict = report.judgement.verdict
        with self._lock:
            self.counts[report.destination, verdict] += report.items
        if verdict is not Verdict.DONE:
            noun = "item" if report.items == 1 else "items"
            LOG.info("%s: %d %s: %s", report.destination, report.items, noun, report.judgement.reason)


@hookimpl
def capi_report() -> Sequence[Callable[[], Observer]]:
    """Offer the observers of this module: each is called once to make one."""
    return [Tally]
