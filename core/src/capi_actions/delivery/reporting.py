"""Reports to observers, the log and the summary: no personal data, no token."""

import logging
import threading
from collections.abc import Callable, Sequence

from attrs import evolve

from capi_actions.delivery.options import Summary
from capi_actions.errors import OutboxError
from capi_actions.model import EventReport, Judgement, Observer, Report, Verdict
from capi_actions.text import count_noun, platform_words
from capi_actions.tracebacks import where

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
    ``code``, ``subcode``, ``trace_id``, ``seconds``, ``request_bytes``; and ``brief``, the message without
    the platform's own words.

    :ivar observers: those that the reports are passed on to.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.observers = Observers(observers)
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
        words = platform_words(judgement.platform_message, judgement.platform_field, judgement.trace_id)
        sentences = " ".join(text for text in (judgement.reason, words) if text)
        brief = f"{report.destination}: {_outcome(judgement.verdict, report.items)}."
        LOG.log(
            _LEVELS.get(judgement.verdict, logging.WARNING),
            "%s%s",
            brief,
            f" {sentences}" if sentences else "",
            extra={
                "destination": report.destination,
                "verdict": str(judgement.verdict),
                "items": report.items,
                "code": judgement.code,
                "subcode": judgement.subcode,
                "trace_id": judgement.trace_id,
                "brief": f"{brief} {judgement.reason}" if judgement.reason else brief,
                "seconds": report.seconds,
                "request_bytes": report.request_bytes,
            },
        )
        self.observers.notify("observe", report)

    def report_outbox_error(self, error: OutboxError, destination: str = "", wait: float = 0.0) -> None:
        """Log that the outbox can't be used, and pass it to the observers that listen.

        :param destination: for which it was to be used; "" for all.
        :param wait: seconds until the next try.
        """
        if destination:
            LOG.error("%s: %s; next try in %d seconds", destination, error, wait)
        else:
            LOG.error("%s", error)
        self.observers.notify("observe_outbox_error", error)

    def _update_last_errors(self, destination: str, judgement: Judgement) -> None:
        with self._lock:
            last_errors = dict(self._summary.last_errors)
            if judgement.verdict in (Verdict.LATER, Verdict.THROTTLED) and judgement.reason:
                last_errors[destination] = judgement.reason
            elif judgement.verdict is Verdict.DONE:
                last_errors.pop(destination, None)
            if last_errors != self._summary.last_errors:
                self._summary = evolve(self._summary, last_errors=last_errors)


_OUTCOMES = {
    Verdict.DONE: "delivered",
    Verdict.SPLIT: "will be sent in smaller requests",
    Verdict.LATER: "will be retried",
    Verdict.THROTTLED: "will be retried, as the platform limits requests",
    Verdict.DEAD: "can't be delivered",
}


def _outcome(verdict: Verdict, items: int) -> str:
    """Return what becomes of the items of a report."""
    number = count_noun(items, "item")
    if verdict is Verdict.PAUSE:
        return f"paused, {number} {'waits' if items == 1 else 'wait'}"
    return f"{number} {_OUTCOMES[verdict]}"


class Observers:
    """Observers that are notified together.  Usable from several threads."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers
        self._methods: dict[str, list[tuple[Observer, Callable[..., object]]]] = {}
        self._faulty: set[int] = set()

    def notify(self, method: str, *arguments: object) -> None:
        """Call a method of all observers that have it.

        What one raises is logged once per observer and goes no further.
        """
        methods = self._methods.get(method)
        if methods is None:
            candidates = [(observer, getattr(observer, method, None)) for observer in self._observers]
            methods = [(observer, bound) for observer, bound in candidates if callable(bound)]
            self._methods[method] = methods
        for observer, bound in methods:
            self._call(observer, bound, *arguments)

    def notify_of_events(self, report: EventReport, number: int) -> None:
        """Report that the same became of several events: in one call, or in one for each if that is what there is."""
        for observer in self._observers:
            if callable(observe_events := getattr(observer, "observe_events", None)):
                self._call(observer, observe_events, report, number)
            elif callable(observe_event := getattr(observer, "observe_event", None)):
                for _ in range(number):
                    self._call(observer, observe_event, report)

    def _call(self, observer: Observer, method: Callable[..., object], *arguments: object) -> None:
        try:
            method(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  an observer's fault must not stop delivery
            self._log_fault(observer, error)

    def _log_fault(self, observer: Observer, error: BaseException) -> None:
        if id(observer) not in self._faulty:
            self._faulty.add(id(observer))
            message = "the observer %s raised %s; its further errors aren't logged"
            LOG.error(message, type(observer).__name__, where(error))
