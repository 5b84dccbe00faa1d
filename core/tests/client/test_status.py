"""Nothing fails silently in a program: status, incidents, and one line on standard error without logging set up."""

import logging
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from capi_actions import (
    Client,
    Config,
    EventOutcome,
    EventReport,
    Incident,
    IncidentKind,
    Judgement,
    OutboxError,
    Pause,
    PluginError,
    Plugins,
    Report,
    Stats,
    Verdict,
)
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.delivery import Deliverer
from capi_actions.status import Monitor


def test_status_counts_what_became_of_events_and_items(config: Path, ping: Any, acme_server: Any) -> None:
    """What is on its way, what arrived, and what never will."""
    with Client.from_config(config) as client:
        client.send_many([ping(1), ping(2), ping(3, event="Bad"), ping(4, timestamp=5)])
        client.send({"type": "page"})
        client.send({"type": "trak"})
        client.flush(timeout=60)
        status = client.status()

    main = status.destinations["main"]
    assert (main.delivered, main.buried, main.dead, main.refused) == (2, 1, 1, 1)
    assert (main.waiting, main.delayed, main.in_flight) == (0, 0, 0)
    assert (main.paused, main.backing_off_until) == (None, None)
    assert (status.unmatched, status.invalid, status.refused, status.held_back) == (1, 1, 1, 0)


def test_status_says_why_nothing_is_sent(config: Path, ping: Any, acme_server: Any) -> None:
    """A pause with its reason, until somebody acts; and what other processes left in the outbox."""
    acme_server.status = 401
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        outbox.pause("former", Judgement(verdict=Verdict.PAUSE, reason="It is over."), 5.0)
    incidents: list[Incident] = []
    with Client.from_config(config, on_problem=incidents.append) as client:
        client.send(ping(1))
        client.flush(timeout=60)
        status = client.status()

    main = status.destinations["main"]
    assert main.paused is not None
    assert (main.paused.judgement.reason, main.last_error) == ("It is locked.", "It is locked.")
    assert main.waiting + main.delayed == 1  # it was released; whether a claim saw it since is chance
    former = status.destinations["former"]
    assert Pause(judgement=Judgement(verdict=Verdict.PAUSE, reason="It is over."), since=5.0) == former.paused
    (incident,) = incidents
    assert (
        incident.kind,
        incident.destination,
        incident.message,
        incident.advice,
        incident.items,
        incident.code,
    ) == (IncidentKind.PAUSED, "main", "It is locked.", "Unlock it.", 1, 1)


def test_every_kind_of_problem_is_passed_on(config: Path, ping: Any, acme_server: Any) -> None:
    """Refused, dead, and nothing matched from the start; a program can alert by itself."""
    incidents: list[Incident] = []
    with Client.from_config(config, on_problem=incidents.append) as client:
        client.send(ping(1, timestamp=5))
        client.send_many([{"type": "page"}] * 10)
        client.send(ping(2, event="Bad"))
        client.flush(timeout=60)

    kinds = [incident.kind for incident in incidents]
    assert kinds[:3] == [IncidentKind.REFUSED, IncidentKind.NOTHING_SENT, IncidentKind.DEAD]
    assert incidents[0].message == "is too old"
    assert incidents[1].message == "no mapping matches the last 10 events"


@pytest.mark.parametrize("fault", [ValueError, SystemExit, KeyboardInterrupt])
def test_the_end_of_delivery_is_not_silent(
    config: Path,
    ping: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[BaseException],
) -> None:
    """Whatever ends it: the log, the program's function and the status say so, and a flush doesn't wait for ever."""
    ended = threading.Event()
    incidents: list[Incident] = []

    def fail(*arguments: object) -> None:
        raise fault("MARKER")

    def on_problem(incident: Incident) -> None:
        incidents.append(incident)
        ended.set()

    monkeypatch.setattr(Deliverer, "forever", fail)
    with Client.from_config(config, on_problem=on_problem) as client:
        assert ended.wait(60)
        assert client.flush()
        assert client.send(ping(1)).accepted
        with pytest.raises(OutboxError, match=r"delivery has ended by an unexpected error"):
            client.flush()
        status = client.status()

    (incident,) = incidents
    assert (IncidentKind.DELIVERY_ENDED, status.delivery_error) == (incident.kind, incident.message)
    assert f"({fault.__name__} in " in incident.message
    assert incident.message in caplog.text
    assert "MARKER" not in caplog.text + incident.message
    assert 1 == status.destinations["main"].waiting


