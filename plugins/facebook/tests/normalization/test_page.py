"""What ``docs/why/normalization.md`` says is so."""

import doctest
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from capi_actions_facebook.commands import normalize
from capi_actions_facebook.normalization import documented, pixel

PAGE = Path(__file__).parents[4] / "docs" / "why" / "normalization.md"
TEXT = PAGE.read_text(encoding="utf-8")
SAID = re.findall(r"^\| `(\w+)` (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", TEXT, re.MULTILINE)
BLOCKS = re.findall(r"^```json\n(.*?)\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("row", SAID, ids=" ".join)
def test_the_table_of_who_writes_what_is_right(row: tuple[str, ...], vectors: Callable[[str], Any]) -> None:
    """The pixel and the documentation as our rules have them, the other two as they were measured."""
    key, value, by_pixel, by_documentation, by_sdk, by_builder = (cell.strip("`") for cell in row)
    (measured,) = (
        line for line in vectors("meta/parity.json") if (line["field"], line["input"]) == (key, value)
    )

    assert (pixel.RULES[key](value) or value) == by_pixel == measured["pixel_ud_2_9_324"]
    assert documented.RULES[key](value) == by_documentation
    assert re.sub("^RAISES .*", "an error", measured["python_sdk_26_0_3"]) == by_sdk
    assert measured["param_builder_node_1_2_1"] == by_builder


@pytest.mark.parametrize(("question", "answer"), BLOCKS)
def test_lines_in_and_out(question: str, answer: str) -> None:
    """Each block shows a question to capi normalize and its answer."""
    result = CliRunner().invoke(normalize, input=question)

    assert json.loads(result.stdout) == json.loads(answer)


def test_the_page_was_read() -> None:
    """Else the tests above would pass on an empty page."""
    assert len(SAID) == 11
    assert len(BLOCKS) == 2


def test_python_snippets_run() -> None:
    """And give what the page says."""
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert result.failed == 0
    assert result.attempted == 3
