"""What is wrong with a destination type."""

import inspect
from typing import Any

from attrs import has

from capi_actions.errors import where
from capi_actions.model import Destination

_METHODS = ("prepare", "check", "envelope", "judge", "advise", "advise_mapping")
_LIMITS = ("max_items", "max_bytes")


def wrong_type(each: Any) -> str:
    """Say what is wanted instead of something that is no destination type; "" when it is one."""
    if not (isinstance(each, type) and issubclass(each, Destination)):
        return "subclasses of capi_actions.Destination"
    missing = sorted(each.__abstractmethods__)
    if not isinstance(getattr(each, "name", None), str):
        missing.append("name")
    if not has(getattr(each, "settings_type", None) or object):
        missing.append("settings_type, an attrs class")
    return f"destinations that have {', '.join(missing)}" if missing else ""


def wrong_destination(kind: type[Destination]) -> str:
    """Say which method can't be called as the core does it, or which limit is none."""
    try:
        profile: object = kind.default_profile()
    except Exception as error:  # noqa: BLE001  a plugin may raise anything
        return f"{kind.__name__}.default_profile() failed ({where(error)})"
    if not isinstance(profile, str):
        return f"{kind.__name__}.default_profile() must give text, but gave {type(profile).__name__}"
    if not _takes(kind, 1):
        return f"{kind.__name__}() must take the settings and nothing else"
    unfinished = object.__new__(kind)
    for name in _METHODS:
        wanted = list(inspect.signature(getattr(Destination, name)).parameters)[1:]
        if not _takes(getattr(unfinished, name), len(wanted)):
            return f"{kind.__name__}.{name}() must be a method that takes ({', '.join(['self', *wanted])})"
    return wrong_limits(kind)


def wrong_limits(of: Destination | type[Destination]) -> str:
    """Say which limit is no whole number above 0; what a class computes is looked at in its objects."""
    kind = of if isinstance(of, type) else type(of)
    for name in _LIMITS:
        limit = getattr(of, name)
        if not isinstance(limit, property) and (type(limit) is not int or limit < 1):
            return f"{kind.__name__}.{name} must be a whole number above 0, but it is {limit!r}"
    return ""


def _takes(function: Any, count: int) -> bool:
    """Tell whether something can be called with so many arguments in order."""
    if not callable(function):
        return False
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # not written in Python: nobody can tell
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
