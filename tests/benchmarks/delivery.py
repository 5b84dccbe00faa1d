"""Delivery speed: engine, durable outbox and HTTP in batches of 1,000, on one core.

Beside it, in the same run: the hand-written floor (see engine.py), Meta's own Python SDK on the same
events and server, and what one ``Client.send`` costs its caller, alone and with other callers, against the
disk's own fsync.  `--json` prints one line for machines.
"""

import argparse
import io
import json
import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from floor import floor_purchase
from sample import purchases
from sdk import send_with_sdk
from stand_in import fast_server, pin_to_first_core

import capi_actions_facebook.plugin
from capi_actions import Client, Plugins, builtin
from capi_actions.cli.ingest import Ingester
from capi_actions.config import load_config
from capi_actions.inputs import JsonInput, read_events
from capi_actions.runtime import Runtime
from capi_actions_facebook.normalization.places import COUNTRIES, STATES

EVENTS, ROUNDS, SDK_EVENTS, SENDS = 20_000, 5, 4_000, 200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line for machines")
    options = parser.parse_args()
    plugins = Plugins(builtin, capi_actions_facebook.plugin)
    with fast_server() as url:
        pin_to_first_core()
        result = {**_throughput(url, plugins), "fsync_us": _fsync_us(), **_callers(url, plugins)}
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:<28}{value:>12}")


def _throughput(url: str, plugins: Plugins) -> dict[str, float]:
    """Time floor, delivery and SDK alternately, wall clock: all three run in this process, on one core."""
    lines = purchases(EVENTS)
    floor = partial(floor_purchase, states=dict(STATES), countries=dict(COUNTRIES))
    tasks: dict[str, Callable[[], int]] = {
        "floor": lambda: len([floor(line) for line in lines]),
        "delivery": lambda: _deliver(lines, url, plugins),
        "sdk": lambda: _sdk(lines[:SDK_EVENTS], url),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            start = perf_counter()
            count = task()
            times[name].append((perf_counter() - start) / count * 1e6)
    floor_us, delivery_us, sdk_us = (statistics.median(times[name]) for name in tasks)
    return {
        "floor_us": round(floor_us, 2),
        "delivery_us": round(delivery_us, 2),
        "delivery_over_floor": round(delivery_us / floor_us, 3),
        "events_per_second": round(1e6 / delivery_us),
        "sdk_us": round(sdk_us, 2),
        "sdk_over_delivery": round(sdk_us / delivery_us, 2),
    }


def _deliver(lines: list[bytes], url: str, plugins: Plugins) -> int:
    """Do what `capi send` does: store in chunks, then deliver everything."""
    with _folder(url) as config, Runtime.open(load_config(config, plugins), plugins) as runtime:
        ingester = Ingester(runtime, _fail)
        ingester.ingest(read_events([io.BytesIO(b"\n".join(lines))], JsonInput(), print))
        delivered = runtime.deliverer.drain().delivered
    assert delivered == len(lines), delivered
    return delivered


def _sdk(lines: list[bytes], url: str) -> int:
    send_with_sdk(lines, url, 1000)
    return len(lines)


def _callers(url: str, plugins: Plugins) -> dict[str, float]:
    """Time single sends as their callers see them: medians, 1, 10 and 100 at a time."""
    result: dict[str, float] = {}
    for callers in (1, 10, 100):
        with _folder(url) as config, Client.from_config(config, plugins=plugins) as client:
            events = [json.loads(line) for line in purchases(max(callers, SENDS))]
            waits: list[float] = []
            share = len(events) // callers

            def call(
                own_events: list[dict[str, object]], client: Client = client, waits: list[float] = waits
            ) -> None:
                for event in own_events:
                    start = perf_counter()
                    client.send(event)
                    waits.append(perf_counter() - start)

            threads = [
                threading.Thread(target=call, args=(events[number * share : (number + 1) * share],))
                for number in range(callers)
            ]
            start = perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            result[f"send_us_{callers}_callers"] = round(statistics.median(waits) * 1e6)
            result[f"sends_per_second_{callers}"] = round(len(waits) / (perf_counter() - start))
    return result


def _fsync_us() -> int:
    """Time what the disk takes to make 4 kB durable."""
    with tempfile.TemporaryFile(dir=Path.cwd()) as file:
        times = []
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            start = perf_counter()
            os.fsync(file.fileno())
            times.append(perf_counter() - start)
    return round(statistics.median(times) * 1e6)


@contextmanager
def _folder(url: str) -> Iterator[Path]:
    """Make a configuration in a folder on the disk that the benchmark runs on."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        config = Path(folder, "capi.toml")
        config.write_text(
            '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n'
            f'base_url = "{url}"\n',
            encoding="utf-8",
        )
        yield config


def _fail(record: object) -> None:
    raise AssertionError(record)


if __name__ == "__main__":
    main()
