"""The plugin keeps the contract of its hooks."""

from collections.abc import Mapping
from typing import Any

import capi_actions_webhook.plugin
from capi_actions.testing import PluginConformance


class TestConformance(PluginConformance):
    plugin = capi_actions_webhook.plugin
    config: Mapping[str, Any] = {
        "url": "https://example.com/events",
        "secret": "whsec_" + "c2VzYW1l" * 6,
    }
