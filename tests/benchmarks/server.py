"""Speed of ``capi serve``: events accepted and durable a second, and how long a request takes.

The server runs in a process of its own on one core, the load on the other.  In the same run: the bare framework, which
reads the same bodies and answers 200, and what engine and outbox allow without HTTP.  Processor time of the server is
given beside the wall clock, as only that means something on a machine that has other work.  Each is measured several
times.  `--json` prints one line for machines; `--memory SECONDS` loads the server for so long and prints its memory.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeAlias

import uvloop
from measurements import machine, medians
from sample import purchases
from stand_in import pin_to_first_core

from capi_actions import Client, Plugins, decode_json
from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from capi_actions_server.settings import ServerSettings
from capi_actions_server.uvicorn_server import Server, listen, rest_garbage_collection

KEY = "benchmark-write-key"
CONFIG = f"""
[destinations.shop]
type = "facebook"
pixel_id = "1"
access_token = "unused"

[server]
max_waiting = 100000

[server.keys.main]
key = "{KEY}"
"""
CONNECTIONS, BATCH, EVENTS = (1, 16, 128), 100, 4_000
SECONDS, ROUNDS = 1.0, 5
Figures: TypeAlias = dict[str, float]
HEAD = "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line for machines")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often everything is measured")
    parser.add_argument("--memory", type=float, metavar="SECONDS", help="load the server for so long")
    options = parser.parse_args()
    lines = purchases(EVENTS)
    singles = [request("/v1/track", line) for line in lines]
    batches = [
        request("/v1/batch", b'{"batch":[%s]}' % b",".join(lines[start : start + BATCH]))
        for start in range(0, EVENTS, BATCH)
    ]
    pin_to_last_core()
    if options.memory:
        print(json.dumps(memory(batches, options.memory)))
        return
    loads = {
        **{f"single_{number}": (singles, number, 1) for number in CONNECTIONS},
        "batch_16": (batches, 16, BATCH),
    }
    alone: list[Figures] = []
    samples: dict[str, dict[str, list[Figures]]] = {
        name: {load: [] for load in loads} for name in ("bare", "server")
    }
    for _ in range(options.rounds):
        alone.append(without_http(lines))
        for name, by_load in samples.items():
            # A process each time: two of the same code may differ by a tenth, as long as they run.
            with running(name) as server:
                for load, (requests, connections, events) in loads.items():
                    by_load[load].append(server.load(requests, connections, options.seconds, events))
    result: dict[str, Any] = {
        "without_http": summarize(alone),
        **{
            name: {load: summarize(figures) for load, figures in by_load.items()}
            for name, by_load in samples.items()
        },
    }
    result["ratio_to_bare"] = {
        name: round(row["events_a_second"] / result["bare"][name]["events_a_second"], 3)
        for name, row in result["server"].items()
    }
    result["batch_share_of_engine_and_outbox"] = round(
        result["without_http"]["cpu_us_an_event"] / result["server"]["batch_16"]["cpu_us_an_event"], 3
    )
    print(json.dumps({**machine(), **result}) if options.json else table(result))


def summarize(figures: Sequence[Figures]) -> dict[str, Any]:
    """Return medians and quartiles of what was measured several times."""
    return medians({name: [figure[name] for figure in figures] for name in figures[0]})


def request(path: str, body: bytes) -> bytes:
    """Return a request as bytes."""
    head = HEAD.format(path=path, key=KEY) + f"content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def without_http(lines: Sequence[bytes]) -> Figures:
    """Measure what engine and outbox take for batches of the same size, without a server."""
    with tempfile.TemporaryDirectory() as folder, open_client(Path(folder)) as client:
        start, wall = process_time(), perf_counter()
        for number in range(0, len(lines), BATCH):
            client.store([client.prepare(decode_json(line)) for line in lines[number : number + BATCH]])
        cpu, wall = process_time() - start, perf_counter() - wall
    return {"events_a_second": round(len(lines) / wall), "cpu_us_an_event": round(cpu / len(lines) * 1e6, 1)}


def open_client(folder: Path) -> Client:
    """Open a client that only stores."""
    path = folder / "capi.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return Client.from_config(path, plugins=Plugins.installed(), deliver=False)


class Running:
    """A server in another process."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self._connection = connection
        self._port: int = connection.recv()
        self.pid = pid

    def load(self, requests: Sequence[bytes], connections: int, seconds: float, events: int = 1) -> Figures:
        """Send requests over some connections for some seconds.

        :param events: in each request.
        """
        uvloop.run(send(self._port, requests, connections, 0.3))  # warm caches
        before = self.cpu_seconds()
        wall = perf_counter()
        latencies = uvloop.run(send(self._port, requests, connections, seconds))
        wall = perf_counter() - wall
        count = len(latencies) * events
        latencies.sort()
        return {
            "events_a_second": round(count / wall),
            "cpu_us_an_event": round((self.cpu_seconds() - before) / count * 1e6, 1),
            "p50_ms": round(statistics.median(latencies) * 1e3, 2),
            "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1e3, 2),
        }

    def cpu_seconds(self) -> float:
        """Return the processor time that the server has used."""
        self._connection.send("cpu")
        seconds: float = self._connection.recv()
        return seconds

    def memory_mb(self) -> float:
        """Return the server's resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@contextmanager
def running(name: str) -> Iterator[Running]:
    """Run a server in a process of its own, on the first core.

    :param name: ``server`` or ``bare``.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, name), daemon=True)
    process.start()
    try:
        yield Running(ours, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def serve(connection: Connection, name: str) -> None:
    """Serve until the process is ended."""
    pin_to_first_core()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "capi.toml")
        path.write_text(CONFIG, encoding="utf-8")
        app = bare if name == "bare" else create_app(Components.open(path, deliver=False))
        listening = listen("127.0.0.1", 0)
        rest_garbage_collection()  # as `capi serve` does

        def ready() -> None:
            asyncio.get_running_loop().add_reader(connection.fileno(), answer)
            connection.send(listening.getsockname()[1])

        def answer() -> None:
            connection.recv()
            connection.send(process_time())

        Server(app, ServerSettings(), ready).run([listening])


