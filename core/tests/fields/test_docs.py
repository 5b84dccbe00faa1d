"""The reference page and the docstrings tell the truth: all that is shown there is run."""

import doctest
import importlib
import re
from pathlib import Path
from typing import get_args

import pytest

from capi_actions.fields import read_fields
from capi_actions.fields.formats import FORMATS
from capi_actions.model import Field, FieldType

MODULES = ["fields.compile", "fields.nodes", "fields.segment", "fields.formats", "fields.coerce", "text"]


def page(root: Path, name: str) -> str:
    """Read a page of the reference."""
    return (root / "docs/reference" / name).read_text(encoding="utf-8")


def test_the_sessions_print_what_they_show(root: Path) -> None:
    """With the very messages."""
    results = doctest.testfile(
        str(root / "docs/reference/fields.md"), module_relative=False, encoding="utf-8"
    )

    assert results.attempted >= 15
    assert results.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_work(name: str) -> None:
    """They are the first that a developer sees."""
    results = doctest.testmod(importlib.import_module(f"capi_actions.{name}"))

    assert results.attempted >= 1
    assert results.failed == 0


def test_every_type_and_format_is_in_the_reference(root: Path) -> None:
    """What is added to the model is added to its page."""
    text = page(root, "fields.md")

    for name in get_args(FieldType):
        assert f"`{name}`" in text.partition("## Types")[2], name
    assert list(FORMATS) == re.findall(
        r"^\| `([\w-]+)` \| [`wa]", text.partition("## Formats")[2], re.MULTILINE
    )


def test_the_formats_have_the_examples_that_are_shown(root: Path) -> None:
    """As good as any other test data."""
    table = page(root, "fields.md").partition("## Formats")[2]
    examples = re.findall(r"^\| `([\w-]+)` \| `([^`]+)`", table, re.MULTILINE)

    assert len(examples) >= 14
    for name, text in examples:
        assert FORMATS[name].fits(text), name


def test_every_field_that_is_shown_in_json_can_be_read(root: Path) -> None:
    """The table of attributes names them as they are read."""
    names = re.findall(
        r"^\| `(\w+)`(?:, `(\w+)`)? \| (?:`\w+`|the same) \|", page(root, "fields.md"), re.MULTILINE
    )
    written = dict.fromkeys([name for pair in names for name in pair if name])

    assert len(written) == 14
    assert read_fields({"a": {**written, "type": "string"}}) == {"a": Field(type="string")}
