"""The page about delivery does what it says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "why" / "delivery.md"


def test_every_snippet_of_the_page_runs() -> None:
    """A page that can't rot."""
    results = doctest.testfile(str(PAGE), module_relative=False)

    assert results.attempted >= 15
    assert results.failed == 0
