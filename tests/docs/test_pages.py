"""No page is left out: what is shown in any is run by some test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "core/README.md", "plugins/*/README.md")
    for path in sorted(ROOT.glob(pattern))
]
NAMELESS = {"README.md": 1, "docs/reference/triggers.md": 2}  # the way of an event; a trigger, the grammar


@pytest.fixture(scope="module")
def tests() -> str:
    """All code of tests."""
    folders = [ROOT / "tests", ROOT / "core" / "tests", *ROOT.glob("plugins/*/tests")]
    return "\n".join(
        path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("test_*.py")
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_snippets_is_named_by_a_test(
    path: str, page: Callable[[str], list[Any]], tests: str
) -> None:
    """A new page without a test fails here."""
    if not page(path):
        return
    name = path if path.endswith("README.md") else Path(path).name

    assert f'"{name}"' in tests or f'/{name}"' in tests


@pytest.mark.parametrize("path", PAGES)
def test_every_snippet_says_what_it_is(path: str, page: Callable[[str], list[Any]]) -> None:
    """A block without a language is run by nobody."""
    nameless = [block for block in page(path) if not block.language]

    assert len(nameless) == NAMELESS.get(path, 0)


def test_the_project_has_pages() -> None:
    """Else the tests above would pass on nothing."""
    assert len(PAGES) > 20
