"""`capi serve` as a process: delivery to the sandbox, stops, kills, several at once.

``CAPI_KILLS`` is how often a server is killed: 5 times in a normal run, 200 in ``nox -s chaos``.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Sandbox
from support.serving import ServerProcess, running_server

KEY = "0123456789abcdef-together"
PATIENCE = 120.0  # seconds
SENDERS = 4


@pytest.fixture
def served(config: Path) -> Path:
    """A configuration with one quick mapping and a write key."""
    text = config.read_text(encoding="utf-8")
    mappings = 'mappings = [{ action = "facebook.purchase" }]\n'
    server = f'[server]\nshutdown_seconds = 20.0\n[server.keys.test]\nkey = "{KEY}"\n'
    config.write_text(text + mappings + server, encoding="utf-8")
    return config


def order(number: object) -> dict[str, Any]:
    """Return an event whose id says which it is."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"order-{number}",
        "userId": "u-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"total": 12.5, "currency": "EUR", "order_id": str(number)},
    }


class Sender:
    """Sends events to a server over one connection.

    :ivar accepted: ids of the events that were answered with 200.
    """

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(60))

    def send(self, url: str, event: dict[str, Any]) -> int:
        """Send an event and return the status.

        :raises urllib3.exceptions.HTTPError: when no answer comes.
        """
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        answer = self._pool.request("POST", f"{url}/v1/track", body=json.dumps(event), headers=headers)
        if answer.status == 200:
            self.accepted.add(event["messageId"])
        return answer.status


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so; a busy machine takes long."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ids(sandbox: Sandbox) -> set[str]:
    """Return the ids of the events that have arrived."""
    return {stored["event"]["event_id"] for stored in sandbox.events()}


def test_an_event_goes_from_a_request_to_meta(served: Path, sandbox: Sandbox) -> None:
    """By one command; SIGTERM ends it with status 0."""
    sender = Sender()
    with running_server(served) as server:
        assert 200 == sender.send(server.url, order(1))
        wait_for(lambda: ids(sandbox) == {"order-1"})
        server.terminate()
        assert 0 == server.wait()


def test_what_is_left_at_a_stop_is_delivered_by_the_next_server(served: Path, sandbox: Sandbox) -> None:
    """Nothing is lost in between."""
    sender = Sender()
    with running_server(served, "--no-deliver") as server:
        for number in range(3):
            assert 200 == sender.send(server.url, order(number))
        server.terminate()
        assert 0 == server.wait()
    assert ids(sandbox) == set()
    with running_server(served):
        wait_for(lambda: ids(sandbox) == sender.accepted)


def test_several_servers_share_an_outbox(served: Path, sandbox: Sandbox) -> None:
    """Each event arrives once, whoever took it and whoever delivers it."""
    sender = Sender()
    with running_server(served) as one, running_server(served) as other:
        for number, server in zip(range(20), [one, other] * 10, strict=True):
            assert 200 == sender.send(server.url, order(number))
        wait_for(lambda: ids(sandbox) == sender.accepted)

    assert 20 == sandbox.counts()["events"]


@pytest.mark.soak
def test_a_killed_server_has_stored_all_that_it_accepted(
    served: Path, sandbox: Sandbox, capi: Callable[..., Any]
) -> None:
    """kill -9 at random moments under load: what was answered with 200 arrives."""
    kills = int(os.environ.get("CAPI_KILLS", "5"))
    random, numbers = Random(7), count()
    accepted: set[str] = set()
    for _ in range(kills):
        accepted |= kill_under_load(ServerProcess(served), numbers, random.uniform(0.0, 0.15))
    result = capi("deliver", "--config", str(served), "--wait", str(PATIENCE), "--json")

    arrived = ids(sandbox)
    print(f"\n{kills} kills: {len(accepted)} events answered with 200, {len(arrived)} arrived")
    assert 0 == result.status
    assert len(accepted) >= kills
    assert accepted <= arrived


def kill_under_load(server: ServerProcess, numbers: Iterator[int], seconds: float) -> set[str]:
    """Send from several threads, kill the server some time after the first answer, and return what was accepted."""
    answered = threading.Event()

    def send() -> set[str]:
        sender = Sender()
        try:
            while sender.send(server.url, order(next(numbers))) == 200:
                answered.set()
        except urllib3.exceptions.HTTPError:  # it was killed
            pass
        answered.set()
        return sender.accepted

    with ThreadPoolExecutor(SENDERS) as threads:
        sending = [threads.submit(send) for _ in range(SENDERS)]
        assert answered.wait(PATIENCE)
        time.sleep(seconds)
        server.kill()
        return set().union(*(future.result() for future in sending))