@pytest.mark.parametrize("count", [1, 9, 10, 25])
def test_a_refusal_of_everything_is_logged_once(
    config: Path, ping: Any, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """After ten in a row, or when the client closes; further ones of the streak aren't news."""
    with Client.from_config(config, deliver=False) as client:
        for number in range(count):
            client.send(ping(number, timestamp=5))

    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    events = "the only event" if count == 1 else f"the last {min(count, 10)} events"
    assert errors == [f"main: {events} could not be sent; the last one: is too old"]


def test_a_refusal_that_comes_while_a_streak_is_logged_is_no_news(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another thread's, that is; here it comes before the first line of it."""
    monitor = Monitor()
    monitor.start(None)
    refused = EventReport(outcome=EventOutcome.REFUSED, destination="shop", reason="is too old")
    report_streak = monitor._report_streak

    def refuse_another(*streak: Any) -> None:
        if not caplog.records:
            monkeypatch.setattr(monitor, "_report_streak", report_streak)
            monitor.observe_event(refused)
        report_streak(*streak)

    monkeypatch.setattr(monitor, "_report_streak", refuse_another)
    monitor.observe_events(refused, 10)

    assert ["shop: the last 11 events could not be sent; the last one: is too old"] == caplog.messages


def test_threads_that_can_store_nothing_at_the_same_moment_log_it_once(
    config: Path, ping: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of them knows yet that the other does."""
    together = threading.Barrier(2)

    class Failing(Client):
        _has_failed = False

        @property
        def _storage_failed(self) -> bool:
            has_failed = self._has_failed
            with suppress(threading.BrokenBarrierError):  # only one may get here
                together.wait(0.5)
            return has_failed

        @_storage_failed.setter
        def _storage_failed(self, has_failed: bool) -> None:
            self._has_failed = has_failed

    with Failing.from_config(config, deliver=False) as client, ThreadPoolExecutor(2) as threads:
        reports = [threads.submit(client._report_storage_error, OutboxError("full")) for _ in range(2)]
        for report in reports:
            report.result()

    assert ["events can't be stored: full"] == caplog.messages


def test_a_few_refusals_among_others_are_not_an_error(config: Path, ping: Any, caplog: Any) -> None:
    """They are in the receipts and in the counts; an error would be a false alarm."""
    with Client.from_config(config, deliver=False) as client:
        client.send(ping(0))
        for number in range(5):
            client.send(ping(number, timestamp=5))

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_full_disk_is_logged_once_and_passed_on(
    config: Path, ping: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller may swallow the exception, as it must not take the page down; once more after it was mended."""
    incidents: list[Incident] = []
    full = [True]
    put = SqliteOutbox.put

    def put_if_there_is_room(outbox: SqliteOutbox, items: Any) -> None:
        if full[0]:
            raise OutboxError("the disk is full")
        put(outbox, items)

    monkeypatch.setattr(SqliteOutbox, "put", put_if_there_is_room)
    with Client.from_config(config, deliver=False, on_problem=incidents.append) as client:
        for is_full in (True, True, False, True):
            full[0] = is_full
            try:
                client.send(ping(1))
            except OutboxError:
                assert is_full

    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert messages == ["events can't be stored: the disk is full"] * 2
    assert [incident.kind for incident in incidents] == [IncidentKind.STORAGE] * 2


def test_a_callback_that_raises_does_no_harm(config: Path, ping: Any, caplog: Any) -> None:
    """It is the program's own; its fault is logged once, without what it says."""

    def crash(incident: Incident) -> None:
        raise ZeroDivisionError("marker@example.com")

    with Client.from_config(config, deliver=False, on_problem=crash) as client:
        for number in range(3):
            assert client.send(ping(number, timestamp=5)).refused

    messages = [record.getMessage() for record in caplog.records if "on_problem" in record.getMessage()]
    assert len(messages) == 1
    assert "marker" not in caplog.text


def test_held_back_events_are_counted_at_their_destination() -> None:
    """They are no error: visitors may refuse."""
    incidents: list[Incident] = []
    monitor = Monitor()
    monitor.start(incidents.append)
    for _ in range(20):
        monitor.observe_event(
            EventReport(outcome=EventOutcome.HELD_BACK, destination="shop", reason="no consent")
        )
    status = monitor.status({"shop": Stats()}, ["shop"])

    assert (status.held_back, status.destinations["shop"].held_back) == (20, 20)
    assert incidents == []


def test_the_last_error_is_forgotten_after_a_success() -> None:
    """Else a status page would show last week's outage."""
    monitor = Monitor()
    failed = Report(
        destination="shop", items=2, judgement=Judgement(verdict=Verdict.LATER, reason="It stumbled.")
    )
    monitor.observe(failed)
    assert monitor.status({}, ["shop"]).destinations["shop"].last_error == "It stumbled."
    monitor.observe(Report(destination="shop", items=2, judgement=Judgement(verdict=Verdict.DONE)))
    shop = monitor.status({}, ["shop"]).destinations["shop"]
    assert (shop.last_error, shop.delivered) == (None, 2)


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from conftest import ACME
from capi_actions import Client, Plugins, builtin
{setup}
client = Client.from_config({config!r}, plugins=Plugins(builtin, ACME))
for number in range(3):
    client.send({{"type": "track", "event": "Order", "messageId": str(number), "timestamp": {timestamp}}})
    client.flush(60)
client.close()
"""


@pytest.mark.parametrize(
    ("setup", "lines"),
    [
        ("", ["capi_actions: error: main: paused, 1 item waits. It is locked."]),
        ("import logging; logging.getLogger('uvicorn').addHandler(logging.StreamHandler())", None),
        (
            "import logging; logging.basicConfig(format='own: %(message)s')",
            ["own: main: paused, 1 item waits. It is locked."],
        ),
        (
            "import logging; logger = logging.getLogger('capi_actions'); logger.addHandler(logging.NullHandler())",
            [],
        ),
    ],
    ids=["no logging", "a server's own logging", "logging set up", "silenced on purpose"],
)
def test_a_pause_is_seen_once_on_standard_error(
    config: Path, acme_server: Any, setup: str, lines: list[str] | None
) -> None:
    """In a program that never heard of logging, too, and never twice where it is set up."""
    from time import time

    acme_server.status = 401
    text = textwrap.dedent(PROGRAM).format(
        tests=str(Path(__file__).parents[1]), setup=setup, config=str(config), timestamp=int(time())
    )
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)

    expected = ["capi_actions: error: main: paused, 1 item waits. It is locked."] if lines is None else lines
    assert expected == result.stderr.splitlines()


def test_a_refusal_of_everything_is_seen_on_standard_error(config: Path, acme_server: Any) -> None:
    """A configuration that fits no event must not look like success."""
    text = textwrap.dedent(PROGRAM).format(
        tests=str(Path(__file__).parents[1]), setup="", config=str(config), timestamp=5
    )
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)

    assert result.stderr.splitlines() == [
        "capi_actions: error: main: the last 3 events could not be sent; the last one: is too old"
    ]


def test_observers_are_configured_first_and_closed_last(
    config: Path, ping: Any, acme_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps counts in a file needs to know where, and when to write the last ones."""
    calls: list[str] = []

    class Watching:
        def __getattr__(self, name: str) -> Any:
            if name not in ("configure", "watch", "expect", "observe", "observe_event", "close"):
                raise AttributeError(name)
            return lambda *arguments: calls.append(name)

        def configure(self, config: Config) -> None:
            calls.append(f"configure {' '.join(config.names)}")

    monkeypatch.setattr(Plugins, "observer_factories", lambda _: [("watching", Watching)])
    with Client.from_config(config) as client:
        client.send(ping(1))
        client.flush(timeout=60)

    assert calls == ["configure main", "watch", "expect", "observe_event", "observe", "close"]


@pytest.mark.parametrize("method", ["__init__", "configure", "watch"])
def test_observers_are_closed_when_a_later_one_fails(
    config: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """They may have opened a port or a file, and nobody else knows of them."""
    closed: list[str] = []

    class Working:
        def observe(self, report: Report) -> None:
            """Nothing is reported here."""

        def close(self) -> None:
            closed.append(type(self).__name__)
            raise ValueError  # which mustn't hide why nothing was opened

    class Failing(Working):
        """Its own close() is called too, if it was made."""

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    setattr(Failing, method, fail)
    factories = [("working", Working), ("failing", Failing), ("never", Working)]
    monkeypatch.setattr(Plugins, "observer_factories", lambda _: factories)

    with pytest.raises(PluginError, match=r"failing.*its observer can't be made: ZeroDivisionError in fail"):
        Client.from_config(config)
    assert (["Working"] if method == "__init__" else ["Working", "Failing"]) == closed


def test_a_faulty_observer_is_logged_once(
    config: Path, ping: Any, acme_server: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """However many of its methods fail, whether they are called for events or for deliveries."""

    class Faulty:
        def fail(self, *arguments: object) -> None:
            raise ValueError

        observe = observe_event = observe_events = expect = close = fail

    monkeypatch.setattr(Plugins, "observer_factories", lambda _: [("faulty", Faulty)])
    with Client.from_config(config) as client:
        client.send_many([ping(1), ping(2)])
        client.flush(timeout=60)

    faults = [record for record in caplog.records if "the observer Faulty raised" in record.getMessage()]
    assert 1 == len(faults)
