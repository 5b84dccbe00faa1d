"""The plugin under test."""

import pytest

import capi_actions_facebook.plugin
from capi_actions import Plugins, builtin


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The core's built-ins and this plugin, whatever else is installed."""
    return Plugins(builtin, capi_actions_facebook.plugin)
