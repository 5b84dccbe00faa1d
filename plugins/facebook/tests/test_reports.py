"""Small inputs from public trouble reports, with their right values: ``tests/data/cases/reports.jsonl``.

``variants.jsonl`` has others of the same kinds: as other programs, zones, countries and people write them.
``exports.jsonl`` has what shops, tag managers, spreadsheets and libraries export, in groups: ``put`` is the path of the
event where each value is put, and a case is the value, what is right, and what is said about it, if anything is.

A case: ``event`` is laid over a good order ("$gone" takes a key away), ``mapping`` and ``profile`` go into the
configuration, ``look`` is a path in the item and ``right`` its value; null: left out, "refused": no item.  In texts
"$now" is now, "$at:ZONE|FORMAT" is the moment 26 hours ago written so, and right "$moment" is that moment.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capi_actions import Item, Plugins
from capi_actions.config import read_config
from capi_actions.notes import Notes, collect_notes
from capi_actions.pipeline.pipeline import Pipeline, Refusal
from support.vectors import read_vectors

NOW = 1_796_008_738
MOMENT = NOW - 26 * 3600
MADE = re.compile("[0-9a-f]{32}")  # an id that is made of an event's content
CASES = [*read_vectors("cases/reports.jsonl"), *read_vectors("cases/variants.jsonl")]
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "userId": "u1",
    "timestamp": "$now",
    "context": {
        "ip": "203.0.113.5",
        "userAgent": "UA/1",
        "page": {"url": "https://shop.example/t"},
        "traits": {"email": "ada@example.com"},
    },
    "properties": {"order_id": "o-1", "revenue": 10.5, "currency": "EUR"},
}


def merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Lay one object over another."""
    objects = {
        key: merged(base[key], value)
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in overlay.items()
    }
    return {**base, **objects}


def filled(value: Any) -> Any:
    """Put times in place of their marks."""
    if isinstance(value, dict):
        return {key: filled(member) for key, member in value.items() if member != "$gone"}
    if isinstance(value, list):
        return [filled(item) for item in value]
    if value == "$now":
        return datetime.fromtimestamp(NOW, UTC).isoformat()
    if value == "$moment":
        return MOMENT
    if isinstance(value, str) and value.startswith("$at:"):
        zone, form = value.removeprefix("$at:").split("|", 1)
        return datetime.fromtimestamp(MOMENT, ZoneInfo(zone)).strftime(form)
    return value


def looked_up(item: Any, path: str) -> Any:
    """Return the value at a path; one value may stand without its list."""
    for key in path.split("."):
        if isinstance(item, dict):
            item = item.get(key)
        elif isinstance(item, list):
            item = item[int(key)] if int(key) < len(item) else None
        elif not (isinstance(item, str) and key == "0"):
            return None
    return item


@pytest.fixture(scope="module")
def pipeline_of(plugins: Plugins) -> Callable[[str], Pipeline]:
    """Compile a configuration, each only once: most cases have the same."""

    @cache
    def build(text: str) -> Pipeline:
        return Pipeline.build(read_config(text, plugins), plugins)

    return build


def put_at(path: str, value: Any) -> dict[str, Any]:
    """Return the overlay that puts a value at a path; of a list, into its only item."""
    overlay = value
    for key in reversed(path.split(".") if path else []):
        overlay = [{"product_id": "a", **overlay}] if key == "0" else {key: overlay}
    return dict(overlay)


def exported() -> Iterator[Any]:
    """Yield the cases of the groups."""
    for group in read_vectors("cases/exports.jsonl"):
        for value, right, *said in group["cases"]:
            overlay = merged(group.get("with", {}), put_at(group["put"], value))
            case = {**group, "event": overlay, "right": right, "said": said[0] if said else ""}
            yield pytest.param(case, id=f"{group['kind']}: {value!r}"[:80])


def configuration(case: dict[str, Any]) -> str:
    """Return the configuration of a case."""
    profile, mapping = case.get("profile", "pixel"), case.get("mapping")
    text = f'[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\nnormalization = "{profile}"\n'
    text += f"{case.get('settings', '')}\n"
    if mapping:
        text += f"[[destinations.shop.mappings]]\naction = 'facebook.purchase'\n{mapping}\n"
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['case']}")
def test_what_people_report_is_read_rightly_or_refused(
    case: dict[str, Any], pipeline_of: Callable[[str], Pipeline]
) -> None:
    """Each was wrong once, or is of a kind that was, mostly in silence."""
    (outcome,) = pipeline_of(configuration(case)).process(filled(merged(ORDER, case["event"])), NOW)

    if str(case["right"]).startswith("refused"):
        assert isinstance(outcome, Refusal)
        assert "it was a string" not in outcome.error.message
    else:
        assert isinstance(outcome, Item), outcome
        assert filled(case["right"]) == looked_up(json.loads(outcome.body), case["look"])


@pytest.mark.parametrize("case", list(exported()))
def test_what_others_export_is_read_rightly_or_something_is_said(
    case: dict[str, Any], pipeline_of: Callable[[str], Pipeline]
) -> None:
    """A value that is left out or uncertain is noted, and a refusal says what is wrong or what would be right."""
    notes = Notes()
    with collect_notes(notes):
        (outcome,) = pipeline_of(configuration(case)).process(filled(merged(ORDER, case["event"])), NOW)
    findings = [text for counter in (notes.dropped, notes.uncertain) for _, text in counter]

    if case["right"] == "refused":
        assert isinstance(outcome, Refusal)
        assert case["said"] in outcome.error.message
        assert case["said"]
        return
    assert isinstance(outcome, Item), outcome
    value = looked_up(json.loads(outcome.body), case["look"])
    if case["right"] == "$made":
        assert MADE.fullmatch(value)
    else:
        assert filled(case["right"]) == value
    assert any(case["said"] in text for text in findings) if case["said"] else not findings
