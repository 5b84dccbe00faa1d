"""The contract of everything that this plugin offers."""

from capi_actions.testing import PluginConformance

import capi_actions_acme.plugin


class TestPlugin(PluginConformance):
    """Its tests come with capi-actions; the docstring of one that fails says what to change."""

    plugin = capi_actions_acme.plugin
    config = {"url": "https://acme.example/events", "token": "sesame"}
    directive_examples = {"@acme-initials": [("Ada King", {}, "AK")]}  # with directive
    normalizer_examples = {"acme/em": [(" Ada@Example.com", "ada@example.com")]}  # with normalizer
