"""The action's own answers."""

import platform_plugin
from capi_actions import Plugins, as_action, builtin

import capi_actions_acme.plugin
from capi_actions_acme.action import capi_actions


def test_the_actions_are_there() -> None:
    """Beside those of their platform."""
    plugins = Plugins(builtin, platform_plugin, capi_actions_acme.plugin)

    for offered in capi_actions():
        action = as_action(offered)
        assert action is not None
        assert plugins.actions[action.name] is action
