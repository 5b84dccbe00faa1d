"""What a running program can know: the state of its destinations, and what became of its events."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from time import time
from typing import TypeAlias

from attrs import define, frozen

from capi_actions.delivery.reporting import LOG
from capi_actions.errors import OutboxError
from capi_actions.model import EventOutcome, EventReport, Pause, Report, Stats, Verdict
from capi_actions.tracebacks import where

_STREAK = 10  # events of which none gets through: more than a coincidence


@frozen(kw_only=True)
class DestinationStatus:
    """The state of one destination.

    The outbox's figures are those of all processes that share it; the others count what this client has done.

    :ivar waiting: items that can be sent now.
    :ivar delayed: items that wait for a retry.
    :ivar in_flight: items in a request that some process is making.
    :ivar dead: dead letters.
    :ivar paused: why nothing is sent until a person resumes the destination; None if it isn't paused.
    :ivar backing_off_until: no request before this time (Unix seconds); None if it isn't backing off.
    :ivar last_error: what went wrong last, until a request succeeds; None if nothing did.
    :ivar delivered: items that this client has delivered.
    :ivar buried: dead letters that this client has made.
    :ivar refused: items that could not be made of events that a mapping takes.
    :ivar held_back: events that may not be sent to this destination.
    """

    waiting: int = 0
    delayed: int = 0
    in_flight: int = 0
    dead: int = 0
    paused: Pause | None = None
    backing_off_until: float | None = None
    last_error: str | None = None
    delivered: int = 0
    buried: int = 0
    refused: int = 0
    held_back: int = 0


@frozen(kw_only=True)
class Status:
    """The state of a client.

    :ivar destinations: by name: those configured, and those for which the outbox still holds something.
    :ivar unmatched: events that no mapping takes.
    :ivar invalid: what was no event.
    :ivar delivery_error: why this client delivers nothing any more, see ``IncidentKind.DELIVERY_ENDED``; None
        while it does, or was told not to.
    """

    destinations: Mapping[str, DestinationStatus]
    unmatched: int = 0
    invalid: int = 0
    delivery_error: str | None = None

    @property
    def refused(self) -> int:
        """Items that could not be made, of all destinations."""
        return sum(status.refused for status in self.destinations.values())

    @property
    def held_back(self) -> int:
        """Events that may not be sent, of all destinations."""
        return sum(status.held_back for status in self.destinations.values())


class IncidentKind(StrEnum):
    """What kind of thing went wrong.

    :cvar PAUSED: a destination was paused: a person must act.
    :cvar DEAD: items became dead letters.
    :cvar REFUSED: an event can't be sent to a destination.
    :cvar NOTHING_SENT: of several events in a row, none could be sent: most likely the configuration is wrong.
    :cvar STORAGE: the outbox can't be used: disk full, file damaged.
    :cvar DELIVERY_ENDED: an unexpected error has ended the client's delivery.  It still stores events; a new client
        delivers them.
    """

    PAUSED = "paused"
    DEAD = "dead"
    REFUSED = "refused"
    NOTHING_SENT = "nothing_sent"
    STORAGE = "storage"
    DELIVERY_ENDED = "delivery_ended"


@frozen(kw_only=True)
class Incident:
    """Something that went wrong and won't pass by itself.

    :ivar destination: its name in the configuration; "" if it isn't about one.
    :ivar message: what happened, in a sentence without personal data and token.
    :ivar advice: what would help; may be empty.
    :ivar items: how many items or events it is about; 0 if it isn't about any.
    :ivar code: the platform's error code, if it gave one.
    :ivar subcode: the platform's error subcode, if it gave one.
    """

    kind: IncidentKind
    message: str
    destination: str = ""
    advice: str = ""
    items: int = 0
    code: int | None = None
    subcode: int | None = None


OnIncident: TypeAlias = Callable[[Incident], object]


class Monitor:
    """An observer that counts what becomes of events and items, and passes incidents on.

    Usable from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivered: Counter[str] = Counter()
        self._buried: Counter[str] = Counter()
        self._last_errors: dict[str, str] = {}
        self._events: Counter[tuple[EventOutcome, str]] = Counter()
        self._streaks: dict[tuple[str, str], _Streak] = {}
        self._started = False
        self._on_incident: OnIncident | None = None
        self._callback_failed = False

    def start(self, on_incident: OnIncident | None) -> None:
        """Log from now on when nothing gets through, and pass incidents on; until then only count.

        :param on_incident: is called with every incident.
        """
        self._started, self._on_incident = True, on_incident

    def observe(self, report: Report) -> None:
        """Count what was delivered or buried."""
        judgement, name = report.judgement, report.destination
        verdict = judgement.verdict
        with self._lock:
            if verdict is Verdict.DONE:
                self._delivered[name] += report.items
                self._last_errors.pop(name, None)
            elif verdict is Verdict.DEAD:
                self._buried[name] += report.items
            if verdict not in (Verdict.DONE, Verdict.SPLIT) and judgement.reason:
                self._last_errors[name] = judgement.reason
        kind = _INCIDENTS.get(verdict)
        if kind is not None:
            self.pass_on(
                Incident(
                    kind=kind,
                    destination=name,
                    message=judgement.reason,
                    advice=judgement.advice,
                    items=report.items,
                    code=judgement.code,
                    subcode=judgement.subcode,
                )
            )
        if verdict is Verdict.DONE:
            self._end_streak("dead", name)
        elif verdict is Verdict.DEAD:
            self._add_to_streak("dead", name, report.items, judgement.reason)

    def observe_event(self, report: EventReport) -> None:
        """Count what became of an event."""
        self.observe_events(report, 1)

    def observe_events(self, report: EventReport, number: int) -> None:
        """Count what became of several events."""
        name = report.destination
        with self._lock:
            self._events[report.outcome, name] += number
        match report.outcome:
            case EventOutcome.MAPPED:
                self._end_streak("unmatched", "")
                self._end_streak("refused", name)
            case EventOutcome.REFUSED:
                self._end_streak("unmatched", "")
                self.pass_on(
                    Incident(kind=IncidentKind.REFUSED, destination=name, message=report.reason, items=number)
                )
                self._add_to_streak("refused", name, number, report.reason)
            case EventOutcome.UNMATCHED | EventOutcome.INVALID:
                self._add_to_streak("unmatched", "", number, report.reason)

    def observe_outbox_error(self, error: OutboxError) -> None:
        """Pass on that the outbox can't be used."""
        self.pass_on(Incident(kind=IncidentKind.STORAGE, message=str(error)))

    def finish(self) -> None:
        """Log what never got through, also if it were only a few events."""
        with self._lock:
            unreported = [
                (key, streak)
                for key, streak in self._streaks.items()
                if not (streak.is_reported or streak.was_ended)
            ]
            for _, streak in unreported:
                streak.is_reported = True
        for (kind, name), streak in unreported:
            self._report_streak(kind, name, streak)

    def status(self, all_stats: Mapping[str, Stats], configured: Collection[str]) -> Status:
        """Return the status of a client.

        :param all_stats: what the outbox holds, by destination.
        :param configured: the names of the configured destinations.
        """
        with self._lock:
            events = self._events.copy()
            destinations = {
                name: self._destination_status(name, all_stats.get(name, Stats()))
                for name in sorted({*configured, *all_stats})
            }
        return Status(
            destinations=destinations,
            unmatched=events[EventOutcome.UNMATCHED, ""],
            invalid=events[EventOutcome.INVALID, ""],
        )

    def pass_on(self, incident: Incident) -> None:
        """Call the program's function; what it raises is logged once, and goes no further."""
        if self._on_incident is None:
            return
        try:
            self._on_incident(incident)
        except Exception as error:  # noqa: BLE001  the program's own function may raise anything
            if not self._callback_failed:
                self._callback_failed = True
                LOG.error("on_problem raised %s; its further errors aren't logged", where(error))

    def _destination_status(self, name: str, stats: Stats) -> DestinationStatus:
        until = stats.backoff_until
        return DestinationStatus(
            waiting=stats.waiting,
            delayed=stats.delayed,
            in_flight=stats.leased,
            dead=stats.dead,
            paused=stats.pause,
            backing_off_until=until if until is not None and until > time() else None,
            last_error=self._last_errors.get(name),
            delivered=self._delivered[name],
            buried=self._buried[name],
            refused=self._events[EventOutcome.REFUSED, name],
            held_back=self._events[EventOutcome.HELD_BACK, name],
        )

    def _add_to_streak(self, kind: str, name: str, number: int, reason: str) -> None:
        with self._lock:
            streak = self._streaks.setdefault((kind, name), _Streak())
            streak.length += number
            streak.reason = reason
            is_news = self._started and streak.length >= _STREAK and not streak.is_reported
            streak.is_reported |= is_news
        if is_news:
            self._report_streak(kind, name, streak)

    def _end_streak(self, kind: str, name: str) -> None:
        streak = self._streaks.get((kind, name))
        if streak is None:
            streak = self._streaks.setdefault((kind, name), _Streak())
        streak.length, streak.is_reported, streak.was_ended = 0, False, True

    def _report_streak(self, kind: str, name: str, streak: "_Streak") -> None:
        subject, advice = _STREAKS[kind]
        message = subject.format(
            events="the only event" if streak.length == 1 else f"the last {streak.length} events"
        )
        if streak.reason:
            message = f"{message}; the last one: {streak.reason}"
        LOG.error("%s%s", f"{name}: " if name else "", message, extra={"destination": name, "verdict": kind})
        self.pass_on(
            Incident(
                kind=IncidentKind.NOTHING_SENT,
                destination=name,
                message=message,
                advice=advice,
                items=streak.length,
            )
        )


_INCIDENTS = {Verdict.PAUSE: IncidentKind.PAUSED, Verdict.DEAD: IncidentKind.DEAD}
_STREAKS = {
    "unmatched": (
        "no mapping matches {events}",
        "`capi preview` shows what matches; look at the triggers.",
    ),
    "refused": ("{events} could not be sent", "`capi preview` shows why; look at the mapping."),
    "dead": ("the platform did not take {events}", "`capi outbox dead` shows why; look at the mapping."),
}
"""For each kind of streak: what happened, and advice."""


@define
class _Streak:
    """Events in a row that didn't get through.

    :ivar length: their number since the last that did.
    :ivar reason: why the last one didn't.
    :ivar is_reported: the streak was logged.
    :ivar was_ended: an event has got through at some time.
    """

    length: int = 0
    reason: str = ""
    is_reported: bool = False
    was_ended: bool = False
