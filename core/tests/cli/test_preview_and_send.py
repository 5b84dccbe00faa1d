"""`capi preview`, `capi send` and `capi deliver`: events in, what became of them out."""

import json
from pathlib import Path
from typing import Any

import pytest

TWO = """
[destinations.second]
type = "acme"
account = "b"
token = "t"
url = "{url}"

[[destinations.second.mappings]]
action = "acme.ping"
mapping = {{ name = {{ "@template" = "{{{{event}}}} twice" }} }}
"""
BROKEN = [b"{", b"[]", b'{"type": "trak"}', b'{"type": "track", "a": NaN}', b'{"type": "track"']


def test_preview_prints_a_line_for_every_match_in_order(
    capi: Any, config: Path, acme_server: Any, ping: Any
) -> None:
    """With two destinations there are two for each event."""
    config.write_text(config.read_text() + TWO.format(url=acme_server.url), encoding="utf-8")
    result = capi("preview", "-c", str(config), lines=[ping(1), {"type": "page"}, ping(2)])

    assert result.status == 0
    assert [(line["message_id"], line["destination"], line["action"]) for line in result.lines] == [
        (f"m{number}", name, "acme.ping") for number in (1, 2) for name in ("main", "second")
    ]
    assert [line["item"]["name"] for line in result.lines] == ["Order", "Order twice"] * 2
    assert acme_server.taken == []
    assert list(config.parent.glob("*.sqlite3")) == []


