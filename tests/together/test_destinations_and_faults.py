"""Several destinations for one event, and the client in bad weather."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Client
from capi_actions_sandbox import Sandbox, SandboxOptions

TWO = """
[destinations.shop]
type = "facebook"
pixel_id = "111"
access_token = "sesame"
base_url = "{url}"

[destinations.partner]
type = "facebook"
pixel_id = "222"
access_token = "sesame"
base_url = "{url}"

[[destinations.partner.mappings]]
action = "facebook.custom"
trigger = 'event = "Order Completed" and properties.revenue >= 10'
mapping = {{ event_name = "BigOrder", custom_data = {{ worth = {{ "@path" = "$.properties.revenue" }} }} }}
"""


@pytest.fixture
def two(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Two pixels, each with mappings of its own."""
    path = tmp_path / "capi.toml"
    path.write_text(TWO.format(url=sandbox.url), encoding="utf-8")
    return path


def arrived(sandbox: Sandbox, pixel: str) -> dict[str, str]:
    """Ids and names of the events of one pixel."""
    return {
        record["event"]["event_id"]: record["event"]["event_name"] for record in sandbox.events(pixel=pixel)
    }


def test_each_destination_maps_an_event_its_own_way(
    two: Path, sandbox: Sandbox, order: Any, capi: Any
) -> None:
    """One event becomes two items, of different actions, for different pixels."""
    events = [order(0), order(1, revenue=5)]
    result = capi("send", "--config", str(two), "--json", lines=events)

    assert result.status == 0
    assert result.lines[-1]["summary"]["stored"] == 3
    assert arrived(sandbox, "111") == {"order-000000": "Purchase", "order-000001": "Purchase"}
    assert arrived(sandbox, "222") == {"order-000000": "BigOrder"}


def test_a_dead_token_pauses_its_destination_and_no_other(
    two: Path, sandbox: Sandbox, order: Any, capi: Any
) -> None:
    """Its items wait; after a person has acted, they arrive."""
    arguments = ("--config", str(two), "--json")
    sandbox.fault('dead_token,pixel="111"')
    result = capi("send", *arguments, lines=[order(number) for number in range(50)])
    partner, shop = (
        capi("outbox", "stats", *arguments).lines[-1:],
        capi("outbox", "stats", *arguments).lines[0],
    )

    assert result.status == 1
    assert len(arrived(sandbox, "222")) == 50
    assert arrived(sandbox, "111") == {}
    assert list(result.lines[-1]["summary"]["paused"]) == ["shop"]
    assert partner == [shop]
    assert (shop["destination"], shop["waiting"], shop["dead"]) == ("shop", 50, 0)
    assert "access token" in shop["paused"]["reason"]
    sandbox.clear()
    assert capi("deliver", *arguments).status == 1
    assert sandbox.requests() == []
    assert capi("outbox", "resume", "shop", "--config", str(two)).status == 0
    assert capi("deliver", *arguments).status == 0
    assert len(arrived(sandbox, "111")) == 50


@pytest.mark.parametrize(
    ("fault", "key"),
    [("code=190,subcode=463", "paused"), ("code=100,subcode=2804003", "buried")],
)
def test_an_error_counts_even_when_the_status_says_success(
    config: Path, sandbox: Sandbox, order: Any, capi: Any, fault: str, key: str
) -> None:
    """Meta's status isn't reliable: what an error object refuses was not delivered."""
    sandbox.fault(f"{fault},status=200")
    result = capi("send", "--config", str(config), "--wait", "0", "--json", lines=[order(0)])
    summary = result.lines[-1]["summary"]

    assert (result.status, summary["delivered"], sandbox.events()) == (1, 0, [])
    assert summary[key]


def test_a_refusal_by_one_action_leaves_the_other_s_item_alone(
    two: Path, sandbox: Sandbox, order: Any
) -> None:
    """The receipt says both."""
    with Client.from_config(two) as client:
        receipt = client.send(order(0, currency=None))
        assert client.flush(timeout=60)

    assert [item.destination for item in receipt.accepted] == ["partner"]
    assert [refusal.destination for refusal in receipt.refused] == ["shop"]
    assert (arrived(sandbox, "111"), len(arrived(sandbox, "222"))) == ({}, 1)


