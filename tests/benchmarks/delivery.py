"""Delivery speed: a file of "Order Completed" through ``capi send`` to a server on loopback, as users run it.

Beside it, in the same rounds: the hand-written floor, see engine.py, and Meta's own Python SDK on the same events and
server, called as its documentation does.  ``capi send`` reads, maps, stores durably and sends in batches of 1,000,
all at once: on one core as one process, and on two with two worker processes.  Wall time of a process that has
started already, without Python's start; and processor time, which a busy machine disturbs less.  `--json` prints one
line for machines.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from floor import floor_purchase
from measurements import Spread, options, ratios, show, spread
from sample import purchases
from sdk import send_with_sdk
from stand_in import fast_server, pin_to_first_core

from capi_actions_facebook.normalization.places import COUNTRIES, STATES

# Reading and compiling the configuration takes 0.1 s, which is an event's 1 µs in a file of this size.
EVENTS, SDK_EVENTS, ROUNDS = 100_000, 4_000, 5


def main() -> None:
    """Measure and print."""
    command = options(__doc__, ROUNDS, EVENTS)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    lines = purchases(command.events)
    with fast_server() as url, tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        pin_to_first_core()
        events = Path(folder, "events.jsonl")
        events.write_bytes(b"\n".join(lines))
        floor = partial(floor_purchase, states=dict(STATES), countries=dict(COUNTRIES))
        tasks: dict[str, Callable[[], Times]] = {
            "floor": lambda: _time(lambda: [floor(line) for line in lines], len(lines)),
            "send": lambda: _send(url, events, len(lines), 1, cores[:1]),
            "sdk": lambda: _time(lambda: send_with_sdk(lines[:SDK_EVENTS], url, 1000), SDK_EVENTS),
        }
        if len(cores) > 1:
            tasks["send_2"] = lambda: _send(url, events, len(lines), 2, cores)
        times: dict[str, list[Times]] = {name: [] for name in tasks}
        for _ in range(command.rounds):
            for name, task in tasks.items():
                times[name].append(task())
    show(_figures(times), as_json=command.json)


class Times(NamedTuple):
    """Microseconds an event: wall clock, and processor time of the process and of its workers."""

    wall: float
    cpu: float
    workers: float = 0.0


def _figures(times: dict[str, list[Times]]) -> dict[str, Spread]:
    walls = {name: [time.wall for time in values] for name, values in times.items()}
    cpus = {name: [time.cpu + time.workers for time in values] for name, values in times.items()}
    figures = {f"{name}_us": spread(values) for name, values in walls.items()}
    figures |= {f"{name}_cpu_us": spread(values) for name, values in cpus.items()}
    for name in ("send", "send_2"):
        if name in times:
            figures[f"{name}_events_per_second"] = spread([1e6 / wall for wall in walls[name]], 0)
            figures[f"{name}_over_floor"] = ratios(walls[name], walls["floor"])
            figures[f"{name}_cpu_over_floor"] = ratios(cpus[name], cpus["floor"])
            figures[f"sdk_over_{name}"] = ratios(walls["sdk"], walls[name])
            figures[f"sdk_over_{name}_cpu"] = ratios(cpus["sdk"], cpus[name])
    if "send_2" in times:
        figures["send_2_workers_share"] = spread(
            [time.workers / (time.cpu + time.workers) for time in times["send_2"]]
        )
    return figures


def _time(work: Callable[[], object], number: int) -> Times:
    wall, cpu = perf_counter(), process_time()
    work()
    return Times((perf_counter() - wall) / number * 1e6, (process_time() - cpu) / number * 1e6)


# One event goes first: what Python imports and compiles for it happens once in a process.
_PROGRAM = """
import json, os, resource, sys
from time import perf_counter, process_time
from capi_actions.cli.app import main
config, first, events, processes, cores = sys.argv[1:]
if cores:
    os.sched_setaffinity(0, json.loads(cores))
assert main(["send", "--config", config, first]) == 0
wall, cpu = perf_counter(), process_time()
assert main(["send", "--config", config, "--json", "--processes", processes, events]) == 0
workers = resource.getrusage(resource.RUSAGE_CHILDREN)
print(perf_counter() - wall, process_time() - cpu, workers.ru_utime + workers.ru_stime)
"""


def _send(url: str, events: Path, number: int, processes: int, cores: list[int]) -> Times:
    """Send a file with ``capi send``.

    :param number: of events in the file.
    :param cores: on which it may run; empty for all.
    """
    with tempfile.TemporaryDirectory(dir=events.parent) as folder:
        config, first = Path(folder, "capi.toml"), Path(folder, "first.jsonl")
        config.write_text(
            '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n'
            f'base_url = "{url}"\n',
            encoding="utf-8",
        )
        first.write_bytes(purchases(1, seed=2)[0])
        arguments = [str(config), str(first), str(events), str(processes), json.dumps(cores) if cores else ""]
        command = [sys.executable, "-c", _PROGRAM, *arguments]
        result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    summary, seconds = result.stdout.splitlines()
    assert json.loads(summary)["summary"]["delivered"] == number, summary
    return Times(*(float(value) / number * 1e6 for value in seconds.split()))


if __name__ == "__main__":
    main()
