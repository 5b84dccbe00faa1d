"""The hooks' reference page is held to the specs."""

import inspect
from pathlib import Path

import pytest

from capi_actions import hookspecs
from capi_actions.plugins import HOOKS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_in_the_reference(name: str) -> None:
    """With the arguments it has now."""
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)

    assert f"## {name}({arguments})\n" in PAGE


def test_the_page_names_no_hook_that_is_not_there() -> None:
    """A renamed hook leaves no ghost behind."""
    headings = [line[3:].partition("(")[0] for line in PAGE.splitlines() if line.startswith("## ")]

    assert sorted(headings) == sorted(HOOKS)
