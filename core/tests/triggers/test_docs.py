"""The reference pages tell the truth: all that is shown there is run."""

import doctest
import json
import re
from pathlib import Path

import pytest

import capi_actions.triggers
from capi_actions.errors import TriggerError
from capi_actions.triggers import compile_trigger
from capi_actions.triggers.syntax import FUNCTIONS, OPERATORS


def page(root: Path, name: str) -> str:
    return (root / "docs/reference" / name).read_text(encoding="utf-8")


def test_the_sessions_print_what_they_show(root: Path) -> None:
    """With the very messages."""
    results = doctest.testfile(
        str(root / "docs/reference/triggers.md"), module_relative=False, encoding="utf-8"
    )

    assert results.attempted >= 8
    assert results.failed == 0


def test_the_docstring_example_works() -> None:
    """It is the first that a developer sees."""
    assert doctest.testmod(capi_actions.triggers) == (0, 2)


def test_the_examples_match_as_they_say(root: Path) -> None:
    """Each line of the JSON examples is a trigger, an event and the answer."""
    blocks = re.findall(r"```jsonl\n(.*?)```", page(root, "triggers.md"), re.DOTALL)
    examples = [json.loads(line) for block in blocks for line in block.splitlines()]

    assert len(examples) >= 15
    for example in examples:
        assert example["match"] is compile_trigger(example["trigger"]).matches(example["event"]), example


def test_every_operator_and_function_is_in_the_reference(root: Path) -> None:
    """What is added to the language is added to its page."""
    text = page(root, "triggers.md")

    for name in (*OPERATORS, *FUNCTIONS):
        assert f'"{name}"' in text or name == "=="


def test_the_differences_are_as_documented(root: Path) -> None:
    """The column "here" is what we answer; a row that isn't true any more fails."""
    text = page(root, "differences-triggers.md")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    event = json.loads(block)
    rows = re.findall(
        r"^\| `([^`]*)` \| (match|no match|error) \| (match|no match|error) \|", text, re.MULTILINE
    )

    assert len(rows) >= 45
    for trigger, reference, here in rows:
        assert reference != here, trigger
        try:
            answer = "match" if compile_trigger(trigger).matches(event) else "no match"
        except TriggerError:
            answer = "error"
        assert here == answer, trigger


def test_differences_without_a_row_are_as_documented() -> None:
    """Missing names, line breaks of Windows, double equals, new notations."""
    assert compile_trigger("event = null").matches({"type": "page"})
    assert not compile_trigger("event != null").matches({"event": None})
    assert compile_trigger('type = "a"\r\nor type = "b"\r\n').matches({"type": "b"})
    assert compile_trigger("größe = .5 and größe < 1e3").matches({"größe": 0.5})
    assert not compile_trigger("x == 1").matches({"x": 1})


@pytest.mark.parametrize("name", ["triggers.md", "differences-triggers.md"])
def test_the_pages_are_linked_to_each_other(root: Path, name: str) -> None:
    """Nothing points at a page that isn't there."""
    for target in re.findall(r"\]\(([\w-]+\.md)\)", page(root, name)):
        assert (root / "docs/reference" / target).exists()
