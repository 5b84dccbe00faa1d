"""Outbox, delivery and transport together, against a real server that misbehaves; and killed at any moment.

``CAPI_KILLS`` is how often a program is killed: 5 times in a normal run, 15 in ``nox -s soak``, 200 in
``nox -s chaos``.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.delivery import Deliverer

PROGRAM = Path(__file__).with_name("killed_program.py")
PATIENCE = 120.0


class Server(ThreadingHTTPServer):
    """Takes items, unless its mood is to answer 500, to break off, or not to answer at all.

    :ivar arrived: every body that was answered with 200, or would have been, had the answer got through.
    :ivar mood: called before each answer.
    """

    daemon_threads = True

    def __init__(self, mood: Callable[[], str]) -> None:
        self.arrived: dict[str, Counter[str]] = {}
        self.requests = 0
        self.mood = mood
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that a killed client left behind."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    """Refuses a request for items whose id ends with "bad" or "-7-7"."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        items = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests += 1
            mood = self.server.mood()
            bad = any(item["id"].endswith(("bad", "-7-7")) for item in items)
            if mood in ("fine", "dumb", "half") and not bad:
                for item in items:
                    self.server.arrived.setdefault(item["id"], Counter())[json.dumps(item)] += 1
        if mood == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if mood in ("reset", "dumb"):
            self.close_connection = True
            self.connection.close()
            return
        status = 500 if mood == "busy" else 400 if bad else 200
        body = b"<html>Bad Gateway</html>" if mood == "busy" else b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + (100 if mood == "half" else 0)))
        self.end_headers()
        self.wfile.write(body)
        if mood == "half":
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Be quiet."""


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Start servers that take everything, or have moods."""
    servers: list[Server] = []

    def start(mood: Callable[[], str] = lambda: "fine") -> Server:
        servers.append(Server(mood))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def killed_program() -> Any:
    """The program that is killed, as a module."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("killed_program", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_arrives_at_a_server_that_misbehaves(
    make_world: Callable[..., Any], start_server: Callable[..., Server], killed_program: Any
) -> None:
    """Errors, HTML, resets, half answers, and answers that never come, in any order; repeats are equal."""
    random = Random(1)
    moods = ["fine", "fine", "fine", "busy", "reset", "dumb", "half"]
    server = start_server(lambda: random.choice(moods))
    world = make_world()
    world.clock.now = time.time()
    names = [f"{number}" for number in range(100)] + ["one-bad", "two-bad"]
    world.put(*names, text="ü\u2028")
    transport = Urllib3Transport()
    destinations = {"shop": killed_program.Simple(server.url)}
    # A lease that ended while the machine was busy would let a second worker deliver the same items.
    options = evolve(killed_program.OPTIONS, lease=PATIENCE)
    deliverer = Deliverer(world.outbox, destinations, transport, options=options, clock=time.time)

    summary = deliverer.drain(time.time() + PATIENCE)
    transport.close()

    assert (summary.delivered, summary.buried) == (100, 2)
    assert set(world.dead()) == {"one-bad", "two-bad"}
    assert set(server.arrived) == set(names) - {"one-bad", "two-bad"}
    assert all(len(bodies) == 1 for bodies in server.arrived.values())
    assert max(bodies.total() for bodies in server.arrived.values()) > 1


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; a busy machine takes long."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.001)


@pytest.mark.soak
def test_what_was_accepted_survives_being_killed(
    tmp_path: Path, start_server: Callable[..., Server], killed_program: Any
) -> None:
    """kill -9 at random moments, while putting, claiming, sending and acknowledging.

    Every accepted item arrives at least once, with the same bytes each time; none is lost, and bad ones are dead.
    """
    kills = int(os.environ.get("CAPI_KILLS", "5"))
    random = Random(2)
    server = start_server(lambda: random.choices(["fine", "busy", "reset", "dumb"], [20, 1, 1, 1])[0])
    path, accepted = tmp_path / "outbox.db", tmp_path / "accepted"
    for number in range(kills):
        command = [sys.executable, str(PROGRAM), str(path), str(accepted), server.url, f"run{number}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"alive\n"
            time.sleep(random.uniform(0, 0.2))
            if number == kills - 1:
                wait_until(lambda: accepted.read_text() != "")
            process.kill()
        assert process.returncode == -9
    transport = Urllib3Transport()
    with SqliteOutbox(path) as outbox:
        deliverer = Deliverer(
            outbox, {"shop": killed_program.Simple(server.url)}, transport, options=killed_program.OPTIONS
        )
        deliverer.drain(time.time() + PATIENCE)
        left = outbox.stats()["shop"].undelivered if outbox.destinations() else 0
        dead = {letter.item.event_id for letter in outbox.dead()}
    transport.close()
    known = set(accepted.read_text().split())

    print(
        f"\n{kills} kills: {len(known)} accepted, {len(server.arrived)} arrived, {len(dead)} dead,"
        f" {sum(bodies.total() - 1 for bodies in server.arrived.values())} repeats, {server.requests} requests"
    )
    assert left == 0
    assert known
    assert known <= set(server.arrived) | dead
    assert dead.isdisjoint(server.arrived)
    assert all(name.endswith("-7-7") for name in dead)
    assert all(len(bodies) == 1 for bodies in server.arrived.values())
