"""The hooks that this distribution implements: the entry point names this module."""

from capi_actions_acme.action import capi_actions  # with action
from capi_actions_acme.command import capi_commands  # with command
from capi_actions_acme.destination import capi_destinations  # with destination
from capi_actions_acme.directive import capi_directives  # with directive
from capi_actions_acme.filter import capi_events  # with filter
from capi_actions_acme.normalizer import capi_normalizers  # with normalizer
from capi_actions_acme.observer import capi_report  # with observer
from capi_actions_acme.outbox import capi_outboxes  # with outbox
from capi_actions_acme.transport import capi_transports  # with transport

__all__ = [
    "capi_actions",  # with action
    "capi_commands",  # with command
    "capi_destinations",  # with destination
    "capi_directives",  # with directive
    "capi_events",  # with filter
    "capi_normalizers",  # with normalizer
    "capi_outboxes",  # with outbox
    "capi_report",  # with observer
    "capi_transports",  # with transport
]
