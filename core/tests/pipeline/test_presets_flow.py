"""Trigger, mapping and fields together, on the presets of all of the reference's destinations."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from capi_actions.errors import EventError
from capi_actions.fields import compile_fields, read_fields
from capi_actions.mapping import compile_mapping
from capi_actions.triggers import compile_trigger


def flow(line: dict[str, Any]) -> dict[str, Any]:
    """Send an event all the way; it is mapped and checked also when no trigger lets it in."""
    mapping = line["mapping"]
    if mapping is None:
        mapping = {key: field["default"] for key, field in line["fields"].items() if "default" in field}
    check = compile_fields(read_fields(line["fields"]))
    subscribed = compile_trigger(line["subscribe"]).matches(line["event"]) if "subscribe" in line else True
    try:
        return {"subscribed": subscribed, "payload": check(compile_mapping(mapping)(line["event"]))}
    except EventError as error:
        return {
            "subscribed": subscribed,
            "error": [(problem.path, problem.message) for problem in error.problems],
        }


def expected(line: dict[str, Any]) -> dict[str, Any]:
    """Return what the reference makes of it, without the sentence that helps nobody."""
    expect = {key: line["expect"][key] for key in ("subscribed", "payload", "error") if key in line["expect"]}
    if "error" in expect:
        errors = [(problem["path"], problem["message"]) for problem in expect["error"].get("errors", ())]
        expect["error"] = [error for error in errors if 'must match "then" schema.' not in error[1]]
    return expect


def test_presets_give_what_the_reference_gives(vectors: Callable[[str], list[Any]], root: Path) -> None:
    """But for the lines that the docs list, each with its reason."""
    lines = vectors("segment/presets_flow.jsonl")
    differing = [line["name"] for line in lines if flow(line) != expected(line)]
    page = (root / "docs/reference/differences-fields.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([^`|]+ on [^`|]+)` \|", page, re.MULTILINE)

    assert len(lines) == 891
    assert differing == documented
