"""One bad event among a thousand: it is set aside with the reason, the others arrive in the same run."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import pytest

from capi_actions import Client, Plugins, Request, Response
from capi_actions.config import load_config
from capi_actions.runtime import Runtime
from capi_actions_sandbox import Sandbox, SandboxOptions

TOO_LONG = "x" * 301  # the picky sandbox's limit is 300, which our own checks know nothing of
BAD = 637


@pytest.fixture
def thousand(order: Callable[..., Any]) -> list[Any]:
    """A thousand orders, of which one is bad in a way that nobody could know."""
    return [order(number, **({"order_id": TOO_LONG} if number == BAD else {})) for number in range(1_000)]


def summary(result: Any) -> Any:
    """Give the summary of a run."""
    return result.lines[-1]["summary"]


def test_999_of_1000_arrive_in_the_same_run(
    picky_config: Path, picky_sandbox: Sandbox, thousand: list[Any], capi: Any, ids: Any
) -> None:
    """The bad one becomes a dead letter with Meta's numbers, a reason and advice."""
    config = str(picky_config)
    result = capi("send", "--config", config, "--json", lines=thousand)
    (letter,) = capi("outbox", "dead", "--config", config, "--json").lines
    good = [event["messageId"] for event in thousand if event["messageId"] != f"order-{BAD:06}"]

    assert result.status == 1
    assert (summary(result)["delivered"], summary(result)["buried"], summary(result)["waiting"]) == (
        999,
        1,
        0,
    )
    assert summary(result)["requests"] <= 2 * 10 + 5  # 2·log₂ 1,000 more, and some as the outbox filled
    assert ids(picky_sandbox) == good
    assert letter["message_id"] == letter["event_id"] == f"order-{BAD:06}"
    assert (letter["code"], letter["subcode"]) == (100, 2804019)
    assert letter["reason"].endswith(".")
    assert letter["advice"].endswith(".")
    assert letter["tries"] > 1
    assert (letter["destination"], letter["action"]) == ("shop", "facebook.purchase")


def test_the_client_sets_it_aside_too(
    picky_config: Path, picky_sandbox: Sandbox, thousand: list[Any], ids: Any
) -> None:
    """And tells about it."""
    with Client.from_config(picky_config) as client:
        receipts = client.send_many(thousand)
        assert client.flush(timeout=60)
        (letter,) = client.dead_letters()

    assert all(receipt.accepted for receipt in receipts)
    assert letter.item.event_id == f"order-{BAD:06}"
    assert len(ids(picky_sandbox)) == 999


def test_the_dead_letter_can_be_seen_exported_mended_and_replayed(
    picky_config: Path, picky_sandbox: Sandbox, thousand: list[Any], capi: Any, ids: Any
) -> None:
    """Replaying before anything is mended brings it back; afterwards it arrives, with the same id."""
    arguments = ("--config", str(picky_config))
    capi("send", *arguments, lines=thousand)
    (exported,) = capi("outbox", "export", *arguments).lines
    shown = " ".join(capi("outbox", "dead", *arguments).out.replace("│", " ").split())
    again = capi("outbox", "replay", "--subcode", "2804019", "--json", *arguments)
    still_bad = capi("deliver", "--json", *arguments)

    assert exported["item"]["custom_data"]["order_id"] == TOO_LONG
    assert exported["item"]["user_data"]["external_id"] != ["user-637"]
    assert "order-000637" in shown
    assert "100/2804019" in shown
    assert again.lines == [{"moved": 1, "expired": 0}]
    assert (still_bad.status, summary(still_bad)["buried"]) == (1, 1)

    with Sandbox(SandboxOptions(last_days={})) as mended:
        text = picky_config.read_text(encoding="utf-8").replace(picky_sandbox.url, mended.url)
        picky_config.write_text(text, encoding="utf-8")
        capi("outbox", "replay", "--all", *arguments)
        assert capi("deliver", *arguments).status == 0
        assert ids(mended) == [f"order-{BAD:06}"]
    assert capi("outbox", "stats", "--json", *arguments).lines == []


