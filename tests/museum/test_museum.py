"""For each broken plugin the table says what catches it, and that stays so."""

import pytest

from museum.plugins import PLUGINS
from museum.table import DOCS, UNCAUGHT, page, read_table, try_out

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
]
OTHERS = [name for name in PLUGINS if name not in SAMPLE]


def catchers(name: str) -> list[str]:
    """Return what catches a plugin, now."""
    return sorted(try_out(name, PLUGINS[name]))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_broken_plugin_is_caught_where_the_table_says(name: str) -> None:
    """A few of them, one of each kind."""
    assert sorted(read_table()[name]) == catchers(name)


@pytest.mark.soak
@pytest.mark.parametrize("name", OTHERS)
def test_every_broken_plugin_is_caught_where_the_table_says(name: str) -> None:
    """All others: half a minute."""
    assert sorted(read_table()[name]) == catchers(name)


def test_what_nothing_catches_has_a_reason() -> None:
    """And what is caught needs none."""
    table = read_table()

    assert list(PLUGINS) == list(table)
    assert sorted(UNCAUGHT) == sorted(name for name, caught in table.items() if not caught)


def test_the_page_is_the_table() -> None:
    """`python tests/museum/table.py` writes both."""
    assert DOCS.read_text(encoding="utf-8") == page(read_table())
