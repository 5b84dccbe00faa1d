"""Tests for plugins: one class for each kind and :class:`PluginConformance` for all, and what helps to write others.

Subclass, set two attributes, and run pytest.  Needs the extra ``capi-actions[testing]`` (hypothesis, pytest).
"""

import pytest

pytest.register_assert_rewrite("capi_actions.testing.outbox_model")

from capi_actions.testing.actions import ActionTests  # noqa: E402  assertions are rewritten before it is imported
from capi_actions.testing.build import build_item, make_batch  # noqa: E402  the same
from capi_actions.testing.commands import CommandTests  # noqa: E402  the same
from capi_actions.testing.conformance import PluginConformance  # noqa: E402  the same
from capi_actions.testing.destinations import DestinationTests  # noqa: E402  the same
from capi_actions.testing.directives import DirectiveTests  # noqa: E402  the same
from capi_actions.testing.filters import EventFilterTests  # noqa: E402  the same
from capi_actions.testing.inputs import InputFormatTests  # noqa: E402  the same
from capi_actions.testing.normalizers import NormalizerTests  # noqa: E402  the same
from capi_actions.testing.observers import ObserverTests  # noqa: E402  the same
from capi_actions.testing.outboxes import OutboxTests  # noqa: E402  the same
from capi_actions.testing.strategies import events, json_objects, json_values  # noqa: E402  the same
from capi_actions.testing.tables import ConfigTableTests  # noqa: E402  the same
from capi_actions.testing.transports import TransportTests  # noqa: E402  the same

__all__ = [
    "ActionTests",
    "CommandTests",
    "ConfigTableTests",
    "DestinationTests",
    "DirectiveTests",
    "EventFilterTests",
    "InputFormatTests",
    "NormalizerTests",
    "ObserverTests",
    "OutboxTests",
    "PluginConformance",
    "TransportTests",
    "build_item",
    "events",
    "json_objects",
    "json_values",
    "make_batch",
]
