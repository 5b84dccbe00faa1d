"""`capi send --once`: a file that is sent again sends only what is new."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from capi_actions import Outbox, OutboxFactory
from capi_actions.builtin.outbox import SqliteOutbox


def summary(result: Any) -> tuple[int, int]:
    record = result.lines[-1]["summary"]
    return record["stored"], record["already_sent"]


def test_a_file_with_new_lines_sends_only_these(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """And says how many it left out."""
    events = [ping(1), ping(2)]
    first = capi("send", "-c", str(config), "--once", "--json", lines=events)
    second = capi("send", "-c", str(config), "--once", "--json", lines=[*events, ping(3), ping(3)])
    third = capi("send", "-c", str(config), "--once", lines=events)

    assert [summary(first), summary(second)] == [(2, 0), (1, 3)]
    assert sorted(item["id"] for item in acme_server.taken) == ["m1", "m2", "m3"]
    assert (third.status, "already sent" in third.err) == (0, True)


def test_without_once_everything_is_sent_again(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """The platform drops repeats; whoever wants them sent can have that."""
    for _ in range(2):
        assert summary(capi("send", "-c", str(config), "--json", lines=[ping(1)])) == (1, 0)
    assert len(acme_server.taken) == 2


def test_events_of_one_id_but_other_names_are_different(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """An order and its refund may have one id; the platform takes both."""
    events = [ping(1), ping(1, event="Refund")]

    assert summary(capi("send", "-c", str(config), "--once", "--json", lines=events)) == (2, 0)


def test_each_mapping_of_an_action_is_remembered(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """They may give one event two names."""
    mappings = '[[destinations.main.mappings]]\naction = "acme.ping"\n' * 2
    config.write_text(config.read_text() + mappings, encoding="utf-8")

    for counts in ((2, 0), (0, 2)):
        assert summary(capi("send", "-c", str(config), "--once", "--json", lines=[ping(1)])) == counts


def test_what_died_is_sent_again(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """After the mapping or the event was corrected."""
    capi("send", "-c", str(config), "--once", "--json", lines=[ping(1, event="Bad")])

    assert summary(capi("send", "-c", str(config), "--once", "--json", lines=[ping(1, event="Bad")])) == (
        1,
        0,
    )


def test_an_outbox_that_cannot_remember_says_so(capi: Any, config: Path, ping: Any, install: Any) -> None:
    """Instead of sending everything twice."""

    def make(path: str) -> Any:
        outbox = SqliteOutbox(path)
        names = [name for name in dir(Outbox) if not name.startswith("_")]
        return SimpleNamespace(**{name: getattr(outbox, name) for name in names})

    install("forgetful", capi_outboxes=[OutboxFactory(name="forgetful", make=make)])
    config.write_text(f'{config.read_text()}[outbox]\ntype = "forgetful"\npath = "x"\n', encoding="utf-8")
    result = capi("send", "-c", str(config), "--once", lines=[ping(1)])

    assert result.status == 2
    assert "this type of outbox doesn't remember what was put, so --once can't be used" in result.err
