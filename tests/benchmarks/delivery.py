"""Delivery speed: a file of "Order Completed" through ``capi send`` to a server on loopback, as users run it.

Beside it, in the same rounds: the hand-written floor, see engine.py, and Meta's own Python SDK on the same events and
server, called as its documentation does.  ``capi send`` reads, maps, stores durably and sends in batches of 1,000,
all at once: on one core as one process, and on two with two worker processes.  Wall time of a process that has
started already, without Python's start.  `--json` prints one line for machines.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from floor import floor_purchase
from measurements import options, ratios, show, spread
from sample import purchases
from sdk import send_with_sdk
from stand_in import fast_server, pin_to_first_core

from capi_actions_facebook.normalization.places import COUNTRIES, STATES

EVENTS, SDK_EVENTS, ROUNDS = 40_000, 4_000, 5


def main() -> None:
    """Measure and print."""
    command = options(__doc__, ROUNDS)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    lines = purchases(EVENTS)
    with fast_server() as url, tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        pin_to_first_core()
        events = Path(folder, "events.jsonl")
        events.write_bytes(b"\n".join(lines))
        floor = partial(floor_purchase, states=dict(STATES), countries=dict(COUNTRIES))
        tasks: dict[str, Callable[[], float]] = {
            "floor": lambda: _seconds(lambda: [floor(line) for line in lines]) / EVENTS,
            "send": lambda: _send(url, events, 1, cores[:1]),
            "sdk": lambda: _seconds(lambda: send_with_sdk(lines[:SDK_EVENTS], url, 1000)) / SDK_EVENTS,
        }
        if len(cores) > 1:
            tasks["send_2"] = lambda: _send(url, events, 2, cores)
        times: dict[str, list[float]] = {name: [] for name in tasks}
        for _ in range(command.rounds):
            for name, task in tasks.items():
                times[name].append(task() * 1e6)
    figures = {f"{name}_us": spread(values) for name, values in times.items()}
    for name in ("send", "send_2"):
        if name in times:
            figures[f"{name}_events_per_second"] = spread([1e6 / value for value in times[name]], 0)
            figures[f"{name}_over_floor"] = ratios(times[name], times["floor"])
            figures[f"sdk_over_{name}"] = ratios(times["sdk"], times[name])
    show(figures, as_json=command.json)


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


# One event goes first: what Python imports and compiles for it happens once in a process.
_PROGRAM = """
import json, os, sys
from time import perf_counter
from capi_actions.cli.app import main
config, first, events, processes, cores = sys.argv[1:]
if cores:
    os.sched_setaffinity(0, json.loads(cores))
assert main(["send", "--config", config, first]) == 0
start = perf_counter()
assert main(["send", "--config", config, "--json", "--processes", processes, events]) == 0
print(perf_counter() - start)
"""


def _send(url: str, events: Path, processes: int, cores: list[int]) -> float:
    """Send a file with ``capi send`` and return the seconds an event.

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
    assert json.loads(summary)["summary"]["delivered"] == EVENTS, summary
    return float(seconds) / EVENTS


if __name__ == "__main__":
    main()
