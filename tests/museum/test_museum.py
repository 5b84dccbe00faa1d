"""For each broken plugin the table says what catches it, and that stays so."""

import gc
from collections.abc import Iterator

import pytest

from museum.plugins import PLUGINS
from museum.table import DOCS, UNCAUGHT, page, read_table, try_out
from support.length import is_thorough

SAMPLE = [
    *(
        "build_raises",
        "check_none",
        "envelope_drops",
        "judge_exits",
        "normalizer_bytes",
        "directive_set_unsent",
    ),
    *("transport_exits", "outbox_loses_put", "observer_exits", "hook_unmarked"),
    *("filter_text", "format_none", "table_validator_raises"),
]
# What such plugins leave behind: coroutines that nobody awaits, connections that nobody closes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Collect what broken plugins left, so that nothing of it is found in tests of other modules.

    Once: with the objects of all tests in memory, to do so after each plugin took a third of the time.
    """
    yield
    gc.collect()


@pytest.mark.soak
@pytest.mark.parametrize("name", PLUGINS if is_thorough() else SAMPLE)
def test_a_broken_plugin_is_caught_where_the_table_says(name: str) -> None:
    """One of each kind, or all of them in `nox -s soak`: two minutes."""
    assert sorted(read_table()[name]) == sorted(try_out(name, PLUGINS[name]))


def test_what_nothing_catches_has_a_reason() -> None:
    """And what is caught needs none."""
    table = read_table()

    assert list(PLUGINS) == list(table)
    assert sorted(UNCAUGHT) == sorted(name for name, caught in table.items() if not caught)


def test_the_page_is_the_table() -> None:
    """`python tests/museum/table.py` writes both."""
    assert DOCS.read_text(encoding="utf-8") == page(read_table())
