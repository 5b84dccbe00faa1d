"""From a destination's configuration to its routes, reporting every problem at once."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from capi_actions.codec import decode_json
from capi_actions.config import DestinationConfig, DestinationDraft, MappingConfig
from capi_actions.errors import ConfigError, EventError, Problem, below
from capi_actions.fields.validate import problems_of
from capi_actions.mapping import compile_mapping
from capi_actions.model import Action, Field, JsonObject
from capi_actions.pipeline.compiled_action import Recipe
from capi_actions.pipeline.route import Route
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean
from capi_actions.triggers import Trigger, compile_trigger


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


T = TypeVar("T")


def compile_routes(
    config: DestinationConfig, plugins: Plugins, folder: Path, problems: list[Problem]
) -> list[Route]:
    """Compile all mappings of one destination.

    :param folder: where relative mapping files are looked for.
    :param problems: takes up everything that is wrong with them.
    """
    return [
        Route(
            destination_name=config.name,
            destination=config.destination,
            trigger=trigger,
            recipe=recipe,
            path=path,
        )
        for path, trigger, recipe in compile_mappings(config, plugins, folder, problems)
    ]


def compile_mappings(
    draft: DestinationDraft, plugins: Plugins, folder: Path, problems: list[Problem]
) -> Iterator[tuple[str, Trigger, Recipe]]:
    """Compile what doesn't need the destination's settings: each mapping's place, trigger and recipe."""
    hashers = plugins.hashers(draft.profile)
    actions = plugins.actions_of(draft.type)
    for path, each in _listed(draft, plugins):
        action = actions.get(each.action)
        if action is None:
            hint = did_you_mean(each.action, list(actions))
            problems.append(Problem(f"there is no action {each.action!r}{hint}", f"{path}.action"))
            continue
        chosen = path if draft.mappings is None else f"{path}.action"
        trigger_at = chosen if each.trigger is None and action.trigger else f"{path}.trigger"
        trigger = _collect(problems, trigger_at, _trigger, action, each, plugins)
        at = f"{path}.mapping_file" if each.mapping_file else f"{path}.mapping"
        mapping = _collect(problems, at, whole_mapping, action, each, folder)
        if mapping is None:
            continue
        try:
            recipe = Recipe.compile(action, mapping, plugins, hashers)
        except ConfigError as error:
            own, faults = sort_out(action, plugins, hashers, error)
            problems += below(at, own)
            problems += (Problem(fault, chosen) for fault in faults)
        else:
            if trigger:
                yield path, trigger, recipe


def whole_mapping(action: Action, config: MappingConfig, folder: Path) -> JsonObject:
    """Give the mapping that a configuration asks for, prebuilt parts included.

    :raises ConfigError: when the mapping file can't be read.
    """
    if config.mapping_file is not None:
        return _mapping_file(folder, config.mapping_file)
    return overlay(action.mapping, config.mapping or {})


def overlay(prebuilt: JsonObject, own: JsonObject) -> JsonObject:
    """Lay a user's mapping over the prebuilt one, field by field, also inside objects of fields."""
    merged = dict(prebuilt)
    for key, value in own.items():
        prior = merged.get(key)
        merged[key] = overlay(prior, value) if _is_plain(prior) and _is_plain(value) else value
    return merged


def _is_plain(value: Any) -> TypeGuard[JsonObject]:
    return isinstance(value, dict) and not any(key.startswith("@") for key in value)


def _listed(config: DestinationDraft, plugins: Plugins) -> list[tuple[str, MappingConfig]]:
    base = f"$.destinations.{config.name}"
    if config.mappings is None:
        actions = plugins.actions_of(config.type)
        return [(base, MappingConfig(action=name)) for name, each in actions.items() if each.trigger]
    return [(f"{base}.mappings[{index}]", each) for index, each in enumerate(config.mappings) if each.enabled]


def _trigger(action: Action, config: MappingConfig, plugins: Plugins) -> Trigger:
    if config.trigger is not None:
        return compile_trigger(config.trigger)
    if action.trigger is None:
        raise ConfigError.of(f"{action.name} has no prebuilt trigger: give it one")
    try:
        return compile_trigger(action.trigger)
    except ConfigError as error:
        problem = f"{whose(action, plugins)} is at fault: its prebuilt trigger: {error.message}"
        raise ConfigError.of(problem) from None


def _mapping_file(folder: Path, name: str) -> JsonObject:
    try:
        mapping = decode_json((folder / name).read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise ConfigError.of(f"{name} can't be read: {reason}") from error
    except EventError as error:
        raise ConfigError.of(f"{name} {error.message}") from None
    if not isinstance(mapping, dict):
        raise ConfigError.of(f"{name} should hold a JSON object, the mapping")
    return mapping


def _collect(problems: list[Problem], path: str, make: Callable[..., T], *arguments: Any) -> T | None:
    """Make something; on failure note its problems under a path and go on."""
    try:
        return make(*arguments)
    except ConfigError as error:
        problems += below(path, error.problems)
        return None
