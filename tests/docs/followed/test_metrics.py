"""Metrics for Prometheus: the page's commands run, and its table is what is served."""

import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from capi_actions import Verdict
from capi_actions.model import Stats

PAGE = "docs/how-to/metrics.md"


def families(text: str) -> dict[str, tuple[str, set[str]]]:
    """Read kinds and labels of metrics."""
    return {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            {label for sample in family.samples for label in sample.labels if label != "le"},
        )
        for family in text_string_to_metric_families(text)
        if family.name.startswith("capi_") and not family.name.endswith("_created")
    }


def served_metrics(reader: Any) -> str:
    """Return what is served, as soon as `capi` has registered the last of its metrics.

    The port answers a moment before, with those of Python alone.
    """
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{reader.ports['9464']}/metrics") as answer:
            text: str = answer.read().decode()
        if "capi_paused" in text or time.monotonic() > deadline:
            return text
        time.sleep(0.05)


def test_the_page_is_true(page: Callable[[str], list[Any]], root: Path, config: Path, reader: Any) -> None:
    """A program prints metrics, `capi deliver` serves them, and both have those of the table."""
    *steps, alerts = page(PAGE)
    reader.follow(step for step in steps if "9464" not in step.text)
    printed = families(reader.out)
    reader.follow(step for step in steps if "9464" in step.text)
    served = families(served_metrics(reader))

    text = (root / PAGE).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(capi_\w+)` \| (\w+) \| ([\w, ]+) \|", text, re.MULTILINE)
    table = {name: (kind, set(labels.split(", "))) for name, kind, labels in rows}
    delivered = {name: metric for name, metric in printed.items() if metric[1]}
    assert delivered == {name: metric for name, metric in table.items() if metric[0] != "gauge"}
    assert {name: kind for name, (kind, _) in served.items()} == {
        name: kind for name, (kind, _) in table.items()
    }
    assert set(re.findall(r"capi_\w+", alerts.text)) < set(table)


def test_states_and_verdicts_are_named(root: Path) -> None:
    """In the words of labels."""
    text = (root / PAGE).read_text(encoding="utf-8")

    for word in [*Verdict, "waiting", "delayed", "leased", "dead"]:
        assert f"`{word}`" in text
    assert {"waiting", "delayed", "leased", "dead"} < {
        name for name in dir(Stats) if not name.startswith("_")
    }


def test_the_plugins_readme(page: Callable[[str], list[Any]], config: Path, reader: Any) -> None:
    """Its one command serves metrics."""
    reader.follow(page("plugins/prometheus/README.md"))

    assert "# TYPE capi_paused gauge" in served_metrics(reader)
