"""What the reference engine answers, and where ours differs on purpose."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from capi_actions.errors import TriggerError
from capi_actions.triggers import compile_trigger

Vectors = Callable[[str], list[dict[str, Any]]]


def _answer(line: dict[str, Any]) -> bool | str:
    try:
        return compile_trigger(line["fql"]).matches(line["event"])
    except TriggerError:
        return "error"


def _expected(line: dict[str, Any]) -> bool | str:
    return "error" if "error" in line else bool(line["expect"])


def test_every_preset_selects_the_same_events(vectors: Vectors) -> None:
    """Triggers exported from elsewhere go on working: these are the presets of 276 destinations."""
    lines = vectors("segment/presets_fql.jsonl")

    assert len(lines) == 754
    assert [line["name"] for line in lines if _answer(line) != _expected(line)] == []


def test_the_differences_are_exactly_those_in_the_docs(vectors: Vectors, root: Path) -> None:
    """Nobody has to find out by accident; a difference that goes away leaves the docs too."""
    lines = vectors("segment/fql.jsonl")
    docs = (root / "docs/reference/differences-triggers.md").read_text(encoding="utf-8")
    listed = {int(number) for number in re.findall(r"^\| fql\.jsonl:(\d+) \|", docs, re.MULTILINE)}

    assert len(lines) == 357
    assert listed == {
        number for number, line in enumerate(lines, start=1) if _answer(line) != _expected(line)
    }


def test_only_the_three_broken_presets_have_problems(vectors: Vectors) -> None:
    """The linter finds the presets that can't work, and says nothing about the 176 others."""
    triggers = {line["fql"] for line in vectors("segment/presets_fql.jsonl")}

    assert {text for text in triggers if compile_trigger(text).lint()} == {
        'type = "Identify"',
        'type = "track" and event == "Cart Updated"',
        'type = "track" and event == "Order Completed"',
    }
    assert len(triggers) == 179


def test_reading_again_what_was_written_gives_the_same_tree(vectors: Vectors) -> None:
    """The canonical spelling of real triggers is faithful."""
    for line in vectors("segment/presets_fql.jsonl"):
        trigger = compile_trigger(line["fql"])

        assert compile_trigger(str(trigger)).tree == trigger.tree
