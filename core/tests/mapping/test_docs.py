"""The reference page and the docstrings tell the truth: all that is shown there is run."""

import doctest
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capi_actions.errors import CapiError
from capi_actions.mapping import DIRECTIVES, compile_mapping
from capi_actions.mapping.liquid.filters import FILTERS

MODULES = ["mapping", "mapping.paths"]


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The reference page."""
    return (root / "docs/reference/mapping.md").read_text(encoding="utf-8")


def test_every_json_example_gives_what_stands_beside_it(page: str) -> None:
    """Each block is a mapping, an event, and its result or error."""
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]

    assert len(examples) == 23
    for example in examples:
        assert (example.get("result"), example.get("error")) == resolved(example), example["mapping"]


def resolved(example: dict[str, Any]) -> tuple[Any, str | None]:
    """Return result and error."""
    try:
        return compile_mapping(example["mapping"])(example["event"]), None
    except CapiError as error:
        return None, str(error)


@pytest.mark.parametrize("name", ["mapping.md", "differences-mapping.md"])
def test_every_session_runs_as_shown(root: Path, name: str) -> None:
    """With the values and errors that stand there."""
    failed, _ = doctest.testfile(str(root / "docs/reference" / name), module_relative=False, encoding="utf-8")

    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_run_as_shown(name: str) -> None:
    """Each of these modules has at least one example."""
    failed, tried = doctest.testmod(importlib.import_module(f"capi_actions.{name}"))

    assert failed == 0
    assert tried > 0


def test_every_directive_has_its_section(page: str) -> None:
    """And a sentence of its own for tables."""
    assert {directive.name for directive in DIRECTIVES} == set(
        re.findall(r"^### (@\w+)$", page, re.MULTILINE)
    )
    assert all(directive.description.endswith(".") for directive in DIRECTIVES)


def test_every_liquid_filter_is_listed(page: str) -> None:
    """In order, so that one can be found."""
    listed = re.search(r"Filters: `(.*?)`", page, re.DOTALL)

    assert listed
    assert sorted(FILTERS) == listed[1].split()


def test_limits_are_those_of_the_code(page: str, problems: Callable[..., Any]) -> None:
    """The numbers in the tables are the ones that count."""
    from capi_actions import codec
    from capi_actions.mapping import limits
    from capi_actions.mapping.directives.liquid import MAX_TEMPLATE
    from capi_actions.mapping.directives.text import MAX_PATTERN
    from capi_actions.mapping.liquid.budget import MAX_WORK

    rows = re.findall(r"^\| [^|]+ \| ([\d,]+) \|$", page, re.MULTILINE)
    first = (
        limits.MAX_DEPTH,
        limits.MAX_VALUES,
        limits.MAX_CHARACTERS,
        limits.MAX_STEPS,
        MAX_PATTERN,
        MAX_TEMPLATE,
    )
    second = (limits.MAX_TEXT, limits.MAX_ITEMS, limits.MAX_PATH, MAX_WORK)
    third = (limits.MAX_WORK, codec.MAX_VALUES)

    assert [f"{number:,}" for number in first + second + third] == rows
