"""The action's own answers."""

import platform_plugin
from capi_actions import Plugins, builtin

import capi_actions_acme.plugin


def test_the_action_is_there() -> None:
    """Beside those of its platform."""
    plugins = Plugins(builtin, platform_plugin, capi_actions_acme.plugin)

    assert "platform.acme" in plugins.actions
