"""The plugin keeps the contract of its hook."""

import capi_actions_prometheus.plugin
from capi_actions.testing import PluginConformance


class TestConformance(PluginConformance):
    """The core's suite: any report is taken, from several threads, and quickly."""

    plugin = capi_actions_prometheus.plugin
