"""Tell observers, the log and the summary what happened; no personal data, no token."""

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


class Teller:
    """Passes on what happened.  Usable from several threads.

    Log records carry the report's figures as attributes: ``destination``, ``verdict``, ``items``,
    ``code``, ``subcode``, ``seconds``, ``request_bytes``.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        """Remember who is to be told."""
        self._observers = observers
        self._faulty: set[int] = set()
        self._lock = threading.Lock()
        self._summary = Summary()

    @property
    def summary(self) -> Summary:
        """What happened since the last :meth:`restart`."""
        return self._summary

    def restart(self) -> None:
        """Count from nought again."""
        self._summary = Summary()

    def count(
        self, *, delivered: int = 0, repaired: int = 0, buried: int = 0, released: int = 0, requests: int = 0
    ) -> None:
        """Add to the summary."""
        with self._lock:
            old = self._summary
            self._summary = evolve(
                old,
                delivered=old.delivered + delivered,
                repaired=old.repaired + repaired,
                buried=old.buried + buried,
                released=old.released + released,
                requests=old.requests + requests,
            )

    def count_pause(self, destination: str) -> None:
        """Note in the summary that a destination was paused."""
        with self._lock:
            paused = {*self._summary.paused, destination}
            self._summary = evolve(self._summary, paused=tuple(sorted(paused)))

    def tell(self, report: Report) -> None:
        """Log a report and pass it to all observers; what they raise is logged once and goes no further."""
        judgement = report.judgement
        self._note(report.destination, judgement)
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
                self._complain(observer, error)

    def _note(self, destination: str, judgement: Judgement) -> None:
        with self._lock:
            troubles = dict(self._summary.troubles)
            if judgement.verdict in (Verdict.LATER, Verdict.THROTTLED) and judgement.reason:
                troubles[destination] = judgement.reason
            elif judgement.verdict is Verdict.DONE:
                troubles.pop(destination, None)
            if troubles != self._summary.troubles:
                self._summary = evolve(self._summary, troubles=troubles)

    def _complain(self, observer: Observer, error: Exception) -> None:
        if id(observer) not in self._faulty:
            self._faulty.add(id(observer))
            message = "the observer %s raised %s; further faults of it aren't logged"
            LOG.error(message, type(observer).__name__, where(error))
