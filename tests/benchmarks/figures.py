"""Print one line of JSON: how fast this commit is, as ratios within one run; CI keeps it with the commit.

Each ratio compares two ways of doing the same work on the same machine in the same minutes, so that figures of
different machines can be compared.  A lower ``*_over_floor`` and a higher ``sdk_over_delivery`` is faster.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def main() -> None:
    """Measure, print the line and write it to ``.figures.json``."""
    engine, delivery = measure("engine"), measure("delivery")
    line = json.dumps(
        {
            "commit": commit(),
            "python": platform.python_version(),
            "cpu": cpu_model(),
            "engine_over_floor": engine["engine_over_floor"],
            "page_over_floor": engine["page"]["engine_over_floor"],
            "delivery_over_floor": delivery["delivery_over_floor"],
            "sdk_over_delivery": delivery["sdk_over_delivery"],
        }
    )
    print(line)
    (ROOT / ".figures.json").write_text(f"{line}\n", encoding="utf-8")


def measure(benchmark: str) -> dict[str, Any]:
    """Run a benchmark in a process of its own and return what it measured."""
    command = [sys.executable, str(FOLDER / f"{benchmark}.py"), "--json"]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    figures: dict[str, Any] = json.loads(output)
    return figures


def commit() -> str | None:
    """Return the commit that is checked out, or None outside of a repository."""
    result = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() or None


def cpu_model() -> str:
    """Return the processor's name."""
    cpus = Path("/proc/cpuinfo")
    names = cpus.read_text(encoding="utf-8").split("model name")[1:2] if cpus.exists() else []
    return names[0].partition("\n")[0].strip("\t :") if names else platform.processor()


if __name__ == "__main__":
    main()
