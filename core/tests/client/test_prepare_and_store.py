"""For programs that receive events as JSON: mapping and storing apart, one commit for many events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Client, EventError, EventReport, OutboxError, Plugins, Report
from capi_actions.builtin.outbox import SqliteOutbox

TWO = '[destinations.{name}]\ntype = "acme"\naccount = "{name}"\ntoken = "sesame"\n'


def held(config: Path) -> dict[str, int]:
    """Count what the outbox holds, by destination."""
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        return {name: stats.undelivered for name, stats in outbox.stats().items()}


@pytest.fixture
def client(config: Path) -> Iterator[Client]:
    """A client with two destinations, which only stores."""
    config.write_text(TWO.format(name="one") + TWO.format(name="two"), encoding="utf-8")
    with Client.from_config(config, deliver=False) as client:
        yield client


def test_nothing_is_stored_before_store(client: Client, config: Path, ping: Any) -> None:
    """Then everything is, with one commit."""
    receipts = [client.prepare(ping(number)) for number in range(3)]
    assert held(config) == {}

    client.store(receipts)

    assert held(config) == {"one": 3, "two": 3}


def test_events_go_to_the_destinations_that_are_named(client: Client, config: Path, ping: Any) -> None:
    """The others don't count them as held back or unmatched."""
    receipt = client.prepare(ping(1), frozenset({"two"}))
    client.store([receipt])

    assert ["two"] == [item.destination for item in receipt.accepted]
    assert held(config) == {"two": 1}
    held_back = client.prepare({**ping(2), "integrations": {"All": False}}, frozenset({"two"}))
    assert ["two"] == [outcome.destination for outcome in held_back.held_back]
    assert not client.prepare(ping(3), frozenset({"nobody"})).matched


@pytest.mark.parametrize("event", [None, 7, [], {}, {"type": "trak"}])
def test_what_is_no_event_has_its_problem(event: Any, client: Client) -> None:
    """It is counted, and stored as little as anything that is refused."""
    receipt = client.prepare(event)
    client.store([receipt])

    assert receipt.problem is not None
    assert 1 == client.status().invalid


def test_what_can_not_even_be_read_is_counted_too(client: Client) -> None:
    """A line of rubbish is an event that somebody meant to send."""
    receipt = client.refuse(EventError.of("is not JSON"))

    assert "is not JSON" == str(receipt.problem)
    assert 1 == client.status().invalid


def test_many_events_are_reported_like_each_by_itself(
    config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same order; only that several in a row of which the same became are one report with their number."""
    reports: list[tuple[EventReport, int]] = []

    class Observer:
        def observe(self, report: Report) -> None: ...

        def observe_event(self, report: EventReport) -> None:
            reports.append((report, 1))

        def observe_events(self, report: EventReport, number: int) -> None:
            reports.append((report, number))

    monkeypatch.setattr(Plugins, "observer_factories", lambda _: [("observer", Observer)])
    refused, held_back = ping(4, event="Crash"), {**ping(5), "integrations": {"All": False}}
    events = [ping(1), ping(2), {"type": "page"}, ping(3), refused, held_back, 7, ping(6), ping(7), ping(8)]
    with Client.from_config(config, deliver=False) as client:
        for event in events:
            client.prepare(event)
        client.refuse(EventError.of("is not JSON"))
        each, counts = [report for report, number in reports for _ in range(number)], client.status()
        reports.clear()

        receipts = [client.prepare(event, report=False) for event in events]
        receipts.append(client.refuse(EventError.of("is not JSON"), report=False))
        assert [] == reports
        client.report(receipts)

        assert each == [report for report, number in reports for _ in range(number)]
        assert [2, 1, 1, 1, 1, 1, 3, 1] == [number for _, number in reports]
        assert 2 * counts.invalid == client.status().invalid


def test_a_closed_client_stores_nothing(config: Path, ping: Any) -> None:
    """And says so."""
    with Client.from_config(config, deliver=False) as client:
        receipt = client.prepare(ping(1))
    with pytest.raises(OutboxError, match="closed"):
        client.store([receipt])
