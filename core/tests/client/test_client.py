"""The client: what was accepted is on disk; the receipt says what isn't; no unexpected exceptions."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Any

import pytest

from capi_actions import (
    Client,
    ConfigError,
    Incident,
    IncidentKind,
    OutboxError,
    Plugins,
    Problem,
    check_config,
    load_config,
)
from capi_actions.builtin.outbox import SqliteOutbox


def held(config: Path) -> int:
    """Count what the outbox holds undelivered, through a connection of its own."""
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        return sum(stats.undelivered for stats in outbox.stats().values())


@pytest.fixture
def client(config: Path) -> Iterator[Client]:
    """A client that only stores."""
    with Client.from_config(config, deliver=False) as client:
        yield client


def test_what_is_accepted_is_on_disk_when_send_returns(client: Client, config: Path, ping: Any) -> None:
    """As another process sees it."""
    receipt = client.send(ping(1))

    assert (receipt.matched, receipt.refused, receipt.problem) == (True, [], None)
    assert [item.message_id for item in receipt.accepted] == ["m1"]
    assert held(config) == 1


def test_what_can_not_be_sent_is_in_the_receipt(client: Client, config: Path, ping: Any) -> None:
    """Nothing raises into the caller's checkout page, whatever the event."""
    refused = client.send(ping(1, timestamp=5))
    crashed = client.send(ping(2, event="Crash"))
    unmatched = client.send({"type": "page"})
    strange: list[Any] = [None, 5, "x", b"{}", [], {}, {"type": "trak"}, ping]
    problems = [client.send(event).problem for event in strange]

    assert refused.matched
    assert [
        (refusal.message_id, refusal.error.path, refusal.error.problems[0].code)
        for refusal in refused.refused
    ] == [("m1", "$.time", 7)]
    assert crashed.refused[0].error.__cause__ is crashed.refused[0].error.__context__ is None
    assert not unmatched.matched
    assert unmatched.problem is None
    assert all(problems)
    assert "an event must be a JSON object, but this is a Python bytes" in str(problems[3])
    assert held(config) == 0


def test_several_events_share_a_commit_and_keep_their_order(client: Client, config: Path, ping: Any) -> None:
    """A receipt for each, also for those that are none; any iterable will do."""
    receipts = client.send_many(ping(number) if number % 3 else None for number in range(9))

    assert [len(receipt.accepted) for receipt in receipts] == [0, 1, 1] * 3
    assert [receipt.problem is None for receipt in receipts] == [False, True, True] * 3
    assert held(config) == 6
    assert client.send_many([]) == []


@pytest.mark.parametrize(
    "event", [{"type": "page"}, MappingProxyType({"type": "page"}), '{"type": "page"}', b"{}"]
)
def test_a_single_event_is_no_list_of_events(client: Client, event: Any) -> None:
    """Its keys would be refused as events, one by one, and nobody who doesn't look at receipts would notice."""
    with pytest.raises(TypeError, match=r"takes a list of events, .*; send\(\) takes one"):
        client.send_many(event)


def test_a_hundred_threads_lose_nothing(config: Path, acme_server: Any, ping: Any) -> None:
    """Each sends; all is delivered in the background, once."""
    with Client.from_config(config) as client:
        ready = threading.Barrier(100)

        def work(thread: int) -> int:
            ready.wait()
            receipts = [client.send(ping(messageId=f"{thread}-{number}")) for number in range(3)]
            return sum(len(receipt.accepted) for receipt in receipts)

        with ThreadPoolExecutor(100) as threads:
            accepted = sum(threads.map(work, range(100)))
        assert client.flush(timeout=60)

    assert accepted == 300
    assert sorted(item["id"] for item in acme_server.taken) == sorted(
        f"{thread}-{number}" for thread in range(100) for number in range(3)
    )


def test_flush_waits_for_what_can_be_delivered_and_for_nothing_else(
    config: Path, acme_server: Any, ping: Any
) -> None:
    """A paused destination may stay so for days."""
    acme_server.status = 401
    with Client.from_config(config) as client:
        client.send(ping(1))
        assert client.flush(timeout=60)
        assert client.flush()
    assert (acme_server.taken, held(config)) == ([], 1)


