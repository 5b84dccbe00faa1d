"""Print the tables of docs/why/speed.md in Markdown, for this machine and this Python.

Runs all benchmarks, unless it is given lines of ``history.jsonl`` on standard input: ``report.py - < history.jsonl``.
One column for each line; run it with several Pythons by `figures.py --json` in each, then this on the history.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from figures import BENCHMARKS, FOLDER, measure, record


def main() -> None:
    """Measure, or read, and print."""
    if sys.argv[1:] == ["-"]:
        lines = [json.loads(line) for line in sys.stdin if line.strip()]
    else:
        lines = [record({benchmark: measure(FOLDER, benchmark) for benchmark in BENCHMARKS})]
    for row in table(lines):
        print(row)


def table(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Return the rows of one table: a line for each figure, a column for each machine and Python."""
    columns = [dict(_figures(line["figures"])) for line in lines]
    names = list(dict.fromkeys(name for column in columns for name in column))
    yield "| " + " | ".join(["figure", *(f"{line['cpu']}, {line['python']}" for line in lines)]) + " |"
    yield "| " + " | ".join(["---"] * (len(lines) + 1)) + " |"
    for name in names:
        yield f"| {name} | " + " | ".join(column.get(name, "") for column in columns) + " |"


def _figures(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the names of all figures, and each as a median with the quartiles, if they were measured."""
    for name, value in figures.items():
        title = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, Mapping) and "median" in value:
            yield title, f"{_number(value['median'])} ({_number(value['low'])} to {_number(value['high'])})"
            yield from _figures(
                {key: other for key, other in value.items() if key not in ("median", "low", "high")},
                f"{title}, ",
            )
        elif isinstance(value, Mapping):
            yield from _figures(value, f"{title}, ")
        elif isinstance(value, int | float):
            yield title, _number(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


if __name__ == "__main__":
    main()
