"""Check that what a plugin makes has the methods of its contract, and that they can be called as it says."""

import inspect
from collections.abc import Mapping
from typing import Any

from capi_actions.errors import PluginError
from capi_actions.model import Observer, Transport

_OBSERVER_METHODS: Mapping[str, int] = {
    "observe": 1,
    "configure": 1,
    "watch": 1,
    "expect": 1,
    "observe_event": 1,
    "observe_events": 2,
    "observe_outbox_error": 1,
    "close": 0,
}
"""Numbers of arguments.  All but the first may be missing."""


def require_observer(observer: object, plugin: str) -> Observer:
    """Return what a plugin's factory made if it is an observer.

    :raises PluginError: naming the method that is missing, ``async``, or takes something else.
    """
    kind = type(observer).__name__
    if not callable(getattr(observer, "observe", None)):
        problem = f"what it makes must have a method observe(report), but {kind} has none"
        raise PluginError(plugin, f"capi_report(): {problem}")
    for name, count in _OBSERVER_METHODS.items():
        method = getattr(observer, name, None)
        if callable(method) and not accepts_plainly(method, count):
            problem = (
                f"{name}() of {kind} must be a plain function that takes what capi_actions.Observer says"
            )
            raise PluginError(plugin, f"capi_report(): {problem}")
    return observer  # type: ignore[return-value]  # as was just checked


def require_transport(transport: object, plugin: str, name: str) -> Transport:
    """Return what a plugin's factory made if it is a transport.

    :raises PluginError: naming the methods that are missing.
    """
    require_methods(transport, Transport, plugin, f"transport {name!r}")
    return transport  # type: ignore[return-value]  # as was just checked


def require_methods(thing: object, contract: type, plugin: str, label: str) -> None:
    """Require that an object has all methods of a contract.

    :param label: what it is, with its name, as ``transport 'urllib3'``; for the message.
    :raises PluginError: naming the methods that are missing.
    """
    if missing := missing_methods(thing, contract):
        methods = ", ".join(f"{method}()" for method in missing)
        requirement = f"that takes what capi_actions.{contract.__name__} says and isn't async"
        raise PluginError(plugin, f"its {label} ({type(thing).__name__}) has no {methods} {requirement}")


def missing_methods(thing: object, contract: type) -> list[str]:
    """Return the methods of a contract that an object doesn't have, or has with other parameters or as ``async``."""
    names = [
        name for name in vars(contract) if not name.startswith("_") and callable(getattr(contract, name))
    ]
    return [
        name
        for name in names
        if not accepts_plainly(getattr(thing, name, None), _count_parameters(getattr(contract, name)))
    ]


def _count_parameters(method: Any) -> int:
    return len(inspect.signature(method).parameters) - 1  # without self


def accepts_plainly(function: Any, count: int) -> bool:
    """Return whether something is no ``async def`` and can be called with this number of positional arguments."""
    return accepts(function, count) and not inspect.iscoroutinefunction(function)


def accepts(function: Any, count: int) -> bool:
    """Return whether something can be called with this number of positional arguments."""
    if not callable(function):
        return False
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built-in functions may have none
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
