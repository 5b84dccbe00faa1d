"""The plugin keeps the contract of its hooks."""

import capi_actions_phone.plugin
from capi_actions.testing import PluginConformance


class TestConformance(PluginConformance):
    plugin = capi_actions_phone.plugin
    config = {}  # noqa: RUF012  as authors write it
