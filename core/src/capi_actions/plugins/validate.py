"""Validate one offer of a plugin by itself.

Functions named ``validate_*`` return what is wrong in a sentence, or None.  Those named
``expected_*`` return what should have been offered instead, or None.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import click
from attrs import fields_dict, has

from capi_actions.contracts import accepts
from capi_actions.declare import as_action, build_error
from capi_actions.model import (
    CORE_TABLES,
    RESERVED_SETTINGS,
    Action,
    ConfigTable,
    Destination,
    Directive,
    EventFilter,
    Field,
    InputFormat,
    Normalizer,
    OutboxFactory,
    TransportFactory,
)
from capi_actions.tracebacks import where

_TYPES: Mapping[str, type] = {
    "capi_actions": Action,
    "capi_events": EventFilter,
    "capi_directives": Directive,
    "capi_normalizers": Normalizer,
    "capi_transports": TransportFactory,
    "capi_outboxes": OutboxFactory,
    "capi_inputs": InputFormat,
    "capi_tables": ConfigTable,
    "capi_commands": click.Command,
}

# Factories may have any name: it stands in the configuration, between quotes.
_NAMES: Mapping[str, tuple[str, str]] = {
    "capi_destinations": (r"[\w-]+", "one word, such as 'acme'"),
    "capi_actions": (
        r"[\w-]+(\.[\w-]+)+",
        "a destination type, a dot and one word, such as 'acme.ping'",
    ),
    "capi_events": (r"[\w.-]+", "one word, such as 'bots'"),
    "capi_directives": (r"@[\w-]+", "an at sign and one word, such as '@phone_e164'"),
    "capi_normalizers": (r"[\w.-]+/[\w.-]+", "profile and key, one word each"),
    "capi_inputs": (r"[\w-]+", "one word, such as 'acme'"),
    "capi_tables": (r"[\w-]+", "one word, such as 'acme'"),
    "capi_commands": (r"[^\s-]\S*", "one word that doesn't begin with a hyphen"),
}


def normalize_offer(offered: Any) -> Any:
    """Return the action that a class declares, and anything else unchanged."""
    return as_action(offered) or offered


def offer_name(offered: Any) -> str:
    """Return the name by which an offer is used."""
    if isinstance(offered, Normalizer):
        return f"{offered.profile}/{offered.key}"
    return str(getattr(offered, "name", None) or getattr(offered, "__name__", offered))


def validate_offer(hook: str, offered: Any) -> str | None:
    """Return what is wrong with something that a hook returned, in a sentence, or None."""
    offer = normalize_offer(offered)
    if expected := expected_type(hook, offer):
        described = f"the class {offered.__name__}" if isinstance(offered, type) else type(offered).__name__
        hint = "; put @action above it" if hook == "capi_actions" and isinstance(offered, type) else ""
        return f"{hook}() must offer {expected}, but offered {described}{hint}"
    if hook == "capi_report":
        return None
    own_name: object = getattr(offer, "name", "")
    if not isinstance(own_name, str):
        return f"{hook}(): the name {own_name!r} must be text"
    name = offer_name(offer)
    if expected := expected_name(hook, name):
        return f"{hook}(): the name {name!r} must be {expected}"
    validate = _VALIDATORS.get(hook)
    problem = validate(offer) if validate else None
    return f"{hook}(): {problem}" if problem else None


def expected_type(hook: str, offer: Any) -> str | None:
    """Return what a hook must offer, or None when this is of the right type."""
    if hook == "capi_destinations":
        return _expected_destination(offer)
    if hook == "capi_report":
        return None if callable(offer) else "callables that make observers"
    required = _TYPES[hook]
    package = required.__module__.partition(".")[0]  # which has it for everybody; the module may change
    return None if isinstance(offer, required) else f"objects of {package}.{required.__name__}"


def _expected_destination(offer: Any) -> str | None:
    if not (isinstance(offer, type) and issubclass(offer, Destination)):
        return "subclasses of capi_actions.Destination"
    missing = sorted(offer.__abstractmethods__)
    if not isinstance(getattr(offer, "name", None), str):
        missing.append("name")
    if not has(getattr(offer, "settings_type", None) or object):
        missing.append("settings_type, an attrs class")
    return f"destinations that have {', '.join(missing)}" if missing else None


def expected_name(hook: str, name: str) -> str | None:
    """Return what a name must be that is offered through a hook, or None when it is."""
    pattern, expected = _NAMES.get(hook, (r".*\S.*", "text"))
    return None if re.fullmatch(pattern, name) else expected


_METHODS = (
    *("prepare", "check", "envelope", "judge", "probe", "judge_probe"),
    *("match_keys", "value_warning", "lint_settings", "lint_mapping"),
)
_LIMITS = ("max_items", "max_bytes")


def validate_destination(destination_type: type[Destination]) -> str | None:
    """Return which method can't be called as the core does it, or which limit is invalid, or None."""
    class_name = destination_type.__name__
    try:
        profile: object = destination_type.default_profile()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        return f"{class_name}.default_profile() failed ({where(error)})"
    if not isinstance(profile, str):
        return f"{class_name}.default_profile() must return text, but returned {type(profile).__name__}"
    if reserved := sorted(RESERVED_SETTINGS & fields_dict(destination_type.settings_type).keys()):
        return f"{class_name}.settings_type must not have {', '.join(reserved)}: the core reads it itself"
    if problem := _validate_integration_names(destination_type.integration_names):
        return f"{class_name}.{problem}"
    cookies: object = destination_type.cookies
    if not isinstance(cookies, Mapping) or not all(
        isinstance(text, str) for text in (*cookies, *cookies.values())
    ):
        return f"{class_name}.cookies must be a dict of texts, but it is {cookies!r:.60}"
    if not accepts(destination_type, 1):
        return f"{class_name}() must take the settings and nothing else"
    unbuilt = object.__new__(destination_type)
    for name in _METHODS:
        parameters = list(inspect.signature(getattr(Destination, name)).parameters)
        if not accepts(getattr(unbuilt, name), len(parameters) - 1):
            return f"{class_name}.{name}() must be a method that takes ({', '.join(parameters)})"
        if inspect.iscoroutinefunction(getattr(unbuilt, name)):
            return f"{class_name}.{name}() {_NOT_ASYNC}"
    return validate_limits(destination_type)


