"""A local stand-in for Meta's Conversions API, to try and test senders without a pixel.

What it knows of Meta's rules (ends of API versions, ages of events, keys, names, currencies) also stands in the
Facebook plugin.  It is written down here a second time on purpose: the sandbox is an independent oracle, so that
a mistake on one side is caught by the other.  For the same reason it imports nothing of that plugin.
``tests/together/test_facts.py`` compares the two, fact by fact.

>>> with Sandbox() as sandbox:
...     sandbox.url.startswith("http://127.0.0.1:")
True
"""

from capi_actions_sandbox.app import create_app
from capi_actions_sandbox.checks import check_events
from capi_actions_sandbox.faults import Fault
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure
from capi_actions_sandbox.server import Sandbox
from capi_actions_sandbox.store import Exchange, Received, State

__all__ = [
    "Exchange",
    "Failure",
    "Fault",
    "Received",
    "Sandbox",
    "SandboxOptions",
    "State",
    "check_events",
    "create_app",
]
