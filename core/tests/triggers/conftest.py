"""Strategies for trees and events whose keys and values meet often."""

from typing import Any

import pytest
from hypothesis import strategies as st

from capi_actions.triggers.syntax import Comparison, Node, Not, Search, all_of, any_of

KEYS = ["type", "event", "name", "userId", "a", "b"]
WORDS = [
    "",
    "a",
    "b",
    "ab",
    "aba",
    "track",
    "page",
    "trak",
    "5",
    "A*",
    '"',
    "'",
    "\\",
    "*",
    "null",
    "e1",
    "ß\n",
]


@pytest.fixture(scope="session")
def trees() -> st.SearchStrategy[Node]:
    """Any tree that a text can mean."""
    below = st.sampled_from(["a", "b", "0", "1", "or", "we ird", "", '"', "[0]"])
    paths = st.builds(
        lambda first, others: (first, *others),
        st.sampled_from([*KEYS, *KEYS, "and", "null", "0", "we.ird", "é-1", "\\", "²"]),
        st.lists(below, max_size=2) | st.just([]),
    )
    typed_paths = st.sampled_from([("a",), ("b",), ("a", "b"), ("a", "0"), ("properties", "n")])
    texts = st.sampled_from(WORDS) | st.text(max_size=4)
    numbers = st.integers(-2, 6) | st.sampled_from([0.5, -0.0, 5.0, 1e22, 1e-7, 2**63, -(10**300)])
    equal, ordering = st.sampled_from(["=", "!=", "=="]), st.sampled_from(["<", "<=", ">", ">="])
    functions = st.sampled_from(["contains", "match", "starts_with", "ends_with"])
    leaves = st.one_of(
        st.builds(Comparison, paths, equal, texts | st.none()),
        st.builds(Comparison, typed_paths, equal, numbers | st.booleans()),
        st.builds(Comparison, paths, ordering, numbers | st.booleans() | st.none() | st.just("x")),
        st.builds(Search, functions, paths, texts | st.text("ab*\\", max_size=5), st.booleans()),
    )
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            parts.map(Not),
            st.lists(parts, min_size=2, max_size=3).map(all_of),
            st.lists(parts, min_size=2, max_size=3).map(any_of),
        ),
        max_leaves=8,
    )


@pytest.fixture(scope="session")
def values() -> st.SearchStrategy[Any]:
    """Any JSON value, and NaN."""
    scalars = st.one_of(
        st.sampled_from(WORDS),
        st.text(max_size=3),
        st.integers(-3, 7) | st.floats() | st.sampled_from([2**63, 10**400]),
        st.booleans() | st.none(),
    )
    return st.recursive(
        scalars,
        lambda parts: (
            st.lists(parts, max_size=2)
            | st.dictionaries(st.sampled_from(["a", "b", "0", "we ird"]), parts, max_size=2)
        ),
        max_leaves=4,
    )


@pytest.fixture(scope="session")
def events(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with the keys that the trees name."""
    kinds = st.sampled_from(["track", "page", "screen", "identify", "group", "alias"])
    keys = st.sampled_from([*KEYS, "and", "0", "we.ird", "properties"])
    return st.builds(
        lambda event, kind: event if kind is None else {**event, "type": kind},
        st.dictionaries(keys, values, max_size=4),
        kinds | st.none(),
    )
