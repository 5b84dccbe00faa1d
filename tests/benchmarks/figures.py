"""Run all benchmarks, keep what they measured, and guard their ratios against a commit that was measured before.

Each ratio compares two ways of doing the same work on the same machine in the same minutes, so that figures of
different machines can be compared at all.  Its name says which way is better: less in ``engine_over_floor``, more in
``sdk_over_send``.

``figures.py --json`` prints all figures as one line and appends it to ``history.jsonl``, beside this file:

=============  ==================================================================
``time``       when, in UTC
``commit``     what was checked out; ends with a plus sign if files were changed
``cpu``        the processor's name
``python``     Python's version
``figures``    by benchmark: what it prints with ``--json``
=============  ==================================================================

``figures.py --guard`` is for CI.  It runs the benchmarks of this commit and of the last one in the history in turn, on
this machine, and fails if a ratio of processor times is more than half worse.  Those of wall clocks are only printed:
with others at work they differed by 1.7 from one minute to the next.  Where that commit can't be had, the last kept
ratios of the same processor and Python are compared; where there are none either, nothing is.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from measurements import machine

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
HISTORY = FOLDER / "history.jsonl"
BENCHMARKS = ("engine", "delivery", "threads", "start", "server")
GUARDED = (("engine", ()), ("delivery", ("--rounds", "1", "--events", "20000")))
TURNS = 3
LIMIT = 1.5  # times worse; below that, a busy machine is the likelier cause

Ratios: TypeAlias = Mapping[str, float]


def main() -> int:
    """Measure, and print, keep or guard."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one line and append it to the history")
    parser.add_argument("--guard", action="store_true", help="compare with a commit that was measured before")
    options = parser.parse_args()
    if options.guard:
        return guard(read_history())
    if not options.json:
        for benchmark in BENCHMARKS:
            print(f"# {benchmark}", flush=True)
            run(FOLDER, benchmark, capture=False)
        return 0
    line = json.dumps(record({benchmark: measure(FOLDER, benchmark) for benchmark in BENCHMARKS}))
    print(line)
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(f"{line}\n")
    return 0


def record(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of the history."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"time": now, "commit": commit(), **machine(), "figures": figures}


def read_history() -> list[dict[str, Any]]:
    """Return the lines that were kept, oldest first."""
    lines = HISTORY.read_text(encoding="utf-8").splitlines() if HISTORY.exists() else []
    return [json.loads(line) for line in lines]


def measure(folder: Path, benchmark: str, options: Sequence[str] = ()) -> dict[str, Any]:
    """Run a benchmark in a process of its own and return what it measured."""
    figures: dict[str, Any] = json.loads(run(folder, benchmark, "--json", *options))
    return figures


def run(folder: Path, benchmark: str, *options: str, capture: bool = True) -> str:
    """Run a benchmark of a work tree, with the packages of that tree.

    :param folder: ``tests/benchmarks`` of the work tree.
    """
    root = folder.parents[1]
    sources = [root / "core" / "src", *root.glob("plugins/*/src")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources))}
    command = [sys.executable, str(folder / f"{benchmark}.py"), *options]
    result = subprocess.run(
        command, cwd=root, env=environment, stdout=subprocess.PIPE if capture else None, text=True, check=True
    )
    return result.stdout or ""