async def bare(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Read the body and answer 200: what the framework takes by itself."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"16")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success":true}'})


class Sender(asyncio.Protocol):
    """One connection, which sends the next request when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], latencies: list[float], until: float) -> None:
        self._requests, self._latencies, self._until = requests, latencies, until
        self._transport: Any = None
        self._start = 0.0
        self._answer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"}"):  # head and body may come apart
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"the server answered {self._answer!r}"))
            return
        self._answer = b""
        now = perf_counter()
        self._latencies.append(now - self._start)
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)

    def _send(self) -> None:
        self._start = perf_counter()
        self._transport.write(next(self._requests))


async def send(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> list[float]:
    """Send requests over some connections and return how long each took."""
    latencies: list[float] = []
    until = perf_counter() + seconds
    endless = (item for _ in iter(int, 1) for item in requests)
    loop = asyncio.get_running_loop()
    senders = []
    for _ in range(connections):
        _, sender = await loop.create_connection(lambda: Sender(endless, latencies, until), "127.0.0.1", port)
        senders.append(sender)
    await asyncio.gather(*(sender.done for sender in senders))
    return latencies


def memory(batches: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """Load the server, and read its memory at each tenth of the time."""
    with running("server") as server:
        figures = []
        for _ in range(10):
            figures.append(server.load(batches, 16, seconds / 10, BATCH))
            figures[-1]["memory_mb"] = server.memory_mb()
    return {"seconds": seconds, "figures": figures}


def pin_to_last_core() -> None:
    """Keep this process on the other core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def table(result: dict[str, Any]) -> str:
    """Return the figures for people."""
    rows = [", ".join(machine().values())]
    rows.append(f"{'':<20}{'events/s':>10}{'quartiles':>20}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}")
    named_rows = [
        (f"{name} {load}", row) for name in ("bare", "server") for load, row in result[name].items()
    ]
    for name, row in (*named_rows, ("without HTTP", result["without_http"])):
        low, high = row["quartiles"]["events_a_second"]
        rows.append(
            f"{name:<20}{row['events_a_second']:>10,.0f}{f'{low:,.0f} to {high:,.0f}':>20}"
            + "".join(f"{row[key]:>9}" for key in ("cpu_us_an_event", "p50_ms", "p99_ms") if key in row)
        )
    rows.append(f"ratio to bare: {result['ratio_to_bare']}")
    rows.append(f"batches, share of engine and outbox: {result['batch_share_of_engine_and_outbox']}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
