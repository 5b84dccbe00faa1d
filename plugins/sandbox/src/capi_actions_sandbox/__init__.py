"""A local stand-in for Meta's Conversions API, to try and test senders without a pixel.

What it knows of Meta's rules (ends of API versions, ages of events, keys, names, currencies) also stands in the
Facebook plugin.  It is written down here a second time on purpose: the sandbox is an independent oracle, so that
a mistake on one side is caught by the other.  For the same reason it imports nothing of that plugin.
``tests/together/test_facts.py`` compares the two, fact by fact.

>>> with Sandbox() as sandbox:
...     sandbox.url.startswith("http://127.0.0.1:")
True

Each name is imported when it is first used, for starlette and uvicorn take 60 ms, which `capi` only pays to serve.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_MODULES = {
    "create_app": "capi_actions_sandbox.app",
    "check_events": "capi_actions_sandbox.checks",
    "Fault": "capi_actions_sandbox.faults",
    "SandboxOptions": "capi_actions_sandbox.options",
    "Failure": "capi_actions_sandbox.refusals",
    "Sandbox": "capi_actions_sandbox.server",
    "Exchange": "capi_actions_sandbox.store",
    "Received": "capi_actions_sandbox.store",
    "State": "capi_actions_sandbox.store",
}


if not TYPE_CHECKING:  # type checkers read the imports above, and would believe that any name is here

    def __getattr__(name: str) -> object:
        """Import a name when it is first used."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted(globals().keys() | _MODULES.keys())
