"""The hooks' reference pages are held to the specs."""

import inspect
from pathlib import Path

import pytest

from capi_actions import hookspecs
from capi_actions.plugins import HOOKS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_page_with_an_example(name: str) -> None:
    """With the arguments it has now, and a link to it."""
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    page = (REFERENCE / "hooks" / f"{name}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {name}({arguments})\n")
    assert f"@hookimpl\ndef {name}({arguments}):\n" in page.partition("## Example\n")[2]
    assert f"(hooks/{name}.md)" in (REFERENCE / "hooks.md").read_text(encoding="utf-8")


def test_no_page_is_about_a_hook_that_is_not_there() -> None:
    """A renamed hook leaves no ghost behind."""
    assert sorted(path.stem for path in (REFERENCE / "hooks").glob("*.md")) == sorted(HOOKS)
