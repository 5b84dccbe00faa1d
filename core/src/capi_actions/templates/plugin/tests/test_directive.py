"""The directive's own answers."""

import pytest
from capi_actions import Action, Field, Plugins, builtin, hookimpl
from capi_actions.testing import build_item

import capi_actions_acme.plugin


class Probe:
    """A plugin with an action that returns what is mapped to its field."""

    @hookimpl
    def capi_actions(self) -> list[Action]:
        """Offer the action."""
        fields = {"value": Field(type="string", label="Value")}
        return [
            Action(name="probe.value", title="Value", description="", trigger=None, fields=fields, build=dict)
        ]


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada King", "AK"), ("  ada  ", "A"), ("", None), (5, None), (None, None)]
)
def test_initials(name: object, initials: str | None) -> None:
    """What is no text, or has no words, gives no value at all."""
    plugins = Plugins(builtin, Probe(), capi_actions_acme.plugin)
    directive = {"@acme-initials": {"@path": "$.name"}}

    item = build_item(plugins, "probe.value", {"name": name}, mapping={"value": directive}, profile="")

    assert item.get("value") == initials