def test_flush_waits_until_outcomes_are_reported(config: Path, acme_server: Any, ping: Any) -> None:
    """What was settled in the outbox counts only once a program could know of it, however slow its callback is."""
    incidents: list[Incident] = []

    def alert(incident: Incident) -> None:
        sleep(0.3)
        incidents.append(incident)

    acme_server.status = 401
    with Client.from_config(config, on_problem=alert) as client:
        client.send(ping(1))
        assert client.flush(timeout=60)

        assert [incident.kind for incident in incidents] == [IncidentKind.PAUSED]


def test_flush_gives_up_when_its_time_is_up(client: Client, ping: Any) -> None:
    """Here nobody delivers."""
    assert client.flush(timeout=0)
    client.send(ping())

    assert not client.flush(timeout=0)
    assert not client.flush(timeout=0.05)


def test_flush_counts_no_items_while_some_can_be_sent(client: Client, ping: Any) -> None:
    """Counting a million takes a fifth of a second, in which nobody can put; and it would change nothing."""
    client.send_many([ping(1), ping(2)])
    outbox = client._runtime.outbox
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "stats", lambda: pytest.fail("the items were counted"))

        assert not client.flush(timeout=0.1)


def test_flush_does_not_wait_for_destinations_that_are_gone(
    client: Client, config: Path, ping: Any, acme_server: Any
) -> None:
    """Their items can't be delivered until somebody configures them again."""
    client.send(ping())
    client.close()
    config.write_text(
        config.read_text().replace("destinations.main", "destinations.renamed"), encoding="utf-8"
    )
    with Client.from_config(config) as renamed:
        assert renamed.flush(timeout=60)

    assert (acme_server.taken, held(config)) == ([], 1)


def test_flush_waits_out_a_short_back_off_between_batches(config: Path, acme_server: Any, ping: Any) -> None:
    """A platform that feels busy asks for a second or two after each request; it still takes everything."""
    acme_server.after = 0.2
    with Client.from_config(config) as client:
        client.send_many(map(ping, range(30)))
        assert client.flush(timeout=60)

        assert len(acme_server.taken) == 30


def test_flush_waits_for_items_in_flight(client: Client, config: Path, ping: Any) -> None:
    """In another thread or process; its outcome isn't known yet, whatever the destination's state."""
    from time import time

    client.send(ping())
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        claim = outbox.claim("main", 1, 1_000_000, 60, time())
        assert claim is not None
        outbox.back_off("main", time() + 3_600)
        assert not client.flush(timeout=0.1)
        outbox.acknowledge(claim.lease, [item.id for item in claim.items])

    assert client.flush(timeout=60)


def test_flush_does_not_wait_out_a_throttling(client: Client, config: Path, ping: Any) -> None:
    """That may take an hour; and then it is the platform's wish."""
    from time import time

    client.send(ping())
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        outbox.back_off("main", time() + 3_600)

    assert client.flush(timeout=60)


def test_what_is_left_goes_out_the_next_time(config: Path, acme_server: Any, ping: Any) -> None:
    """Closing loses nothing."""
    acme_server.status = 503
    with Client.from_config(config) as client:
        client.send_many(map(ping, range(5)))
    assert held(config) == 5
    acme_server.status = None
    with Client.from_config(config) as client:
        while len(acme_server.taken) < 5:  # what waits for a later try isn't flushed
            client.flush(timeout=1)

    assert held(config) == 0


def test_dead_letters_are_listed_with_their_reasons(config: Path, ping: Any) -> None:
    """The good ones beside them have arrived."""
    with Client.from_config(config) as client:
        client.send_many([ping(1), ping(2, event="Bad"), ping(3)])
        assert client.flush(timeout=60)
        (letter,) = client.dead_letters()

    assert (letter.item.message_id, letter.code, letter.subcode) == ("m2", 4, 44)
    assert (letter.reason, letter.advice) == ("It is bad.", "Mend it.")


