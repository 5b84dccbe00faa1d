"""A million events through ``capi send``: how long, and how much memory, early and late.

The events go to its standard input as fast as it takes them; a fast server on loopback answers.
`--events 100000` for less, `--json` for machines.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from measurements import machine
from sample import purchases
from stand_in import fast_server

_CHUNK = 10_000


def main() -> None:
    """Send, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="one JSON line for machines")
    options = parser.parse_args()
    with fast_server() as url, tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        config = Path(folder, "capi.toml")
        config.write_text(
            '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n'
            f'base_url = "{url}"\n',
            encoding="utf-8",
        )
        result = _send(config, options.events)
    if options.json:
        print(json.dumps({**machine(), **result}))
        return
    print(", ".join(machine().values()))
    for name, value in result.items():
        print(f"{name:<24}{value:>14,}")


def _send(config: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "capi_actions.cli", "send", "--config", str(config), "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        start, memory = perf_counter(), []
        for number in range(0, count, _CHUNK):
            for line in purchases(min(_CHUNK, count - number), seed=number):
                process.stdin.write(line.replace(b'"ajs-next-', b'"ajs-%d-' % number) + b"\n")
            memory.append(_resident(process.pid))
        process.stdin.close()
        summary = json.loads(process.stdout.read().splitlines()[-1])["summary"]
    assert process.wait() == 0
    assert summary["delivered"] == summary["events"] == count, summary
    tenth = max(1, len(memory) // 10)
    return {
        "events": count,
        "seconds": round(perf_counter() - start, 1),
        "requests": summary["requests"],
        "mb_after_a_tenth": max(memory[: tenth + 1]) // 2**20,
        "mb_at_the_end": max(memory[-tenth:]) // 2**20,
        "mb_at_most": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _resident(pid: int) -> int:
    """Read a process's resident memory, in bytes (Linux)."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
