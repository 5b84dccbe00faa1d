"""Small inputs from public trouble reports, with their right values: ``tests/data/cases/reports.jsonl``.

``variants.jsonl`` has others of the same kinds: as other programs, zones, countries and people write them.

A case: ``event`` is laid over a good order ("$gone" takes a key away), ``mapping`` and ``profile`` go into the
configuration, ``look`` is a path in the item and ``right`` its value; null: left out, "refused": no item.  In texts
"$now" is now, "$at:ZONE|FORMAT" is the moment 26 hours ago written so, and right "$moment" is that moment.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capi_actions import Item, Plugins
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline, Refusal
from support.vectors import read_vectors

NOW = 1_796_008_738
MOMENT = NOW - 26 * 3600
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['case']}")
def test_what_people_report_is_read_rightly_or_refused(
    case: dict[str, Any], pipeline_of: Callable[[str], Pipeline]
) -> None:
    """Each was wrong once, or is of a kind that was, mostly in silence."""
    profile, mapping = case.get("profile", "pixel"), case.get("mapping")
    text = f'[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\nnormalization = "{profile}"\n'
    if mapping:
        text += f"[[destinations.shop.mappings]]\naction = 'facebook.purchase'\n{mapping}\n"
    (outcome,) = pipeline_of(text).process(filled(merged(ORDER, case["event"])), NOW)

    if str(case["right"]).startswith("refused"):
        assert isinstance(outcome, Refusal)
        assert "it was a string" not in outcome.error.message
    else:
        assert isinstance(outcome, Item), outcome
        assert filled(case["right"]) == looked_up(json.loads(outcome.body), case["look"])
