"""Hints can be pasted into a shell as they are, and counts say what other processes have to do with them."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.cli.ingest import IngestStats
from capi_actions.cli.summary import settled_elsewhere, summary_record, summary_table
from capi_actions.delivery import Summary
from capi_actions.model import Judgement, Stats, Verdict


@pytest.fixture
def odd_config(config: Path) -> Path:
    """A configuration in a folder whose name a shell would split."""
    folder = config.parent / "my shop's"
    folder.mkdir()
    text = config.read_text().replace("[destinations.main]", '[destinations."my shop"]')
    (folder / "capi.toml").write_text(text, encoding="utf-8")
    return folder / "capi.toml"


def pasted(text: str) -> list[list[str]]:
    """Return the commands in a text whose lines were not wrapped, as a shell would read them."""
    return [shlex.split(match) for match in re.findall(r"capi (?:outbox|deliver)[^`;│\n]*", text)]


def test_hints_name_the_configuration_that_was_given(
    capi: Any, odd_config: Path, acme_server: Any, ping: Any
) -> None:
    """Without it they would speak of another outbox, or of none."""
    acme_server.status = 401
    given = ("-c", str(odd_config))
    sent = capi("send", *given, "--wait", "0", lines=[ping(1)], columns=400)
    stats = capi("outbox", "stats", *given, columns=400)
    resumed = capi("outbox", "resume", "my shop", *given)

    config = ["--config", str(odd_config)]
    assert ["capi", "outbox", "resume", "my shop", *config] in pasted(sent.err)
    assert ["capi", "outbox", "resume", "my shop", *config] in pasted(stats.out)
    assert pasted(resumed.err) == [["capi", "deliver", *config]]


def test_hints_are_short_where_nothing_was_given(
    capi: Any, config: Path, acme_server: Any, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default needs no name, and a variable of the environment holds for the next command, too."""
    acme_server.status = 401
    monkeypatch.setenv("CAPI_CONFIG", str(config))
    sent = capi("send", "--wait", "0", lines=[ping(1)], columns=400)

    assert ["capi", "outbox", "resume", "main"] in [command[:4] for command in pasted(sent.err)]
    assert "--config" not in sent.err


def test_stats_say_until_when_items_are_leased(capi: Any, config: Path, ping: Any) -> None:
    """After a crash that is how long they wait; and then they are sent again."""
    from time import time

    now = time()
    capi("preview", "-c", str(config), lines=[ping(1)])
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        from capi_actions import Item

        outbox.put([Item("main", "acme.ping", "m", "e", int(now), int(now) + 900, "", b"{}")])
        assert outbox.claim("main", 1, 1000, 60, now) is not None
    (record,) = capi("outbox", "stats", "-c", str(config), "--json").lines
    table = " ".join(capi("outbox", "stats", "-c", str(config), columns=200).out.split())

    assert (1, now + 60) == (record["leased"], record["leased_until"])
    assert "main: what is in flight is leased until 20" in table
    assert "if its sender has ended, it is sent again then" in table


def test_a_pause_shows_the_platform_s_own_words(capi: Any, config: Path) -> None:
    """With the id that its support asks for."""
    judgement = Judgement(
        verdict=Verdict.PAUSE,
        code=190,
        reason="It is over.",
        platform_message="Session has expired",
        platform_field="access_token",
        trace_id="AbC",
    )
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        outbox.pause("main", judgement, 5.0)
    (record,) = capi("outbox", "stats", "-c", str(config), "--json").lines
    words = " ".join(capi("outbox", "stats", "-c", str(config)).out.split())

    paused = record["paused"]
    assert (
        paused["platform_message"],
        paused["platform_field"],
        paused["trace_id"],
    ) == ("Session has expired", "access_token", "AbC")
    assert 'The platform said: "Session has expired" (field access_token; trace id AbC)' in words


@pytest.mark.parametrize(
    ("stored", "delivered", "buried", "waiting", "elsewhere"),
    [(10, 10, 0, 0, 0), (10, 4, 1, 0, 5), (10, 0, 0, 10, 0), (10, 30, 0, 0, 0), (10, 2, 0, 3, 5)],
)
def test_what_another_process_settled_is_counted(
    capi: Any, stored: int, delivered: int, buried: int, waiting: int, elsewhere: int
) -> None:
    """Else 10 stored and 4 delivered would look like a loss."""
    ingested, summary = IngestStats(stored=stored), Summary(delivered=delivered, buried=buried)
    stats = {"main": Stats(waiting=waiting)}

    assert elsewhere == settled_elsewhere(ingested, summary, stats)
    assert elsewhere == summary_record(ingested, summary, stats)["settled_elsewhere"]
    assert "settled_elsewhere" not in summary_record(None, summary, stats)
    cells = [str(text) for text in summary_table(ingested, summary, stats, ["main"]).columns[0].cells]
    assert ("through another process" in cells) is (elsewhere > 0)
