"""Advice about mappings of actions that other packages bring."""

from types import SimpleNamespace
from typing import Any

import pytest

import capi_actions_facebook.plugin
from capi_actions import JsonObject, Plugins, action, builtin, field, from_path, hookimpl
from capi_actions_facebook.destination import Facebook


@action("facebook.pong", title="Pong")
class Pong:
    """Builds ``user_data`` of a field of its own."""

    ph: list[str] = from_path("$.phone", hashed="ph")
    time: int = from_path("$.timestamp")
    user_data: dict[str, Any] | None = field()

    def build(self) -> JsonObject:
        """Build the event."""
        return {"event_name": "Pong", "event_time": self.time, "user_data": {"ph": self.ph}}


@pytest.fixture
def mapping() -> JsonObject:
    """Pong's prebuilt mapping."""
    other = SimpleNamespace(__name__="pong", capi_actions=hookimpl(lambda: [Pong]))
    return Plugins(builtin, capi_actions_facebook.plugin, other).actions["facebook.pong"].mapping


def test_who_makes_user_data_of_other_fields_is_not_warned(mapping: JsonObject) -> None:
    """Nobody can tell from the mapping what will be in it; what is mapped to it is judged as ever."""
    advise = Facebook.lint_mapping
    too_broad = {**mapping, "user_data": {"city": "Berlin"}}

    assert list(advise(SimpleNamespace(), "facebook.pong", mapping)) == []  # type: ignore[arg-type]
    assert [each.code for each in advise(SimpleNamespace(), "facebook.pong", too_broad)] == [2804050]  # type: ignore[arg-type]
