"""What is wrong with one thing that a plugin offers, looked at by itself."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import click
from attrs import has

from capi_actions.declare import as_action
from capi_actions.errors import where
from capi_actions.model import (
    Action,
    Destination,
    Directive,
    Field,
    Normalizer,
    OutboxFactory,
    TransportFactory,
)

_METHODS = ("prepare", "check", "envelope", "judge", "lint_settings", "lint_mapping")
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


_KINDS: Mapping[str, type] = {
    "capi_actions": Action,
    "capi_directives": Directive,
    "capi_normalizers": Normalizer,
    "capi_transports": TransportFactory,
    "capi_outboxes": OutboxFactory,
    "capi_commands": click.Command,
}

# Factories may be called anything: their names stand in the configuration, between quotes.
_NAMES: Mapping[str, tuple[str, str]] = {
    "capi_destinations": (r"[\w-]+", "one word, such as 'acme'"),
    "capi_actions": (
        r"[\w-]+(\.[\w-]+)+",
        "a destination type, a dot and one word, such as 'acme.ping'",
    ),
    "capi_directives": (r"@[\w-]+", "an at sign and one word, such as '@phone_e164'"),
    "capi_normalizers": (r"[\w.-]+/[\w.-]+", "profile and key, one word each"),
    "capi_commands": (r"\S+", "one word"),
}


def read(given: Any) -> Any:
    """Give what a plugin means: the action that a class declares, anything else as it is."""
    return as_action(given) or given


def wrong(hook: str, given: Any) -> str:
    """Say what is wrong with what a hook gave, in a sentence; "" when nothing is."""
    offered = read(given)
    if wanted := _wrong_kind(hook, offered):
        described = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
        return f"{hook}() must offer {wanted}, but gave {described}"
    if hook == "capi_report":
        return ""
    name = title(offered)
    if wanted := _wrong_name(hook, name):
        return f"{hook}(): the name {name!r} must be {wanted}"
    problem = _DETAILS.get(hook, _nothing)(offered)
    return f"{hook}(): {problem}" if problem else ""


def title(offered: Any) -> str:
    """Name what was offered: by this name it is used."""
    if isinstance(offered, Normalizer):
        return f"{offered.profile}/{offered.key}"
    return str(getattr(offered, "name", None) or getattr(offered, "__name__", offered))


def _wrong_kind(hook: str, offered: Any) -> str:
    """Say what is wanted instead, or nothing."""
    if hook == "capi_destinations":
        return wrong_type(offered)
    if hook == "capi_report":
        return "" if callable(offered) else "callables that make observers"
    kind = _KINDS[hook]
    return "" if isinstance(offered, kind) else f"objects of {kind.__module__}.{kind.__name__}"


def _wrong_name(hook: str, name: str) -> str:
    pattern, wanted = _NAMES.get(hook, (r".*\S.*", "text"))
    return "" if re.fullmatch(pattern, name) else wanted


def _wrong_action(action: Any) -> str:
    if not callable(action.build):
        return f"build of {action.name!r} can't be called"
    if not isinstance(action.trigger, str | None):
        return f"the trigger of {action.name!r} must be text or None"
    if not isinstance(action.fields, Mapping):
        return f"the fields of {action.name!r} must be a dict of capi_actions.Field"
    for key, spec in action.fields.items():
        if not isinstance(key, str) or not isinstance(spec, Field):
            return f"the field {key!r} of {action.name!r} must be a capi_actions.Field"
    return ""


def _wrong_directive(directive: Any) -> str:
    return "" if callable(directive.compile) else f"compile of {directive.name!r} can't be called"


def _wrong_normalizer(normalizer: Any) -> str:
    if not callable(normalizer.normalize):
        return f"normalize of {title(normalizer)!r} can't be called"
    if normalizer.otherwise not in ("raw", "drop"):
        return f"otherwise of {title(normalizer)!r} must be 'raw' or 'drop'"
    return ""


def _wrong_factory(factory: Any) -> str:
    return "" if callable(factory.make) else f"make of {factory.name!r} can't be called"


def _nothing(offered: Any) -> str:
    return ""


_DETAILS: Mapping[str, Callable[[Any], str]] = {
    "capi_destinations": wrong_destination,
    "capi_actions": _wrong_action,
    "capi_directives": _wrong_directive,
    "capi_normalizers": _wrong_normalizer,
    "capi_transports": _wrong_factory,
    "capi_outboxes": _wrong_factory,
}
