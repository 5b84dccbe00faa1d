"""The way of events through the pipeline, and reports of what becomes of each."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from capi_actions.delivery.reporting import Observers
from capi_actions.errors import EventError
from capi_actions.model import EventOutcome, EventReport, Item, JsonObject
from capi_actions.pipeline import HeldBack, Outcome, Pipeline


class Intake:
    """Passes events through the pipeline, and reports to observers what becomes of each."""

    def __init__(self, pipeline: Pipeline, observers: Observers) -> None:
        self._pipeline = pipeline
        self._observers = observers
        self._restricted: dict[frozenset[str], Pipeline] = {}
        self._mapped: dict[tuple[str, str], EventReport] = {}  # one for each mapping: making one takes 1.5 µs

    def process(
        self, event: JsonObject, now: float, destinations: frozenset[str] | None = None
    ) -> list[Outcome]:
        """Turn one event into items, and report what became of it.

        :param destinations: see :meth:`map`.
        """
        outcomes = self.map(event, now, destinations)
        self.report_outcomes(outcomes)
        return outcomes

    def map(self, event: JsonObject, now: float, destinations: frozenset[str] | None = None) -> list[Outcome]:
        """Turn one event into items, as :meth:`Pipeline.process` does.

        :param destinations: the only ones that the event may go to; None for all.
        """
        pipeline = self._pipeline if destinations is None else self._pipeline_for(destinations)
        return pipeline.process(event, now)

    def report_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Report what became of one event."""
        if not outcomes:
            self.report(EventReport(outcome=EventOutcome.UNMATCHED))
        for outcome in outcomes:
            if isinstance(outcome, Item):
                self._report_item(outcome)
            elif isinstance(outcome, HeldBack):
                kind = EventOutcome.REFUSED if outcome.failed else EventOutcome.HELD_BACK
                self.report(EventReport(outcome=kind, destination=outcome.destination, reason=outcome.reason))
            else:
                self.report(
                    EventReport(
                        outcome=EventOutcome.REFUSED,
                        destination=outcome.destination,
                        action=outcome.action,
                        reason=outcome.error.loggable,
                    )
                )

    def refuse(self, error: EventError) -> None:
        """Report what is no event."""
        self.report(EventReport(outcome=EventOutcome.INVALID, reason=error.loggable))

    def report(self, report: EventReport) -> None:
        """Report what became of an event."""
        self._observers.notify("observe_event", report)

    def report_items(self, items: Iterable[Item]) -> None:
        """Report the items of several events: with one call for each action, not for each item."""
        for key, number in Counter(map(_action_of, items)).items():
            self._observers.notify_of_events(self._mapped_report(key), number)

    def _pipeline_for(self, destinations: frozenset[str]) -> Pipeline:
        pipeline = self._restricted.get(destinations)
        if pipeline is None:
            pipeline = self._restricted[destinations] = self._pipeline.restricted_to(destinations)
        return pipeline

    def _report_item(self, item: Item) -> None:
        self.report(self._mapped_report(_action_of(item)))

    def _mapped_report(self, key: tuple[str, str]) -> EventReport:
        report = self._mapped.get(key)
        if report is None:
            destination, action = key
            report = EventReport(outcome=EventOutcome.MAPPED, destination=destination, action=action)
            self._mapped[key] = report
        return report


_action_of: Callable[[Item], tuple[str, str]] = itemgetter(
    *map(Item._fields.index, ("destination", "action"))
)