@pytest.mark.parametrize("fault", ["html502", "half", "lost", "code=4,retry_after=1"])
def test_background_delivery_goes_on_after_a_fault(
    config: Path, sandbox: Sandbox, order: Any, ids: Any, wait_for: Any, fault: str
) -> None:
    """Nobody has to do anything; what may have arrived is repeated with the same id."""
    sandbox.fault(fault)
    with Client.from_config(config) as client:
        client.send_many(order(number) for number in range(20))
        wait_for(lambda: len(set(ids(sandbox))) == 20)
        client.send(order(20))
        wait_for(lambda: len(set(ids(sandbox))) == 21)
        assert client.dead_letters() == []

    assert any(request["fault"] for request in sandbox.requests())


def test_many_threads_and_tasks_share_one_client(
    config: Path, sandbox: Sandbox, order: Any, ids: Any, wait_for: Any
) -> None:
    """In a server with both; while the platform stumbles now and then."""
    sandbox.fault("html502,rate=0.3,times=5")
    with Client.from_config(config) as client:
        ready = threading.Barrier(100)

        def work(number: int) -> int:
            ready.wait()
            return len(client.send(order(number)).accepted)

        async def tasks() -> int:
            receipts = await asyncio.gather(*(client.asend(order(number)) for number in range(100, 200)))
            return sum(len(receipt.accepted) for receipt in receipts)

        with ThreadPoolExecutor(101) as threads:
            sent = threads.map(work, range(100))
            assert asyncio.run(tasks()) == 100
            assert sum(sent) == 100
        wait_for(
            lambda: len(set(ids(sandbox))) == 200
        )  # after some failures in a row, it takes half a minute

    assert sorted(set(ids(sandbox))) == [f"order-{number:06}" for number in range(200)]


def test_a_loop_goes_on_while_the_client_sends(config: Path, sandbox: Sandbox, order: Any) -> None:
    """Every wait for the disk is in a thread: between two of them other tasks have their turns."""
    turns: list[int] = []

    async def other(stop: Callable[[], bool]) -> None:
        while not stop():
            turns.append(0)
            await asyncio.sleep(0)

    async def run(client: Client) -> None:
        done: list[bool] = []
        beside = asyncio.create_task(other(lambda: bool(done)))
        for number in range(20):
            before = len(turns)
            await client.asend(order(number))
            assert len(turns) > before
        done.append(True)
        await beside

    with Client.from_config(config, deliver=False) as client:
        asyncio.run(run(client))


def test_a_tls_address_that_speaks_no_tls_and_a_dead_port_are_told_in_words(
    config: Path, sandbox: Sandbox, order: Any, capi: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What a firewall or a wrong base_url looks like; the items wait."""
    for url in (sandbox.url.replace("http:", "https:"), "http://127.0.0.1:9"):
        text = config.read_text(encoding="utf-8").replace(sandbox.url, url)
        other = config.with_name("other.toml")
        other.write_text(f'{text}[outbox]\npath = "{len(url)}.sqlite3"\n', encoding="utf-8")
        result = capi("send", "--config", str(other), "--wait", "0", "--json", lines=[order(0)])
        assert (result.status, result.lines[-1]["summary"]["waiting"]) == (1, 1)
    said = [record.getMessage() for record in caplog.records if record.name == "capi_actions.delivery"]

    assert any("no secure connection to 127.0.0.1 was established" in message for message in said)
    assert any("127.0.0.1 accepted no connection: Connection refused" in message for message in said)
    assert "sesame" not in json.dumps(said)


def test_a_sandbox_of_one_pixel_refuses_the_other(two: Path, order: Any, capi: Any) -> None:
    """A misspelt pixel id pauses its destination; the other goes on."""
    with Sandbox(SandboxOptions.strict(pixels=["222"], last_days={})) as half:
        text = two.read_text(encoding="utf-8")
        two.write_text(
            "\n".join(
                f'base_url = "{half.url}"' if "base_url" in line else line for line in text.splitlines()
            )
        )
        result = capi("send", "--config", str(two), "--json", lines=[order(0)])

        assert list(result.lines[-1]["summary"]["paused"]) == ["shop"]
        assert len(arrived(half, "222")) == 1
