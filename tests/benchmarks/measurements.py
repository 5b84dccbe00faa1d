"""What all benchmarks share: the machine's name, medians with their spread, and how both are printed."""

import argparse
import json
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Spread: TypeAlias = dict[str, float]
"""``median``, and ``low`` and ``high``, the quartiles below and above it."""


def options(description: str | None, rounds: int, events: int | None = None) -> argparse.Namespace:
    """Parse the command line that all benchmarks have: ``--json`` and ``--rounds``.

    :param events: how many are measured unless ``--events`` says; None for no such option.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON line for machines")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often everything is measured")
    if events is not None:
        parser.add_argument("--events", type=int, default=events, help="how many are sent in a round")
    return parser.parse_args()


def spread(values: Sequence[float], digits: int = 2) -> Spread:
    """Return the median and the quartiles of measured values."""
    if len(values) == 1:
        values = [*values, *values]
    low, median, high = statistics.quantiles(values, method="inclusive")
    return {"median": round(median, digits), "low": round(low, digits), "high": round(high, digits)}


def ratios(values: Sequence[float], others: Sequence[float], digits: int = 2) -> Spread:
    """Return the spread of the ratios of values that were measured in the same rounds."""
    return spread([value / other for value, other in zip(values, others, strict=True)], digits)


def medians(samples: Mapping[str, Sequence[float]], digits: int = 2) -> dict[str, Any]:
    """Return the median of each sample under its name, and under ``quartiles`` both quartiles of each."""
    spreads = {name: spread(values, digits) for name, values in samples.items()}
    return {
        **{name: figure["median"] for name, figure in spreads.items()},
        "quartiles": {name: [figure["low"], figure["high"]] for name, figure in spreads.items()},
    }


def show(figures: Mapping[str, Spread], *, as_json: bool) -> None:
    """Print figures with the machine that they were measured on."""
    if as_json:
        print(json.dumps({**machine(), **figures}))
        return
    print(", ".join(machine().values()))
    width = max(map(len, figures)) + 2
    print(f"{'':<{width}}{'median':>12}{'quartiles':>24}")
    for name, figure in figures.items():
        quartiles = f"{figure['low']:,} to {figure['high']:,}"
        print(f"{name:<{width}}{figure['median']:>12,}{quartiles:>24}")


def machine() -> dict[str, str]:
    """Return the processor's name and Python's version."""
    return {"cpu": cpu_model(), "python": platform.python_version()}


def cpu_model() -> str:
    """Return the processor's name."""
    cpus = Path("/proc/cpuinfo")
    names = cpus.read_text(encoding="utf-8").split("model name")[1:2] if cpus.exists() else []
    return names[0].partition("\n")[0].strip("\t :") if names else platform.processor()
