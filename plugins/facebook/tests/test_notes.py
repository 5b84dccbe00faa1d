"""What the plugin leaves out, or reads as may be wrong, is counted for `capi preview --summary` and `capi send`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from capi_actions import Plugins
from capi_actions.cli.preview import preview
from capi_actions.config import read_config
from capi_actions.pipeline import Pipeline
from capi_actions.pipeline.survey import Survey

NOW = 1795454652
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "123"\naccess_token = "sesame"\n'
EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-11-23T17:24:12Z",
    "userId": "u-1",
}


@pytest.fixture(scope="module")
def pipeline(plugins: Plugins) -> Pipeline:
    """Compile the prebuilt mappings once; what a survey counts is its own."""
    return Pipeline.build(read_config(CONFIG, plugins), plugins)


def findings(pipeline: Pipeline, properties: dict[str, Any], **members: Any) -> list[tuple[str, str]]:
    """Return the fields of which a survey has something to say, and the kind of what it says."""
    event = {**EVENT, "properties": {"revenue": 1, "currency": "EUR", **properties}, **members}
    survey = Survey(pipeline.routes)
    survey.add(event, pipeline.process_by_route(event, NOW))
    shop = survey.destinations["shop"]
    assert (shop.items, shop.refused) == (1, 0)
    counters = {"dropped": shop.dropped, "uncertain": shop.uncertain}
    return [(kind, path) for kind, counter in counters.items() for path, _ in counter]


@pytest.mark.parametrize(
    ("properties", "members", "kind", "path"),
    [
        ({}, {"context": {"ip": "10.0.0.1"}}, "dropped", "$.user_data.client_ip_address"),
        ({"fbp": "undefined"}, {}, "dropped", "$.user_data.fbp"),
        ({"fbc": "fb.1.1795454652000.null"}, {}, "dropped", "$.user_data.fbc"),
        ({"fbc": "fb.1.1700000000000.IwAR2abcdef"}, {}, "dropped", "$.user_data.fbc"),
        ({"products": [{"price": 1}, {"sku": "a"}]}, {}, "dropped", "$.contents"),
        ({"products": [{"sku": "a", "quantity": 0.5}]}, {}, "dropped", "$.contents[].quantity"),
        (
            {},
            {"context": {"page": {"url": "https://shop.example/?mail=ada%40example.com"}}},
            "dropped",
            "$.event_source_url",
        ),
        ({"currency": "MXV"}, {}, "uncertain", "$.currency"),
        ({}, {"timestamp": "2026-11-23T17:24:12"}, "uncertain", "$.event_time"),
        ({}, {"timestamp": "Mon Nov 23 09:24:12 PST 2026"}, "uncertain", "$.event_time"),
    ],
)
def test_what_is_left_out_or_assumed_is_counted(
    properties: dict[str, Any], members: dict[str, Any], kind: str, path: str, pipeline: Pipeline
) -> None:
    """Else nobody learns why Meta recognises fewer people than the events would allow."""
    assert [(kind, path)] == findings(pipeline, properties, **members)


def test_of_a_complete_event_there_is_nothing_to_say(pipeline: Pipeline) -> None:
    """The parameters of a page's address are looked through for a click id; that is no loss."""
    page = {"url": "https://shop.example/?x=1&fbclid=IwAR2abcdef", "search": "?x=1", "referrer": ""}
    properties = {"fbp": "fb.1.1795454652000.1098115397", "products": [{"sku": "a", "quantity": 2}]}

    assert [] == findings(pipeline, properties, context={"ip": "203.0.113.5", "page": page, "userAgent": "x"})


def test_preview_says_at_the_end_what_it_left_out(tmp_path: Path) -> None:
    """Else people compare an item with its event, and search for the reason."""
    config = tmp_path / "capi.toml"
    config.write_text(CONFIG, encoding="utf-8")
    now = datetime.now(UTC).isoformat()
    event = {"type": "page", "userId": "u", "timestamp": now, "properties": {"fbp": "FB.1.1796000000000.1"}}

    result = CliRunner().invoke(preview, ["--config", str(config)], input=f"{json.dumps(event)}\n" * 2)

    assert 0 == result.exit_code
    assert 2 == len(result.stdout.splitlines())
    assert "capi: left out: $.user_data.fbp 2: it is no browser id, such as fb.1." in result.stderr
