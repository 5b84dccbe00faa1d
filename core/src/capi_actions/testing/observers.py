"""Tests of the observers that a plugin offers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any

from capi_actions.config import Config
from capi_actions.contracts import require_observer
from capi_actions.errors import OutboxError, PluginError
from capi_actions.model import EventOutcome, EventReport, Judgement, Observer, Report, Stats, Verdict
from capi_actions.testing.base import PluginTests, find_slow, require, require_speed

_THREADS = 4


class ObserverTests(PluginTests):
    """Tests of every observer of a plugin: subclass, and set ``plugin``."""

    def test_observers_are_made_without_arguments(self) -> None:
        """If this fails, the factory raises, or what it makes has no method ``observe(report)``."""
        for name, make in self._own("capi_report").items():
            try:
                require_observer(make(), name)
            except PluginError as error:
                raise AssertionError(error.problem) from None

    def test_any_report_is_taken(self) -> None:
        """If this fails, an observer raises on a report: delivery would go on without it."""
        for observer in self._observers():
            for report in _reports():
                observer.observe(report)
            if (observe_event := getattr(observer, "observe_event", None)) is not None:
                for event_report in _event_reports():
                    observe_event(event_report)
            if (observe_events := getattr(observer, "observe_events", None)) is not None:
                for event_report in _event_reports():
                    observe_events(event_report, 3)
            if (observe_error := getattr(observer, "observe_outbox_error", None)) is not None:
                observe_error(OutboxError("the disk is full; make room"))
            if (close := getattr(observer, "close", None)) is not None:
                close()

    def test_threads_share_an_observer(self) -> None:
        """If this fails, ``observe`` raises when several threads call it at once."""
        for observer in self._observers():
            errors: list[BaseException] = []

            def work(observer: Observer = observer, errors: list[BaseException] = errors) -> None:
                try:
                    for report in _reports():
                        observer.observe(report)
                except BaseException as error:  # noqa: BLE001  raised in the test's own thread
                    errors.append(error)

            threads = [threading.Thread(target=work) for _ in range(_THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if errors:
                raise errors[0]

    def test_observers_are_quick(self) -> None:
        """If this fails, delivery waits for ``observe``: have a thread of your own do what takes time."""
        report = next(_reports())
        for observer in self._observers():
            name = f"observe() of {type(observer).__name__}"
            require_speed(self.slowest, name, partial(observer.observe, report))

    @classmethod
    def _observers(cls) -> Iterator[Observer]:
        """Make each observer, and tell it what delivery does before anything is sent."""
        slow = cls._slow_observers()
        require(not slow, slow)
        for make in cls._own("capi_report").values():
            observer: Any = require_observer(make(), "tried")
            if (configure := getattr(observer, "configure", None)) is not None:
                configure(Config(destinations=()))
            if (watch := getattr(observer, "watch", None)) is not None:
                watch(_read_stats)
            if (expect := getattr(observer, "expect", None)) is not None:
                expect(("shop", "ads"))
            yield observer

    @classmethod
    @cache
    def _slow_observers(cls) -> str:
        report = next(_reports())
        calls = {}
        for name, make in cls._own("capi_report").items():
            with suppress(Exception):  # another test reports it
                calls[f"observe() of {name}"] = partial(make().observe, report)
        return find_slow(calls)


def _read_stats() -> Mapping[str, Stats]:
    return {"shop": Stats(waiting=1, dead=2, oldest=1_799_999_000, deadline=1_800_600_000)}


def _reports() -> Iterator[Report]:
    for verdict in Verdict:
        for requested in (True, False):
            yield Report(
                destination="shop",
                items=3,
                judgement=Judgement(
                    verdict=verdict,
                    code=100,
                    subcode=2804003,
                    reason="It is too old.",
                    platform_message="Event Timestamp Too Old",
                    trace_id="AbC_1-d",
                ),
                requested=requested,
                seconds=0.2 if requested else 0.0,
                request_bytes=1_234 if requested else 0,
            )
        yield Report(destination="another", items=0, judgement=Judgement(verdict=verdict))


def _event_reports() -> Iterator[EventReport]:
    for outcome in EventOutcome:
        yield EventReport(outcome=outcome)
        yield EventReport(outcome=outcome, destination="shop", action="acme.ping", reason="has no time")
