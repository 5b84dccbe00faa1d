"""Send only what people agreed to: to the letter, and every row of the tables."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest

from capi_actions import JsonObject
from capi_actions.pipeline import HeldBack, Pipeline

PAGE = "docs/how-to/consent.md"
FACEBOOK = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


def goes(pipeline: Pipeline, **members: Any) -> bool:
    """Return whether a page view goes to the only destination."""
    now = time()
    context = {"page": {"url": "https://shop.example/"}, "userAgent": "x"}
    event: JsonObject = {
        "type": "page",
        "messageId": "m",
        "userId": "u",
        "timestamp": now,
        "context": context,
    }
    (outcome,) = pipeline.process({**event, **members}, now)
    return not isinstance(outcome, HeldBack)


def test_the_page_is_right(page: Callable[[str], list[Any]], reader: Any) -> None:
    """What it prints, and that its configurations are good."""
    reader.follow(page(PAGE))


def test_the_table_of_integrations_is_right(root: Path, toml: Callable[..., Pipeline]) -> None:
    """Every row, with every value that it names."""
    pipeline = toml(FACEBOOK)
    text = (root / PAGE).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (yes|no) \|", text.partition("## Categories")[0], re.MULTILINE)
    values = [
        (json.loads(value), answer == "yes") for cell, answer in rows for value in re.findall("`(.+?)`", cell)
    ]

    assert len(values) == 18
    assert [value for value, expected in values if goes(pipeline, integrations=value) != expected] == []


@pytest.mark.parametrize("required", [False, True])
def test_the_table_of_categories_is_right(toml: Callable[..., Pipeline], required: bool) -> None:
    """Row by row."""
    text = f'{FACEBOOK}consent_categories = ["advertising"]\nconsent_required = {str(required).lower()}\n'
    pipeline = toml(text)

    def with_preferences(preferences: Any) -> bool:
        return goes(pipeline, context={"consent": {"categoryPreferences": preferences}})

    assert with_preferences({"advertising": True, "analytics": False})
    others: list[Any] = [False, None, "true", 1, {}]
    without: list[Any] = [{"Advertising": True}, {}]
    unreadable: list[Any] = ["x", [], {"a": 1}]
    assert not any(with_preferences({"advertising": value}) for value in others)
    assert not any(with_preferences(preferences) for preferences in without)
    assert not any(goes(pipeline, context={"consent": value}) for value in unreadable)
    assert not any(goes(pipeline, context=value) for value in unreadable[:2])
    nothing: list[JsonObject] = [{}, {"context": None}, {"context": {}}]
    nothing += [{"context": {"consent": None}}, {"context": {"consent": {}}}]
    assert [goes(pipeline, **event) for event in nothing] == [not required] * 5
