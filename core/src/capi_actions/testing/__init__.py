"""Helpers for tests of plugins: strategies for events, a conformance suite, and ``build_item``.

Needs the extra ``capi-actions[testing]`` (hypothesis, pytest).
"""

import pytest

pytest.register_assert_rewrite("capi_actions.testing.conformance")

from capi_actions.testing.build import build_item, make_batch  # noqa: E402  assertions are rewritten before it is imported
from capi_actions.testing.conformance import PluginConformance  # noqa: E402  the same
from capi_actions.testing.strategies import events, json_objects, json_values  # noqa: E402  the same

__all__ = ["PluginConformance", "build_item", "events", "json_objects", "json_values", "make_batch"]