def test_preview_works_without_the_token(
    capi: Any, config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends nothing; and on the machine where mappings are made there should be none."""
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    config.write_text(config.read_text().replace('"sesame"', '{ env = "NO_SUCH_TOKEN" }'), encoding="utf-8")

    assert capi("preview", "-c", str(config), lines=[ping()]).status == 0
    assert "NO_SUCH_TOKEN isn't set" in capi("send", "-c", str(config), lines=[ping()]).err


def test_what_is_refused_is_reported_with_its_line(capi: Any, config: Path, ping: Any) -> None:
    """An error in place of the item, with the platform's own code; the rest goes on."""
    events = [ping(1, timestamp=5), ping(2), ping(3, timestamp=None), ping(4, event="Crash")]
    result = capi("preview", "-c", str(config), lines=events)
    errors = [line.get("error") for line in result.lines]

    assert result.status == 1
    assert [line["message_id"] for line in result.lines] == ["m1", "m2", "m3", "m4"]
    assert [next(iter(line)) for line in result.lines] == ["line", "message_id", "line", "line"]
    assert [line.get("line") for line in result.lines] == [1, None, 3, 4]
    assert errors[0] == {"message": "is too old", "path": "$.time", "code": 7}
    assert errors[1] is None
    assert errors[2] == {"message": "has no time", "path": "$.time"}
    assert "ZeroDivisionError in build" in errors[3]["message"]
    assert "personal@example.com" not in result.out + result.err


def test_preview_counts_what_no_mapping_matches(capi: Any, config: Path, ping: Any) -> None:
    """Else nothing at all would be seen of them; names from events can't steer the terminal."""
    nopes = [{"type": "screen", "event": f"\x1b[31m{number}"} for number in range(12)]
    result = capi("preview", "-c", str(config), lines=[{"type": "page"}, ping(), {"type": "page"}, *nopes])
    counts = [line for line in result.err.splitlines() if "no mapping" in line]

    assert (result.status, len(result.lines)) == (0, 1)
    assert counts[0] == "capi: no mapping matches: page 2"
    assert counts[1] == "capi: no mapping matches: screen \ufffd[31m0 1"
    assert counts[10:] == ["capi: no mapping matches: others 3"]


@pytest.mark.parametrize("command", ["preview", "send"])
def test_the_event_that_was_most_likely_meant_is_named(capi: Any, config: Path, command: str) -> None:
    """A name that is nearly right is the usual reason why nothing arrives."""
    mapping = """[[destinations.main.mappings]]
action = "acme.ping"
trigger = 'type = "track" and event = "Order Completed"'
"""
    config.write_text(f"{config.read_text()}{mapping}", encoding="utf-8")
    result = capi(command, "-c", str(config), lines=[{"type": "track", "event": "Order Complete"}])

    assert "did you mean 'Order Completed'?" in " ".join(result.err.split())


@pytest.mark.parametrize("command", ["preview", "send"])
def test_bad_lines_are_reported_and_the_others_go_on(
    capi: Any, config: Path, ping: Any, acme_server: Any, command: str
) -> None:
    """With their numbers, in order."""
    good = json.dumps(ping()).encode()
    text = b"\n".join(line for bad in BROKEN for line in (bad, b"", good)) + b"\n"
    result = capi(command, "-c", str(config), text=text)
    errors = [line for line in result.lines if "error" in line]

    assert result.status == 1
    assert [line["line"] for line in errors] == [1, 4, 7, 10, 13]
    assert all(line["error"]["message"] for line in errors)
    assert len(result.lines) - len(errors) == (len(BROKEN) if command == "preview" else 0)
    assert len(acme_server.taken) == (len(BROKEN) if command == "send" else 0)


def test_odd_text_costs_no_event(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """Half an emoji in an id can't be stored as UTF-8; it must not cost the thousand beside it either."""
    events = [ping(1, messageId="a\ud83d"), ping(2, event="b\ud83d"), ping(3)]
    preview = capi("preview", "-c", str(config), lines=events)
    result = capi("send", "-c", str(config), "--json", lines=events)

    assert (preview.status, result.status) == (0, 0), result.err
    assert [line["message_id"] for line in preview.lines] == ["a\ufffd", "m2", "m3"]
    assert {item["id"]: item["name"] for item in acme_server.taken} == {
        "a\ufffd": "Order",
        "m2": "b\ufffd",
        "m3": "Order",
    }


def test_send_delivers_and_sums_up(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """For people on standard error, while standard output stays empty; status 0."""
    result = capi("send", "-c", str(config), lines=[*map(ping, range(25)), {"type": "page"}])

    assert (result.status, result.out) == (0, "")
    assert sorted(item["id"] for item in acme_server.taken) == sorted(f"m{number}" for number in range(25))
    for words in (
        "events read",
        "26",
        "no mapping matches: page",
        "stored in the outbox",
        "25",
        "in 3 requests",
    ):
        assert words in result.err
    assert "capi: warning: $.destinations.main.token: is written in the file" in result.err


def test_the_summary_is_there_for_machines(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """One line of JSON after those of what failed."""
    events = [ping(1), ping(2, event="Bad"), ping(3, timestamp=5), {"type": "page"}, {"type": "track"}, 5]
    result = capi("send", "-c", str(config), "--json", lines=events)
    summary = result.lines[-1]["summary"]

    assert result.status == 1
    assert [line.get("line") for line in result.lines] == [3, 5, 6, None]
    assert summary.pop("requests") >= 1
    assert summary == {
        "events": 6,
        "broken": 1,
        "refused": 2,
        "settled_elsewhere": 0,
        "held_back": {},
        "unmatched": {"page": 1},
        "dropped": [],
        "uncertain": [],
        "stored": 2,
        "already_sent": 0,
        "delivered": 1,
        "repaired": 0,
        "buried": 1,
        "waiting": 0,
        "last_errors": {},
        "paused": {},
    }


def test_names_of_events_can_not_steer_the_terminal(capi: Any, config: Path) -> None:
    """Neither by control characters nor by the markup of what draws the table."""
    names = ["\x1b[31mred\x07", "[bold]x[/dim]", "a\nb", "\ud800", "x" * 500]
    result = capi("send", "-c", str(config), lines=[{"type": "screen", "event": name} for name in names])

    assert "\x1b" not in result.err
    assert "[bold]x[/dim]" in result.err
    assert "x" * 61 not in result.err.replace(" ", "").replace("│", "").replace("\n", "")


def test_names_of_unmatched_events_are_bounded(capi: Any, config: Path) -> None:
    """A sender that puts an id into each name must not fill the memory; the table shows ten."""
    events = [{"type": "screen", "event": f"Screen {number}"} for number in range(1_200)]
    summary = capi("send", "-c", str(config), "--json", lines=events).lines[-1]["summary"]
    table = capi("send", "-c", str(config), lines=events[:15]).err

    assert len(summary["unmatched"]) == 1_001
    assert summary["unmatched"]["others"] == 200
    assert table.count("no mapping matches: screen") == 10
    assert "no mapping matches: others" in table


def test_a_pause_is_reported_and_keeps_the_items(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """With what the person who must act should do."""
    acme_server.status = 401
    result = capi("send", "-c", str(config), lines=[ping()])
    words = " ".join(result.err.replace("│", " ").split())

    assert result.status == 1
    assert "main is paused It is locked. Unlock it." in words
    assert "waiting for main 1 capi outbox resume main" in words
    paused = capi("deliver", "-c", str(config), "--json").lines[-1]["summary"]
    assert (paused["waiting"], paused["paused"]) == (1, {"main": "It is locked."})


def test_without_waiting_everything_is_still_tried_once(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """However many batches that takes: `--wait` is about what has failed."""
    acme_server.status = 401
    capi("send", "-c", str(config), "--wait", "0", lines=list(map(ping, range(35))))
    acme_server.status = None
    capi("outbox", "resume", "main", "-c", str(config))
    result = capi("deliver", "-c", str(config), "--wait", "0", "--json")

    assert (result.status, result.lines[-1]["summary"]["waiting"]) == (0, 0)
    assert len(acme_server.taken) == 35


def test_what_failed_is_tried_again_while_waiting(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """A passing fault shouldn't need a second command."""
    acme_server.failures = 1
    result = capi("send", "-c", str(config), "--wait", "60", "--json", lines=[ping()])

    assert (result.status, result.lines[-1]["summary"]["waiting"]) == (0, 0)
    assert result.lines[-1]["summary"]["requests"] >= 2
    assert len(acme_server.taken) == 1


def test_deliver_takes_up_what_is_left(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """What send could not deliver waits in the outbox."""
    acme_server.status = 401
    capi("send", "-c", str(config), lines=[ping(1), ping(2, event="Bad")])
    acme_server.status = None
    capi("outbox", "resume", "main", "-c", str(config))
    result = capi("deliver", "-c", str(config))

    assert (result.status, result.out) == (1, "")
    assert [item["id"] for item in acme_server.taken] == ["m1"]
    assert "dead letters" in result.err
    assert "events read" not in result.err
    assert capi("deliver", "-c", str(config)).status == 0


def test_a_negative_wait_is_a_usage_error(capi: Any, config: Path) -> None:
    """As is a file that isn't there."""
    for arguments in (
        ("deliver", "--wait", "-1"),
        ("send", "missing.jsonl"),
        ("preview", str(config.parent)),
    ):
        result = capi(*arguments, "-c", str(config))
        assert (result.status, result.out) == (2, "")
        assert "capi: Invalid value" in result.err


def test_an_outbox_that_can_not_be_opened_is_named(capi: Any, config: Path, ping: Any) -> None:
    """Before a line is read; nothing was accepted."""
    config.write_text(config.read_text() + '[outbox]\npath = "."\n', encoding="utf-8")
    result = capi("send", "-c", str(config), lines=[ping()])

    assert (result.status, result.out) == (2, "")
    assert result.err.splitlines()[-1].startswith(f"capi: the outbox {config.parent} can't be opened")


def test_lines_that_are_too_long_are_skipped(
    capi: Any, config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long: they are never in memory as a whole, and the next line is a line again."""
    monkeypatch.setattr("capi_actions.inputs.streams.MAX_LINE_BYTES", 2**20)
    good = json.dumps(ping()).encode()
    text = b"\n".join((good, b"x" * (2**20 + 1), good, b"y" * (3 * 2**20), good, b"z" * (2**21)))
    result = capi("preview", "-c", str(config), text=text)

    assert [line.get("line") for line in result.lines] == [None, 2, None, 4, None, 6]
    assert result.lines[1]["error"]["message"] == "the line is longer than 1 MiB"


def test_repaired_items_are_counted(capi: Any, config: Path) -> None:
    """The table says that the platform named a field, and that it was left out."""
    from capi_actions.cli.summary import merge, summary_record, summary_table
    from capi_actions.cli.tables import stdout
    from capi_actions.delivery import Summary

    one, two = (
        Summary(delivered=2, repaired=1, paused=("b",)),
        Summary(delivered=1, requests=1, paused=("a",)),
    )
    both = merge(one, two)
    console = stdout()
    with console.capture() as shown:
        console.print(summary_table(None, both, {}, []))

    assert both == Summary(delivered=3, repaired=1, requests=1, paused=("a", "b"))
    assert summary_record(None, both, {})["repaired"] == 1
    assert "of which repaired" in shown.get()
    assert "in 1 request " in shown.get()
