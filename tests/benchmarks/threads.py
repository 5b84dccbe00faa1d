"""Durable puts of many threads at once: how many a second, beside what the disk does in single commits.

``put`` is ``Outbox.put`` with one item, ``send`` is ``Client.send`` with one event, each called by 1, 16 and 100
threads.  All are measured in turn, several rounds.  ``--json`` prints one line for machines.
"""

import json
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from measurements import options, ratios, show, spread
from sample import purchases

import capi_actions_facebook.plugin
from capi_actions import Client, Item, Plugins, builtin
from capi_actions.builtin.outbox import SqliteOutbox

THREADS = (1, 16, 100)
CALLS, ROUNDS = 4_000, 5


def main() -> None:
    """Measure and print."""
    command = options(__doc__, ROUNDS)
    rates: dict[str, list[float]] = {}
    for _ in range(command.rounds):
        for name, rate in _round():
            rates.setdefault(name, []).append(rate)
    figures = {name: spread(values, 0) for name, values in rates.items()}
    figures["sends_100_threads_per_single_commit"] = ratios(
        rates["sends_a_second_100_threads"], rates["single_commits_a_second"]
    )
    show(figures, as_json=command.json)


def _round() -> Iterator[tuple[str, float]]:
    """Measure everything once: names and calls a second."""
    with _folder() as folder:
        yield "single_commits_a_second", _single_commits(folder / "plain.db")
    for threads in THREADS:
        with _folder() as folder, SqliteOutbox(folder / "outbox.db") as outbox:
            items = [_item(number) for number in range(CALLS)]
            yield (
                f"puts_a_second_{threads}_threads",
                _rate([partial(outbox.put, [item]) for item in items], threads),
            )
    events = [json.loads(line) for line in purchases(CALLS)]
    plugins = Plugins(builtin, capi_actions_facebook.plugin)
    for threads in THREADS:
        with (
            _folder() as folder,
            Client.from_config(_config(folder), plugins=plugins, deliver=False) as client,
        ):
            cpu, calls = process_time(), [partial(client.send, event) for event in events]
            yield f"sends_a_second_{threads}_threads", _rate(calls, threads)
            calls_made = len(calls) // 4 if threads == 1 else len(calls)
            yield f"send_cpu_us_{threads}_threads", (process_time() - cpu) / calls_made * 1e6


def _rate(calls: Sequence[Callable[[], object]], threads: int) -> float:
    """Make the calls in some threads and return how many a second."""
    start = threading.Barrier(threads + 1)

    def work(share: Sequence[Callable[[], object]]) -> None:
        start.wait()
        for call in share:
            call()

    calls = calls[: len(calls) // 4] if threads == 1 else calls
    workers = [threading.Thread(target=work, args=(calls[number::threads],)) for number in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    began = perf_counter()
    for worker in workers:
        worker.join()
    return len(calls) / (perf_counter() - began)


def _single_commits(path: Path) -> float:
    """Commit rows of the same size one by one, as durably."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE row (body BLOB)")
    began = perf_counter()
    for _ in range(CALLS // 4):
        db.execute("INSERT INTO row VALUES (?)", (bytes(1_300),))
    seconds = perf_counter() - began
    db.close()
    return CALLS // 4 / seconds


def _item(number: int) -> Item:
    now = 1_800_000_000
    return Item("shop", "facebook.purchase", None, f"order-{number}", now, now + 604_800, "", bytes(1_300))


def _config(folder: Path) -> Path:
    path = folder / "capi.toml"
    path.write_text(
        '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n', encoding="utf-8"
    )
    return path


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder on the disk that the benchmark runs on."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        yield Path(folder)


if __name__ == "__main__":
    main()
