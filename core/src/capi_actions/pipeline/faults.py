"""Faults of an action itself: they are told at the place that chooses the action, as nothing else of it is there."""

from collections.abc import Iterator, Mapping
from typing import Any

from capi_actions.errors import ConfigError, Problem
from capi_actions.fields.definitions import problems_of
from capi_actions.mapping import compile_mapping
from capi_actions.model import Action, Field
from capi_actions.plugins import Plugins


def sort_out(
    action: Action, plugins: Plugins, hashers: Mapping[str, Any], error: ConfigError
) -> tuple[list[Problem], list[str]]:
    """Tell what is wrong with a mapping from what is wrong with the action that it is for.

    :param hashers: those of the destination's profile.
    :param error: what came of compiling them together.
    :returns: the mapping's own problems, and sentences about the action.
    """
    prebuilt = [each for each in _of_mapping(action, plugins) if each in error.problems]
    fields = list(problems_of(action.fields, hashers))
    own = [each for each in error.problems if each not in prebuilt and each not in fields]
    faults = [f"its prebuilt mapping: {each.message}" for each in prebuilt]
    if not hashers and (hashed := list(_hashed(action.fields))):
        known = {spec.hashed for _, spec in hashed if spec.hashed}
        fields = list(problems_of(action.fields, known))
        keys = ", ".join(key for key, _ in hashed)
        lack = f"the destination type {action.destination!r} has no normalization profile"
        faults.append(f"{keys} should be hashed, but {lack}: its settings lack normalization")
    faults += [f"its field {each.path.removeprefix('$.')}: {each.message}" for each in fields]
    return own, [f"{whose(action, plugins)} is at fault: {each}" for each in faults]


def whose(action: Action, plugins: Plugins) -> str:
    """Name an action and its plugin."""
    return f"the action {action.name} of plugin {plugins.provider('capi_actions', action.name)!r}"


def _of_mapping(action: Action, plugins: Plugins) -> tuple[Problem, ...]:
    try:
        compile_mapping(action.mapping, plugins.directives)
    except ConfigError as error:
        return error.problems
    return ()


def _hashed(fields: Mapping[str, Field], above: str = "") -> Iterator[tuple[str, Field]]:
    """Find the fields that are hashed, with dotted keys."""
    for key, spec in fields.items():
        if spec.hashed:
            yield above + key, spec
        yield from _hashed(spec.properties or {}, f"{above}{key}.")
