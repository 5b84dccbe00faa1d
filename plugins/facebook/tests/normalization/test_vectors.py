"""What the pixel itself sent, line by line."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions import make_hasher
from capi_actions_facebook.normalization import normalize_user, normalizers_of
from capi_actions_facebook.normalization.places import COUNTRIES, STATES
from capi_actions_facebook.normalization.users import ALIASES

pytestmark = pytest.mark.usefixtures("year_of_the_vectors")


def test_every_field_gives_the_pixels_hash(vectors: Callable[[str], Any]) -> None:
    """All 7,243: realistic people of 40 locales, hand-picked edges and random Unicode."""
    hashers = {key: make_hasher(normalizers) for key, normalizers in normalizers_of("pixel").items()}
    lines = vectors("pixel/fields.jsonl")

    assert len(lines) == 7243
    assert [line for line in lines if hashers[line["key"]](line["value"]) != line["hash"]] == []


def test_every_user_gives_what_the_pixel_sent(vectors: Callable[[str], Any]) -> None:
    """All 400, whole objects as given to init."""
    lines = vectors("pixel/users.jsonl")

    assert len(lines) == 400
    assert [line for line in lines if normalize_user(line["user"]) != line["ud"]] == []


def test_tables_are_the_pixels_in_its_order(vectors: Callable[[str], Any]) -> None:
    """The order decides which name is found inside another."""
    assert list(vectors("pixel/countries.json").items()) == list(COUNTRIES.items())
    assert list(vectors("pixel/states.json").items()) == list(STATES.items())
    assert list(vectors("pixel/aliases.json")["aliases"].items()) == list(ALIASES.items())
