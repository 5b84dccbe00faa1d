"""The plugin keeps the contracts of its hooks."""

import capi_actions_server.plugin
from capi_actions.testing import PluginConformance


class TestConformance(PluginConformance):
    """The core's suite: table, commands, and an observer that takes any report."""

    plugin = capi_actions_server.plugin
