"""The reference's own tests, presets and probes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Vectors = Callable[[str], list[dict[str, Any]]]
Compare = Callable[[dict[str, Any]], tuple[Any, Any]]

LOST_PLACE = re.compile(r"^/ should be a object or a mapping directive")


def test_the_reference_s_own_tests_pass(vectors: Vectors, compare: Compare) -> None:
    """Results, and its sentences where it has an error; only items of @merge get their place put right."""
    lines = vectors("segment/mapping.jsonl")
    compared = [(line["name"], *compare(line)) for line in lines]
    differing = [result for result in compared if result[1] != result[2]]

    assert len(lines) == 224
    assert [name for name, _, _ in differing] == ["@merge > invalid nested type"] * 2
    for _, expected, actual in differing:
        assert [
            LOST_PLACE.sub("/@merge/objects/1 should be a object or a mapping directive", expected[0])
        ] == [*actual]


def test_the_presets_of_all_destinations_pass(vectors: Vectors, compare: Compare) -> None:
    """These are mappings that people use."""
    lines = vectors("segment/presets_mapping.jsonl")

    assert len(lines) == 366
    assert [line["name"] for line in lines for one, other in [compare(line)] if one != other] == []


def test_every_difference_from_the_probes_is_documented(
    vectors: Vectors, compare: Compare, root: Path
) -> None:
    """Not one more and not one less; what the reference refuses, we refuse, if in other words."""
    lines = vectors("segment/probes_mapping.jsonl")
    differing = []
    for line in lines:
        expected, actual = compare(line)
        both_refuse = isinstance(expected, tuple) and isinstance(actual, tuple)
        if expected != actual and not both_refuse:
            differing.append(line["name"])
    page = (root / "docs/reference/differences-mapping.md").read_text(encoding="utf-8")

    assert len(lines) == 459
    assert re.findall(r"^\| `(.+?)` \| .* \| .* \| .* \|$", page, re.MULTILINE) == differing
