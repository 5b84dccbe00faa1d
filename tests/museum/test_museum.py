"""For each broken plugin the table says what catches it, and that stays so."""

import gc

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


@pytest.mark.soak
# What such plugins leave behind: coroutines that nobody awaits, connections that nobody closes.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", PLUGINS if is_thorough() else SAMPLE)
def test_a_broken_plugin_is_caught_where_the_table_says(name: str) -> None:
    """One of each kind, or all of them in `nox -s soak`: three minutes."""
    caught = try_out(name, PLUGINS[name])
    gc.collect()  # so that nothing of it is found in another test

    assert sorted(read_table()[name]) == sorted(caught)


def test_what_nothing_catches_has_a_reason() -> None:
    """And what is caught needs none."""
    table = read_table()

    assert list(PLUGINS) == list(table)
    assert sorted(UNCAUGHT) == sorted(name for name, caught in table.items() if not caught)


def test_the_page_is_the_table() -> None:
    """`python tests/museum/table.py` writes both."""
    assert DOCS.read_text(encoding="utf-8") == page(read_table())