def test_a_closed_client_refuses_clearly(config: Path, ping: Any) -> None:
    """Closing again is harmless."""
    client = Client.from_config(config)
    client.send(ping())
    client.close()
    client.close()

    for use in (lambda: client.send(ping()), lambda: client.send_many([]), client.flush, client.dead_letters):
        with pytest.raises(OutboxError, match="this client is closed"):
            use()
    with pytest.raises(OutboxError, match="this client is closed"):
        asyncio.run(client.asend(ping()))


def test_a_client_closes_when_its_block_fails(config: Path, ping: Any) -> None:
    """And the error goes on."""
    with pytest.raises(ZeroDivisionError), Client.from_config(config) as client:
        raise ZeroDivisionError
    with pytest.raises(OutboxError, match="closed"):
        client.send(ping())


def test_flush_ends_when_somebody_closes(client: Client, ping: Any) -> None:
    """It would wait for ever."""
    client.send(ping())
    threading.Timer(0.1, client.close).start()

    with pytest.raises(OutboxError, match="closed"):
        client.flush()


def test_trouble_with_the_disk_is_raised_and_nothing_is_accepted(
    client: Client, config: Path, ping: Any
) -> None:
    """Here: another program holds the file locked for longer than the client waits."""
    client.close()
    config.write_text(config.read_text() + "[outbox]\nbusy_seconds = 0.05\n", encoding="utf-8")
    with Client.from_config(config, deliver=False) as impatient:
        other = sqlite3.connect(config.parent / "capi-outbox.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutboxError, match="is kept locked by another process"):
            impatient.send(ping(1))
        other.execute("ROLLBACK")
        other.close()
        assert len(impatient.send(ping(2)).accepted) == 1

    assert held(config) == 1


@pytest.mark.parametrize(("path", "why"), [(".", "can't be opened"), ("capi.toml/x", "can't be opened")])
def test_an_outbox_that_can_not_be_opened_is_an_error_at_once(config: Path, path: str, why: str) -> None:
    """At start, not with the first event.  (Folders without rights don't stop the root user, these do.)"""
    config.write_text(config.read_text() + f'[outbox]\npath = "{path}"\n', encoding="utf-8")

    with pytest.raises(OutboxError, match=why):
        Client.from_config(config)


def test_findings_come_before_anything_is_opened(config: Path) -> None:
    """They are what `capi check` finds; who doesn't like them raises."""
    findings: list[Problem] = []

    def object_to_them(problems: Sequence[Problem]) -> None:
        findings.extend(problems)
        raise RuntimeError("no")

    plugins = Plugins.configured(config)
    loaded = load_config(config, plugins, strict=False)
    with pytest.raises(RuntimeError, match="no"):
        Client.from_config(config, plugins=plugins, config=loaded, on_findings=object_to_them)

    assert check_config(loaded, plugins) == findings
    assert "warning" in {problem.severity for problem in findings}
    assert not (config.parent / "capi-outbox.sqlite3").exists()


@pytest.mark.parametrize("with_findings", [True, False])
def test_errors_of_mappings_are_raised_whoever_gets_the_findings(config: Path, with_findings: bool) -> None:
    """A function that only prints them lets nothing wrong start."""
    wrong = '[[destinations.main.mappings]]\naction = "acme.pong"\n'
    config.write_text(config.read_text() + wrong, encoding="utf-8")
    findings: list[Problem] = []

    with pytest.raises(ConfigError, match=r"there is no action 'acme\.pong'"):
        Client.from_config(config, on_findings=findings.extend if with_findings else None)

    assert with_findings is (
        "$.destinations.main.mappings[0].action" in {problem.path for problem in findings}
    )


def test_a_wrong_configuration_opens_nothing(config: Path) -> None:
    """All that is wrong is in the error, settings and mappings alike."""
    wrong = 'size = "x"\n[[destinations.main.mappings]]\naction = "acme.pong"\n'
    config.write_text(config.read_text() + wrong, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        Client.from_config(str(config))
    assert [problem.path for problem in caught.value.problems] == [
        "$.destinations.main.size",
        "$.destinations.main.mappings[0].action",
    ]
    assert not (config.parent / "capi-outbox.sqlite3").exists()
