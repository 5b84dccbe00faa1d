"""Reports to observers, the log and the summary: no personal data, no token."""

import logging
import threading
from collections.abc import Sequence

from attrs import evolve

from capi_actions.delivery.options import Summary
from capi_actions.errors import where
from capi_actions.model import Judgement, Observer, Report, Verdict

LOG = logging.getLogger("capi_actions.delivery")

_LEVELS = {
    Verdict.DONE: logging.DEBUG,
    Verdict.SPLIT: logging.INFO,
    Verdict.LATER: logging.WARNING,
    Verdict.THROTTLED: logging.WARNING,
    Verdict.DEAD: logging.WARNING,
    Verdict.PAUSE: logging.ERROR,
}


class Reporter:
    """Passes reports on and keeps the summary of a run.  Usable from several threads.

    Log records carry the report's figures as attributes: ``destination``, ``verdict``, ``items``,
    ``code``, ``subcode``, ``seconds``, ``request_bytes``.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers
        self._faulty: set[int] = set()
        self._lock = threading.Lock()
        self._summary = Summary()

    @property
    def summary(self) -> Summary:
        """What was counted since the last :meth:`reset`."""
        return self._summary

    def reset(self) -> None:
        """Start an empty summary."""
        self._summary = Summary()

    def count(
        self, *, delivered: int = 0, repaired: int = 0, buried: int = 0, released: int = 0, requests: int = 0
    ) -> None:
        """Add to the summary."""
        with self._lock:
            summary = self._summary
            self._summary = evolve(
                summary,
                delivered=summary.delivered + delivered,
                repaired=summary.repaired + repaired,
                buried=summary.buried + buried,
                released=summary.released + released,
                requests=summary.requests + requests,
            )

    def count_pause(self, destination: str) -> None:
        """Add a paused destination to the summary."""
        with self._lock:
            paused = {*self._summary.paused, destination}
            self._summary = evolve(self._summary, paused=tuple(sorted(paused)))

    def report(self, report: Report) -> None:
        """Log a report and pass it to all observers.

        What an observer raises is logged once per observer and goes no further.
        """
        judgement = report.judgement
        self._update_last_errors(report.destination, judgement)
        LOG.log(
            _LEVELS.get(judgement.verdict, logging.WARNING),
            "%s: %s, items: %d%s",
            report.destination,
            judgement.verdict,
            report.items,
            f". {judgement.reason}" if judgement.reason else "",
            extra={
                "destination": report.destination,
                "verdict": str(judgement.verdict),
                "items": report.items,
                "code": judgement.code,
                "subcode": judgement.subcode,
                "seconds": report.seconds,
                "request_bytes": report.request_bytes,
            },
        )
        for observer in self._observers:
            try:
                observer.observe(report)
            except Exception as error:  # noqa: BLE001  an observer's fault must not stop delivery
                self._log_observer_fault(observer, error)

    def _update_last_errors(self, destination: str, judgement: Judgement) -> None:
        with self._lock:
            last_errors = dict(self._summary.last_errors)
            if judgement.verdict in (Verdict.LATER, Verdict.THROTTLED) and judgement.reason:
                last_errors[destination] = judgement.reason
            elif judgement.verdict is Verdict.DONE:
                last_errors.pop(destination, None)
            if last_errors != self._summary.last_errors:
                self._summary = evolve(self._summary, last_errors=last_errors)

    def _log_observer_fault(self, observer: Observer, error: Exception) -> None:
        if id(observer) not in self._faulty:
            self._faulty.add(id(observer))
            message = "the observer %s raised %s; its further errors aren't logged"
            LOG.error(message, type(observer).__name__, where(error))
