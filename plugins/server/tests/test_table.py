"""The table ``[server]``, by the tests that the core has for every plugin's."""

import capi_actions_server.plugin
from capi_actions.testing import ConfigTableTests


class TestServerTable(ConfigTableTests):
    """What `capi init --serve` writes can be read, and no value of a setting is the plugin's fault."""

    plugin = capi_actions_server.plugin
