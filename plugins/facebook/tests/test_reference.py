"""The reference destination's own tests: the same mapping and event give the same request.

``facebook.jsonl`` has its user data hashed by the pixel's rules and its times as whole Unix seconds.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions import EventError, Plugins
from capi_actions.testing import build_item


def our_name(theirs: str) -> str:
    """`addToCart2` is `facebook.add_to_cart`: their second versions differ in the sync mode only."""
    return "facebook." + re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", theirs.rstrip("2"))


def test_every_request_and_every_refusal_is_the_reference_s(
    vectors: Callable[[str], list[Any]], plugins: Plugins
) -> None:
    """Mappings result for it can be pasted, and errors keep their sentences."""
    lines = vectors("segment/facebook.jsonl")
    wrong = []
    for line in lines:
        try:
            result: Any = build_item(
                plugins, our_name(line["action"]), line["event"], mapping=line["mapping"]
            )
        except EventError as error:
            result = error.message
        expected = line["error"]["message"] if "error" in line else line["request"]["data"][0]
        if result != expected:
            wrong.append((line["name"], line["action"], result, expected))

    assert wrong == []
    assert len(lines) == 115


@pytest.mark.parametrize("mode", ["update", "delete", "mirror"])
def test_only_adding_is_supported(mode: str, plugins: Plugins) -> None:
    """Meta's API has nothing else."""
    mapping = {**plugins.actions["facebook.page_view"].mapping, "__segment_internal_sync_mode": mode}
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "userId": "u"}

    with pytest.raises(EventError, match=f"Sync mode {mode} is not supported"):
        build_item(plugins, "facebook.page_view", event, mapping=mapping)
