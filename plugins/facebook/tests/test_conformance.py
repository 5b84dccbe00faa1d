"""The built-in plugin keeps to what every plugin must."""

import capi_actions_facebook.plugin
from capi_actions.testing import PluginConformance


class TestConformance(PluginConformance):
    """As a stranger's would."""

    plugin = capi_actions_facebook.plugin
    config = {"pixel_id": "1", "access_token": "sesame"}  # noqa: RUF012  as authors write it
    directive_examples = {  # noqa: RUF012  as authors write it
        "@person": [
            ("email", {"type": "track", "properties": {"email": "ada@example.com"}}, "ada@example.com")
        ],
    }
