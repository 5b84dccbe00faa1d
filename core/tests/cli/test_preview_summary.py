"""`capi preview --summary`: who can be recognised, what is lost, and what may not be sent; never a value."""

from pathlib import Path
from typing import Any

import pytest

from capi_actions import Plugins, note_dropped, note_uncertain

SECRET = "ada@example.com"


@pytest.fixture
def recognising(monkeypatch: pytest.MonkeyPatch, plugins: Plugins) -> None:
    """Let the small platform name its match keys, and warn about an address."""
    kind = plugins.destinations["acme"]
    monkeypatch.setattr(kind, "match_keys", lambda self, data: {"em": "email" in data, "ip": False})
    monkeypatch.setattr(
        kind,
        "value_warning",
        lambda self, key, value: "has no dot" if (key, "." in value) == ("em", False) else "",
    )


def test_figures_of_all_kinds(capi: Any, config: Path, ping: Any, recognising: None) -> None:
    """Shares, warnings, personal data by field name, paths that nothing uses, refusals, and what nothing matches."""
    config.write_text(
        config.read_text() + '[[destinations.main.mappings]]\naction = "acme.ping"\n'
        'mapping = { email = { "@path" = "$.email" }, lost = { "@path" = "$.x" } }\n'
    )
    events = [
        ping(1, email="ada@localhost", properties={"coupon": "X", "products": [{"colour": "red"}]}),
        ping(2, email=SECRET, x=5, event=SECRET),
        ping(3, properties={"coupon": "Y"}),
        ping(4, timestamp=5),
        {"type": "page", "event": "nothing"},
    ]
    result = capi("preview", "--summary", "--json", "-c", str(config), lines=events)
    (record,) = result.lines
    main = record["destinations"]["main"]

    assert result.status == 1
    assert (record["events"], record["invalid"], record["unmatched"]) == (5, 0, {"page nothing": 1})
    assert (main["items"], main["refused"]) == (3, 1)
    assert main["match_keys"] == {"em": {"items": 2, "share": 0.6667}, "ip": {"items": 0, "share": 0.0}}
    assert main["dropped"] == [{"field": "$.lost", "reason": "there is no such field", "items": 1}]
    assert main["uncertain"] == [{"field": "$.email", "reason": "has no dot", "items": 1}]
    assert main["personal_data"] == [{"field": "$.name", "kind": "an e-mail address", "items": 1}]
    assert main["refusals"] == [{"field": "$.time", "message": "is too old", "items": 1}]
    assert record["unused_paths"] == {"$.properties.coupon": 2, "$.properties.products.colour": 1}
    assert SECRET not in result.out + result.err


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch, plugins: Plugins) -> None:
    """Let the small platform leave out crowns, and note as uncertain the times of the first hour."""
    kind = plugins.destinations["acme"]
    prepare = kind.prepare

    def noted(self: Any, data: dict[str, Any], group: str, content_id: Any) -> Any:
        if data["name"] == "crown":
            note_dropped("$.name", "it has no crown")
        note_uncertain("$.time", "of some zone")
        note_uncertain("$.time", "of some zone")
        return prepare(self, data, group, content_id)

    monkeypatch.setattr(kind, "prepare", noted)


def test_what_action_and_destination_leave_out_or_assume_is_counted(
    capi: Any, config: Path, ping: Any, noting: None
) -> None:
    """Once for each item that goes out, however often it was noted."""
    events = [ping(1, event="crown"), ping(2), ping(3, timestamp=5)]
    result = capi("preview", "--summary", "--json", "-c", str(config), lines=events)
    main = result.lines[-1]["destinations"]["main"]

    assert main["dropped"] == [{"field": "$.name", "reason": "it has no crown", "items": 1}]
    assert main["uncertain"] == [{"field": "$.time", "reason": "of some zone", "items": 2}]


def test_the_summary_of_send_counts_it_too(capi: Any, config: Path, ping: Any, noting: None) -> None:
    """As a person sees it, and as a program does."""
    shown = capi("send", "-c", str(config), lines=[ping(1, event="crown")], columns=120)
    result = capi("send", "--json", "-c", str(config), lines=[ping(2, event="crown")])
    summary = result.lines[-1]["summary"]

    assert "│ $.name │ 1 │ left out: it has no crown" in " ".join(shown.err.split())
    assert "│ $.time │ 2 │ a value of some zone" in " ".join(shown.err.split())
    assert summary["dropped"] == [{"field": "$.name", "reason": "it has no crown", "items": 1}]
    assert summary["uncertain"] == [{"field": "$.time", "reason": "of some zone", "items": 2}]


def test_a_person_gets_tables(capi: Any, config: Path, ping: Any, recognising: None) -> None:
    """With the same figures, and without items."""
    result = capi(
        "preview", "--summary", "-c", str(config), lines=[ping(1, email=SECRET, spare="x")], columns=120
    )

    words = " ".join(result.out.split())
    assert result.status == 0
    assert "main: people can be recognised by" in words
    assert "│ em │ 1 │ 100% │" in words
    assert "main: 1 item, 0 refused" in words
    assert "│ $.spare │ 1 │" in words
    assert SECRET not in result.out
    assert '"message_id"' not in result.out


def test_lines_that_are_no_events_are_printed_and_counted(capi: Any, config: Path) -> None:
    """They are no part of the shares."""
    result = capi("preview", "--summary", "--json", "-c", str(config), text=b'{"type": "track"}\n{}\n')

    assert result.status == 1
    assert [line["invalid"] for line in result.lines if "invalid" in line] + [
        len([line for line in result.lines if "error" in line])
    ] == [1, 1]


def test_names_from_events_are_cleaned(capi: Any, config: Path, ping: Any) -> None:
    """A sender may use an address for a key, or steer a terminal with one."""
    events = [ping(1, **{SECRET: 1, "a\x1b[2J": 2})]
    result = capi("preview", "--summary", "-c", str(config), lines=events)

    assert SECRET not in result.out
    assert "\x1b" not in result.out


def test_the_number_of_names_is_bounded(capi: Any, config: Path, ping: Any) -> None:
    """A sender may use an id for a key, millions of times."""
    events = [ping(number, **{f"key{number}x{index}": 1 for index in range(100)}) for number in range(20)]
    result = capi("preview", "--summary", "--json", "-c", str(config), lines=events)

    assert len(result.lines[-1]["unused_paths"]) == 1_000


@pytest.mark.parametrize("options", [(), ("--summary",), ("--summary", "--json")])
def test_each_item_is_built_once(
    capi: Any,
    config: Path,
    ping: Any,
    plugins: Plugins,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    """Its notes come with it; building it again would double the time, and what a plugin logs."""
    kind, names = plugins.destinations["acme"], []
    prepare = kind.prepare

    def counting(self: Any, data: dict[str, Any], group: str, content_id: Any) -> Any:
        names.append(data["name"])
        return prepare(self, data, group, content_id)

    monkeypatch.setattr(kind, "prepare", counting)
    events = [ping(1, event="crown"), ping(2, event="cup"), ping(3, event="old", timestamp=5)]
    capi("preview", *options, "-c", str(config), lines=events)

    assert ["crown", "cup", "old"] == names
