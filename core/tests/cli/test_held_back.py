"""What is held back is reported, by destination and reason, wherever events go in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions import Client, EventFilter, Incident, Plugins, hookimpl

REASON = "All is not true in integrations, nor is any name of this destination"


@pytest.fixture
def failing_filter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Install a filter that fails on some events."""
    import sys

    info = tmp_path / "filters" / "odd_filter-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-filter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[capi_actions]\nodd = odd_filter_for_tests\n")
    odd = EventFilter(name="odd", apply=lambda event: event if "userId" not in event else {})
    module = SimpleNamespace(__name__="odd", capi_events=hookimpl(lambda: [odd]))
    monkeypatch.setitem(sys.modules, "odd_filter_for_tests", module)
    monkeypatch.syspath_prepend(info.parent)


def test_preview_prints_a_line_for_each(capi: Any, config: Path, ping: Any) -> None:
    """Consent is no failure: the exit status is 0."""
    result = capi("preview", "-c", str(config), lines=[ping(1, integrations={"All": False}), ping(2)])
    held, item = result.lines

    assert held == {"message_id": "m1", "destination": "main", "held_back": REASON}
    assert {"message_id", "destination", "action", "item"} == item.keys()
    assert result.status == 0
    assert "no mapping matches" not in result.err


def test_figures_of_a_preview_have_them(capi: Any, config: Path, ping: Any) -> None:
    """By destination and reason; paths of events that go nowhere are not called unused."""
    events = [ping(number, integrations={"All": number < 1}, note="x") for number in range(3)]
    record = capi("preview", "-c", str(config), "--summary", "--json", lines=events).lines[0]
    table = capi("preview", "-c", str(config), "--summary", lines=events, columns=160)

    main = record["destinations"]["main"]
    assert (main["items"], main["held_back"]) == (1, {REASON: 2})
    assert record["unused_paths"]["$.note"] == 1
    assert REASON in table.out
    assert table.status == 0


def test_send_counts_them(capi: Any, config: Path, ping: Any) -> None:
    """In the table and for machines; they are no failures."""
    events = [ping(number, integrations={"All": number < 2}) for number in range(5)]
    as_json = capi("send", "-c", str(config), "--json", lines=events)
    as_table = capi("send", "-c", str(config), lines=events, columns=160)

    assert as_json.lines[-1]["summary"]["held_back"] == {"main": {REASON: 3}}
    assert [as_json.status, as_table.status] == [0, 0]
    words = " ".join(as_table.err.replace("│", " ").split())
    assert f"held back from main 3 {REASON}" in words


def test_a_failing_filter_is_a_failure(capi: Any, config: Path, ping: Any, failing_filter: None) -> None:
    """Its events are printed one by one, without what is in them."""
    events = [ping(1), ping(2, userId="Ada")]
    preview = capi("preview", "-c", str(config), lines=events)
    send = capi("send", "-c", str(config), "--json", lines=events)
    record, summary = send.lines

    assert [preview.status, send.status] == [1, 1]
    assert preview.lines[1] == record
    assert {"message_id": "m2", "destination": "main"}.items() <= record.items()
    assert record["held_back"].startswith(
        "the filter odd of plugin 'odd' returned what is no event: type must be"
    )
    assert {"main": {record["held_back"]: 1}} == summary["summary"]["held_back"]
    assert "Ada" not in preview.out + preview.err + send.out + send.err


def test_reasons_that_differ_from_event_to_event_are_bounded(
    capi: Any, config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that breaks its promise must not fill the memory."""
    from capi_actions.builtin import consent

    counter = iter(range(5_000))
    monkeypatch.setattr(consent, "integrations_objection", lambda *_: f"reason {next(counter)}")
    events = [ping(number, integrations={"All": False}) for number in range(1_100)]
    summary = capi("send", "-c", str(config), "--json", lines=events).lines[-1]["summary"]

    assert len(summary["held_back"]["main"]) == 1_001
    assert sum(summary["held_back"]["main"].values()) == 1_100


def test_preferences_that_nothing_checks_are_told_in_preview(capi: Any, config: Path, ping: Any) -> None:
    """It is where people look before they send."""
    events = [
        ping(number, context={"consent": {"categoryPreferences": {"ad": False}}}) for number in range(3)
    ]
    result = capi("preview", "-c", str(config), lines=events)

    assert result.err.count("main: events have consent preferences, but they are not checked") == 1


def test_a_receipt_has_them(config: Path, ping: Any) -> None:
    """A program can tell its caller."""
    with Client.from_config(config, plugins=Plugins.installed(), deliver=False) as client:
        receipt = client.send(ping(1, integrations={"All": False}))
        status = client.status().destinations["main"]

    assert (status.held_back, status.refused) == (1, 0)
    (held,) = receipt.held_back
    assert [(held.destination, held.message_id, held.reason)] == [("main", "m1", REASON)]
    assert not receipt.accepted and not receipt.refused and not receipt.matched
    assert receipt.problem is None


def test_a_failing_filter_is_an_incident(config: Path, ping: Any, failing_filter: None) -> None:
    """A program must not believe that it sends."""
    incidents: list[Incident] = []
    with Client.from_config(config, deliver=False, on_problem=incidents.append) as client:
        receipt = client.send(ping(1, userId="Ada"))
        status = client.status().destinations["main"]

    assert [held.failed for held in receipt.held_back] == [True]
    assert (status.held_back, status.refused) == (0, 1)
    assert incidents[0].kind == "refused"
    assert "the filter odd of plugin 'odd'" in incidents[0].message