def validate_limits(destination: Destination | type[Destination]) -> str | None:
    """Return which limit is not a whole number above 0, or None.

    A limit that is a property is checked in instances only.
    """
    class_name = (destination if isinstance(destination, type) else type(destination)).__name__
    for name in _LIMITS:
        limit = getattr(destination, name)
        if not isinstance(limit, property) and (type(limit) is not int or limit < 1):
            return f"{class_name}.{name} must be a whole number above 0, but it is {limit!r}"
    return None


# What follows is typed as Any, as a plugin may put anything into an attribute.


def _validate_action(action: Any) -> str | None:
    if not callable(action.build):
        return f"build of {action.name!r} can't be called"
    if problem := build_error(action.build):
        return f"build of {action.name!r} {problem}"
    if not isinstance(action.trigger, str | None):
        return f"the trigger of {action.name!r} must be text or None"
    if not isinstance(action.fields, Mapping):
        return f"the fields of {action.name!r} must be a dict of capi_actions.Field"
    for key, spec in action.fields.items():
        if not isinstance(key, str) or not isinstance(spec, Field):
            return f"the field {key!r} of {action.name!r} must be a capi_actions.Field"
    return None


def _validate_event_filter(event_filter: Any) -> str | None:
    name, apply, apply_for = event_filter.name, event_filter.apply, event_filter.apply_for
    if (apply is None) == (apply_for is None):
        return f"{name!r} must have either apply or apply_for"
    attribute, function = ("apply_for", apply_for) if apply is None else ("apply", apply)
    if not accepts(function, 1):
        taken = "a destination's description" if apply is None else "an event"
        return f"{attribute} of {name!r} must be a function that takes {taken} and nothing else"
    return _async_problem(function, attribute, name)


_NOT_ASYNC = "must be a plain function, not async"


def _async_problem(function: object, attribute: str, name: str) -> str | None:
    return f"{attribute} of {name!r} {_NOT_ASYNC}" if inspect.iscoroutinefunction(function) else None


def _validate_integration_names(names: Any) -> str | None:
    is_list = isinstance(names, list | tuple)
    if is_list and all(isinstance(name, str) and name.strip() for name in names):
        return None
    return f"integration_names must be a list of texts, but it is {names!r}"


def _validate_directive(directive: Any) -> str | None:
    if not callable(directive.compile):
        return f"compile of {directive.name!r} can't be called"
    return _async_problem(directive.compile, "compile", directive.name)


def _validate_normalizer(normalizer: Any) -> str | None:
    if not callable(normalizer.normalize):
        return f"normalize of {offer_name(normalizer)!r} can't be called"
    if normalizer.otherwise not in ("raw", "drop"):
        return f"otherwise of {offer_name(normalizer)!r} must be 'raw' or 'drop'"
    return _async_problem(normalizer.normalize, "normalize", offer_name(normalizer))


def _validate_factory(factory: Any) -> str | None:
    for name in ("make", "check"):
        function = getattr(factory, name, None)
        if not callable(function) and (name == "make" or function is not None):
            return f"{name} of {factory.name!r} can't be called"
        if problem := _async_problem(function, name, factory.name):
            return problem
    return None


def _validate_input(offered: Any) -> str | None:
    if not callable(offered.convert):
        return f"convert of {offered.name!r} can't be called"
    return _async_problem(offered.convert, "convert", offered.name)


def _validate_command(command: click.Command) -> str | None:
    """Return why a command would fail `capi --help`, or do nothing, or None."""
    try:
        help_text: object = command.get_short_help_str()
        described = isinstance(help_text, str) and isinstance(command.help, str | None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        return f"the help of {command.name!r} can't be made ({where(error)})"
    if not described:
        return f"the help of {command.name!r} must be text"
    return _async_problem(command.callback, "callback", str(command.name))


def _validate_table(table: Any) -> str | None:
    if table.name in CORE_TABLES:
        return f"the table {table.name!r} is the core's own"
    if not (isinstance(table.settings_type, type) and has(table.settings_type)):
        return f"settings_type of {table.name!r} must be an attrs class"
    checks = table.check if isinstance(table.check, list | tuple) else (table.check,)
    if table.check is not None and not all(accepts(check, 2) for check in checks):
        return f"check of {table.name!r} must be a function that takes settings and names, and nothing else"
    return None


_VALIDATORS: Mapping[str, Callable[[Any], str | None]] = {
    "capi_destinations": validate_destination,
    "capi_actions": _validate_action,
    "capi_events": _validate_event_filter,
    "capi_directives": _validate_directive,
    "capi_normalizers": _validate_normalizer,
    "capi_transports": _validate_factory,
    "capi_outboxes": _validate_factory,
    "capi_inputs": _validate_input,
    "capi_tables": _validate_table,
    "capi_commands": _validate_command,
}