def guard(history: Sequence[Mapping[str, Any]]) -> int:
    """Measure this commit, compare it with the last one that was kept, and print both."""
    last = history[-1] if history else None
    with old_tree(last) as old:
        turns: dict[Path, list[Ratios]] = {FOLDER: [], **({old: []} if old else {})}
        for _ in range(TURNS):
            for folder, measured in turns.items():
                measured.append(measure_ratios(folder))
        new = medians(turns[FOLDER])
        before = medians(turns[old]) if old else kept_ratios(history)
    source = "the same run" if old else "the history"
    (ROOT / ".figures.json").write_text(
        json.dumps({"commit": commit(), **machine(), "ratios": new, "before": before}) + "\n",
        encoding="utf-8",
    )
    factors = times_worse(new, before)
    print(f"{', '.join(machine().values())}; before: {last['commit'] if last else 'nothing'}, from {source}")
    print(f"{'ratio':<36}{'now':>8}{'before':>8}{'worse':>8}")
    for name, value in new.items():
        worse = f"{factors[name]:.2f}" if name in factors else "-"
        print(f"{name:<36}{value:>8.2f}{before.get(name, float('nan')):>8.2f}{worse:>8}")
    slower = [name for name, factor in factors.items() if factor > LIMIT and is_of_processor_time(name)]
    for name in slower:
        print(f"{name} is {factors[name]:.2f} times worse than before; {LIMIT} is allowed")
    return 1 if slower else 0


def measure_ratios(folder: Path) -> Ratios:
    """Run the benchmarks of a work tree that are guarded; those that it doesn't have yet give nothing."""
    named_ratios: dict[str, float] = {}
    for benchmark, options in GUARDED:
        try:
            figures = measure(folder, benchmark, options)
        except subprocess.CalledProcessError:
            if folder == FOLDER:
                raise
            continue
        named_ratios |= ratios(figures, f"{benchmark}.")
    return named_ratios


def ratios(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return the medians of all ratios that a benchmark has measured, by their names in it."""
    named_ratios: dict[str, float] = {}
    for name, value in figures.items():
        if name == "quartiles":
            continue
        if isinstance(value, Mapping) and "_over_" not in name:
            named_ratios |= ratios(value, f"{prefix}{name}.")
        elif "_over_" in name:
            named_ratios[prefix + name] = value["median"] if isinstance(value, Mapping) else value
    return named_ratios


def medians(turns: Sequence[Ratios]) -> dict[str, float]:
    """Return the median of each ratio over several turns."""
    names = dict.fromkeys(name for turn in turns for name in turn)
    return {name: statistics.median(turn[name] for turn in turns if name in turn) for name in names}


def times_worse(new: Ratios, old: Ratios) -> dict[str, float]:
    """Return how many times worse each ratio has become; those that were not measured before are left out."""
    return {
        name: old[name] / new[name] if is_better_when_more(name) else new[name] / old[name]
        for name in new
        if name in old
    }


def is_better_when_more(name: str) -> bool:
    """Return whether a ratio is better the larger it is: that of another's time to ours."""
    return name.rpartition(".")[2].startswith("sdk_over_")


def is_of_processor_time(name: str) -> bool:
    """Return whether a ratio is one of processor times, as all of the engine's are."""
    return name.startswith("engine.") or "_cpu" in name


def kept_ratios(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the last ratios in the history from this kind of processor and Python, or none."""
    here = _kind(machine())
    alike = [line for line in history if _kind(line) == here]
    return ratios(alike[-1]["figures"]) if alike else {}


def _kind(line: Mapping[str, Any]) -> tuple[str, str]:
    """Return the processor's name, and Python's version without its last number."""
    return line["cpu"], line["python"].rpartition(".")[0]


@contextmanager
def old_tree(last: Mapping[str, Any] | None) -> Iterator[Path | None]:
    """Check out the commit of a line of the history; gives the folder of its benchmarks, or None if it can't be had."""
    name = str(last["commit"]).rstrip("+") if last else ""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        add = ["git", "worktree", "add", "--quiet", "--detach", str(tree), name]
        if not name or subprocess.run(add, cwd=ROOT, capture_output=True).returncode:
            yield None
            return
        try:
            yield tree / "tests" / "benchmarks"
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=False)


def commit() -> str | None:
    """Return the commit that is checked out, with a plus sign if files differ; None outside of a repository."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    changed = ["git", "status", "--porcelain", "--untracked-files=no", "--", ".", f":!{HISTORY}"]
    status = subprocess.run(changed, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return (head + "+" * bool(status)) or None


if __name__ == "__main__":
    sys.exit(main())
