"""Paths to problems, and the collector that all checks share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import json_path


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