def test_expired_letters_are_not_replayed(picky_config: Path, thousand: list[Any], capi: Any) -> None:
    """Meta would refuse them; dating them anew would be a lie.  Purging is what is left."""
    arguments = ("--config", str(picky_config))
    capi("send", *arguments, lines=thousand[BAD:])
    file = picky_config.with_name("capi-outbox.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None)) as outbox:
        outbox.execute("UPDATE item SET deadline = 1000")  # as if a week had passed
    replayed = capi("outbox", "replay", "--all", *arguments)

    assert "0 dead letters queued again; 1 skipped: past the deadline" in replayed.err
    assert capi("outbox", "purge", "--destination", "shop", *arguments).err == "1 dead letter deleted.\n"
    assert capi("outbox", "stats", "--json", *arguments).lines == []


def test_ten_bad_ones_are_all_found(
    picky_config: Path, picky_sandbox: Sandbox, order: Any, capi: Any, ids: Any
) -> None:
    """In one batch; the number of requests stays bounded."""
    events = [
        order(number, **({"order_id": TOO_LONG} if number % 100 == 42 else {})) for number in range(1_000)
    ]
    picky_sandbox.fault("throttled")  # so that all wait in the outbox, and go in one batch
    arguments = ("--config", str(picky_config), "--json")
    capi("send", "--wait", "0", *arguments, lines=events)
    with closing(
        sqlite3.connect(picky_config.with_name("capi-outbox.sqlite3"), isolation_level=None)
    ) as outbox:
        outbox.execute("UPDATE destination_state SET backoff_until = 0")
        outbox.execute("UPDATE delayed SET run_at = 0")
    result = capi("deliver", *arguments)

    assert (summary(result)["delivered"], summary(result)["buried"]) == (990, 10)
    assert summary(result)["requests"] <= 10 * 2 * 10
    assert len(ids(picky_sandbox)) == 990
    assert {letter["subcode"] for letter in capi("outbox", "dead", *arguments).lines} == {2804019}


def test_a_bad_event_of_one_group_costs_no_other(
    picky_config: Path, picky_sandbox: Sandbox, order: Any, capi: Any
) -> None:
    """Test events go in requests of their own, and so do their refusals."""
    text = picky_config.read_text(encoding="utf-8")
    mapping = '[[destinations.shop.mappings]]\naction = "facebook.purchase"\n'
    mapping += 'mapping = { test_event_code = { "@path" = "$.properties.code" } }\n'
    picky_config.write_text(text + mapping, encoding="utf-8")
    events = [
        order(0, code="TEST1", order_id=TOO_LONG),
        order(1, code="TEST1"),
        order(2, code="TEST2"),
        order(3),
    ]
    result = capi("send", "--config", str(picky_config), "--json", lines=events)

    assert (summary(result)["delivered"], summary(result)["buried"]) == (3, 1)
    assert {record["event"]["event_id"]: record["test_event_code"] for record in picky_sandbox.events()} == {
        "order-000001": "TEST1",
        "order-000002": "TEST2",
        "order-000003": None,
    }
    assert json.dumps(picky_sandbox.requests()).count('"stored": true') == 3


def test_what_delivery_is_configured_to_do_it_does(
    config: Path, sandbox: Sandbox, order: Callable[..., Any], capi: Any, ids: Any
) -> None:
    """Sends an event again without the field that Meta named, and forgets dead letters after their time."""
    config.write_text(
        config.read_text(encoding="utf-8")
        + "[delivery]\ndrop_refused_field = true\nworkers = 3\nkeep_dead_days = 1\n",
        encoding="utf-8",
    )
    sandbox.fault("code=100,subcode=2804001")
    fbc = f"fb.1.{time() * 1000:.0f}.AbC"
    result = capi(
        "send", "--config", str(config), "--json", lines=[order(0, fbc=fbc, fbp="fb.1.1796008738000.2")]
    )
    sandbox.fault("code=100,subcode=2804003,times=2")
    capi("send", "--config", str(config), lines=[order(1)])
    with closing(sqlite3.connect(config.with_name("capi-outbox.sqlite3"))) as outbox, outbox:
        outbox.execute("UPDATE dead SET buried_at = buried_at - 86000")
    capi("deliver", "--config", str(config))
    kept = capi("outbox", "dead", "--config", str(config), "--json").lines
    with closing(sqlite3.connect(config.with_name("capi-outbox.sqlite3"))) as outbox, outbox:
        outbox.execute("UPDATE dead SET buried_at = buried_at - 500")
    capi("deliver", "--config", str(config))

    assert (summary(result)["repaired"], summary(result)["buried"]) == (1, 0)
    assert ids(sandbox) == ["order-000000"]
    assert "fbc" not in sandbox.events()[0]["event"]["user_data"]
    assert sandbox.events()[0]["event"]["user_data"]["fbp"] == "fb.1.1796008738000.2"
    assert len(kept) == 1
    assert capi("outbox", "dead", "--config", str(config), "--json").lines == []


def test_as_many_workers_send_as_the_configuration_says(
    config: Path, sandbox: Sandbox, order: Callable[..., Any], plugins: Plugins
) -> None:
    """Here none of three requests goes out before all three are under way."""
    config.write_text(config.read_text(encoding="utf-8") + "[delivery]\nworkers = 3\n", encoding="utf-8")
    with Client.from_config(config, deliver=False) as client:
        client.send_many(order(number) for number in range(2_500))
    together = threading.Barrier(3, timeout=60)
    with Runtime.open(load_config(config, plugins), plugins) as runtime:
        send = runtime.transport.send

        def wait_for_the_others(request: Request) -> Response:
            together.wait()
            return send(request)

        runtime.transport.send = wait_for_the_others  # type: ignore[method-assign]
        assert runtime.deliverer.drain().delivered == 2_500
    assert sandbox.counts()["requests"] == 3
