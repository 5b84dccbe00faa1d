"""Paths to problems, and the collector that all checks share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import Diagnostics, Problem, json_path


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ([], "$"),
        (["contents", 0, "id"], "$.contents[0].id"),
        (["contents", "@arrayPath", 1, "id"], "$.contents.@arrayPath[1].id"),
        (["$ref", "_x", "__proto__"], "$.$ref._x.__proto__"),
        (["we.ird", "it's"], "$['we.ird']['it\\'s']"),
        (["a\\'"], "$['a\\\\\\'']"),
        (["", "a b", "0", "größe"], "$['']['a b']['0']['größe']"),
        (["k" * 61], "$." + "k" * 60),
        (["k." * 40], "$['" + "k." * 30 + "']"),
    ],
)
def test_a_path_is_written_in_one_way(keys: list[str | int], path: str) -> None:
    """Mappings, fields and configurations name a place in the same words."""
    assert path == json_path(keys)


keys = st.lists(st.integers(0, 20) | st.text(max_size=3) | st.text(".['\\]@$a0", max_size=5), max_size=3)


@given(keys, keys)
def test_different_keys_have_different_paths(one: list[str | int], other: list[str | int]) -> None:
    """Whatever the keys hold, no path can be read in two ways."""
    assert (one == other) == (json_path(one) == json_path(other))


def test_one_collector_takes_errors_and_warnings_of_all_parts() -> None:
    """Whoever checks a part needn't know where that part stands, nor what others found."""
    diagnostics = Diagnostics()
    shop = diagnostics.under("$.destinations.shop")
    shop.under("$.mappings[0]").warn("is the same as mappings[1]")
    shop.extend([Problem("is too old", "$.api_version", 2635), Problem("is odd", severity="warning")])
    diagnostics.add("can't be imported", "plugin 'acme'")
    shop.add("can't be read", "")

    assert [
        Problem("is the same as mappings[1]", "$.destinations.shop.mappings[0]", None, "warning"),
        Problem("is too old", "$.destinations.shop.api_version", 2635),
        Problem("is odd", "$.destinations.shop", None, "warning"),
        Problem("can't be imported", "plugin 'acme'"),
        Problem("can't be read", ""),
    ] == list(diagnostics)
    assert [problem.code for problem in diagnostics.errors] == [2635, None, None]
    assert [problem.path for problem in shop.warnings] == [
        "$.destinations.shop.mappings[0]",
        "$.destinations.shop",
    ]
