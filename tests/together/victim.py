"""One short life of a program that sends through the client to the sandbox; it is meant to die by kill -9.

Arguments: the configuration, a file for the ids of accepted events, a name for this life, and how it dies:
``moment`` (somebody else kills it), or ``statement``, ``request``, ``answer``, ``accepted`` and after how many of them.
"""

import os
import signal
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from attrs import evolve

from capi_actions import Client, Plugins, Request, Response
from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.config import load_config
from capi_actions.delivery import Deliverer, Options
from capi_actions.runtime import Runtime

OPTIONS = Options(workers=2, lease=1.0, initial_wait=0.02, max_wait=0.1, linger=0.0, poll_interval=0.01)
_BACKLOG = 200


def die() -> None:
    """End as in a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Dies when it was called so often."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, *_: object) -> None:
        """Count one."""
        self.left -= 1
        if self.left == 0:
            die()


class MortalTransport(Urllib3Transport):
    """Dies before it sends a request, or when it has the answer but nobody knows yet."""

    def __init__(self, before: Countdown, after: Countdown) -> None:
        super().__init__()
        self._before, self._after = before, after

    def send(self, request: Request) -> Response:
        """Send unless it is time to die."""
        self._before()
        response = super().send(request)
        self._after()
        return response


def open_client(config: Path, way: str, count: int) -> Client:
    """Open everything as usual, but with short waits and with what dies in its place."""
    never = Countdown(0)
    deadly = Countdown(count)
    if way == "statement":
        connect = sqlite3.connect

        def mortal(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)
            connection.set_trace_callback(deadly)  # called just before each statement, COMMIT included
            return connection

        sqlite3.connect = mortal  # type: ignore[assignment]
    plugins = Plugins.installed()
    usual = Runtime.open(load_config(config, plugins), plugins)
    transport = MortalTransport(deadly if way == "request" else never, deadly if way == "answer" else never)
    deliverer = Deliverer(usual.outbox, usual.destinations, transport, options=OPTIONS)
    return Client(evolve(usual, transport=transport, deliverer=deliverer))


def main(config: str, accepted: str, name: str, way: str, count: str) -> None:
    """Send until killed."""
    random = Random(name)
    log = os.open(accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    print("alive", flush=True)
    client = open_client(Path(config), way, int(count))
    accepted_one = Countdown(int(count) if way == "accepted" else 0)
    for batch in range(10**9):
        ids = [f"{name}-{batch}-{number}" for number in range(random.randint(1, 15))]
        receipts = client.send_many(
            {
                "type": "track",
                "event": "Order Completed",
                "messageId": message_id,
                "timestamp": datetime.now(UTC).isoformat(),
                "userId": f"user {message_id}",
                "context": {"userAgent": "Mozilla/5.0", "page": {"url": "https://shop.example/thanks"}},
                "properties": {"revenue": random.random(), "currency": "EUR"},
            }
            for message_id in ids
        )
        assert all(len(receipt.accepted) == 1 for receipt in receipts)
        os.write(log, "".join(f"{message_id}\n" for message_id in ids).encode())
        accepted_one()
        while sum(stats.undelivered for stats in client._runtime.outbox.stats().values()) > _BACKLOG:
            time.sleep(0.001)  # else the test's end takes long


if __name__ == "__main__":
    main(*sys.argv[1:])
