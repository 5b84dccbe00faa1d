"""Compile the mappings of a configuration, reporting every problem at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from attrs import evolve, frozen

from capi_actions.codec import decode_json
from capi_actions.config import Config, DestinationConfig, DestinationDraft, MappingConfig, MappingDraft
from capi_actions.errors import ConfigError, Diagnostics, EventError, Problem, json_path
from capi_actions.fields.validate import problems_of
from capi_actions.files import read_regular_file
from capi_actions.hashing import Hasher
from capi_actions.mapping import compile_mapping, is_directive
from capi_actions.model import Action, Field, JsonObject
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.pipeline.route import Route
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean
from capi_actions.triggers import Trigger, compile_trigger


@frozen(kw_only=True)
class MappingUnit:
    """One mapping of one destination, with those parts that could be compiled.

    :ivar destination: the destination's table.
    :ivar path: where the mapping is in the configuration.
    :ivar trigger_path: where its trigger is.
    :ivar mapping_path: where its fields are.
    :ivar action: None if unknown.
    :ivar trigger: None if it has errors.
    :ivar mapping: the whole mapping, prebuilt parts included; None if it can't be read.
    :ivar malformed: paths of errors in ``mapping``, relative to it.
    :ivar compiled_action: None if action or mapping have errors.
    """

    destination: DestinationDraft
    path: str
    trigger_path: str
    mapping_path: str
    action: Action | None = None
    trigger: Trigger | None = None
    mapping: JsonObject | None = None
    malformed: frozenset[str] = frozenset()
    compiled_action: CompiledAction | None = None

    def route(self) -> Route | None:
        """Return the mapping ready to run; None if anything of it has errors."""
        if self.trigger is None or self.compiled_action is None:
            return None
        if not isinstance(self.destination, DestinationConfig):
            return None
        return Route(
            destination_name=self.destination.name,
            destination=self.destination.destination,
            trigger=self.trigger,
            compiled_action=self.compiled_action,
            path=self.path,
        )


def compile_config(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> list[MappingUnit]:
    """Compile every mapping of a configuration, also where others, or settings, have errors.

    :param diagnostics: takes the errors of triggers and mappings; those of ``config`` itself aren't added.
    """
    units: list[MappingUnit] = []
    for destination in (*config.destinations, *config.drafts):
        units += DestinationCompiler(destination, plugins, config.folder, diagnostics).units()
    return units


class DestinationCompiler:
    """Compiles the mappings of one destination."""

    def __init__(
        self, destination: DestinationDraft, plugins: Plugins, folder: Path, diagnostics: Diagnostics
    ) -> None:
        self._destination = destination
        self._plugins = plugins
        self._folder = folder
        self._diagnostics = diagnostics
        self._actions = plugins.actions_of(destination.type)
        self._hashers = plugins.hashers(destination.profile)
        self._has_reported_profile = False

    def units(self) -> Iterator[MappingUnit]:
        """Compile each enabled mapping as far as possible."""
        base = json_path(("destinations", self._destination.name))
        if self._destination.mappings is None:
            for name, action in self._actions.items():
                if action.trigger:
                    yield self._unit(MappingConfig(action=name), base, base)
            return
        for index, config in enumerate(self._destination.mappings):
            if config.enabled:
                path = f"{base}.mappings[{index}]"
                yield self._unit(config, path, f"{path}.action")

    def _unit(self, config: MappingConfig, path: str, action_path: str) -> MappingUnit:
        """Compile one mapping.

        :param action_path: where the configuration chooses the action: errors of the action itself are
            reported there, as its declaration isn't in the file.
        """
        action = self._actions.get(config.action)
        if action is None and config.action and self._destination.type:
            hint = did_you_mean(config.action, list(self._actions))
            self._diagnostics.add(f"there is no action {config.action!r}{hint}", action_path)
        is_prebuilt = config.trigger is None and action is not None and action.trigger is not None
        unit = MappingUnit(
            destination=self._destination,
            path=path,
            trigger_path=action_path if is_prebuilt else f"{path}.trigger",
            mapping_path=f"{path}.mapping" if config.mapping_file is None else f"{path}.mapping_file",
            action=action,
        )
        unreadable = config.unreadable if isinstance(config, MappingDraft) else frozenset()
        if "trigger" not in unreadable:
            unit = evolve(unit, trigger=self._trigger(config, unit))
        if config.mapping is not None and config.mapping_file is not None:
            self._check_alone(config.mapping, f"{path}.mapping")
        if not unreadable & {"mapping", "mapping_file"}:
            unit = evolve(unit, mapping=self._whole_mapping(config, unit))
        return self._compile(config, unit, action_path)

    def _trigger(self, config: MappingConfig, unit: MappingUnit) -> Trigger | None:
        action, diagnostics = unit.action, self._diagnostics.under(unit.trigger_path)
        source = config.trigger
        if source is None and action is not None:
            source = action.trigger
            if source is None:
                diagnostics.add(f"{action.name} has no prebuilt trigger: give it one")
        if source is None:
            return None
        try:
            return compile_trigger(source)
        except ConfigError as error:
            if config.trigger is None and action is not None:
                author = action_and_plugin(action, self._plugins)
                diagnostics.add(f"{author} is at fault: its prebuilt trigger: {error.message}")
            else:
                diagnostics.extend(error.problems)
            return None

    def _whole_mapping(self, config: MappingConfig, unit: MappingUnit) -> JsonObject | None:
        """Return the mapping with its prebuilt parts."""
        if config.mapping_file is not None:
            try:
                return read_mapping_file(self._folder, config.mapping_file)
            except ConfigError as error:
                self._diagnostics.under(unit.mapping_path).extend(error.problems)
                return None
        return merge(unit.action.mapping if unit.action else {}, config.mapping or {})

    def _compile(self, config: MappingConfig, unit: MappingUnit, action_path: str) -> MappingUnit:
        if unit.mapping is None:
            return unit
        if unit.action is None:
            return evolve(unit, malformed=self._check_alone(unit.mapping, unit.mapping_path))
        try:
            compiled_action = CompiledAction.compile(unit.action, unit.mapping, self._plugins, self._hashers)
        except ConfigError as error:
            prebuilt = {} if config.mapping_file is not None else unit.action.mapping
            hashers = self._hashers
            if lacking := self._hashers_lacking_in_profile(unit.action):
                self._report_lacking_hashers(lacking, unit.action)
                hashers = {**hashers, **lacking}
            own, faults = attribute_errors(unit.action, prebuilt, self._plugins, hashers, error)
            missing = set(problems_of(unit.action.fields, self._hashers)) if lacking else set()
            self._diagnostics.under(unit.mapping_path).extend(item for item in own if item not in missing)
            for fault in faults:
                self._diagnostics.add(fault, action_path)
            return evolve(unit, malformed=frozenset(problem.path for problem in error.problems))
        return evolve(unit, compiled_action=compiled_action)

    def _hashers_lacking_in_profile(self, action: Action) -> Mapping[str, Hasher]:
        """Return the hashers that an action needs and only the destination type's own profile has, by their keys."""
        own_profile = self._plugins.destinations[self._destination.type].default_profile()
        if not self._hashers or self._destination.profile == own_profile:
            return {}
        needed = {spec.hashed for _, spec in _hashed_fields(action.fields)}
        return {
            key: hasher
            for key, hasher in self._plugins.hashers(own_profile).items()
            if key in needed and key not in self._hashers
        }

    def _report_lacking_hashers(self, lacking: Mapping[str, Hasher], action: Action) -> None:
        """Add one error for the profile, however many actions need what it lacks."""
        if self._has_reported_profile:
            return
        self._has_reported_profile = True
        profile = self._destination.profile
        own = self._plugins.destinations[self._destination.type].default_profile()
        path = f"{json_path(('destinations', self._destination.name))}.normalization"
        message = (
            f"the profile {profile!r} has no normalizer for {', '.join(lacking)}, which {action.name} hashes: offer"
            f" them too, or join profiles: {f'{own}+{profile}'!r}"
        )
        self._diagnostics.add(message, path)

    def _check_alone(self, mapping: JsonObject, path: str) -> frozenset[str]:
        """Check the directives of a mapping whose action isn't known.

        :returns: paths of errors, relative to the mapping.
        """
        problems = _mapping_problems(mapping, self._plugins)
        self._diagnostics.under(path).extend(problems)
        return frozenset(problem.path for problem in problems)


def attribute_errors(
    action: Action,
    prebuilt: JsonObject,
    plugins: Plugins,
    hashers: Mapping[str, Any],
    error: ConfigError,
) -> tuple[list[Problem], list[str]]:
    """Separate errors of a mapping from errors of the action that it is for.

    :param prebuilt: the action's mapping, as far as it takes part.
    :param hashers: those of the destination's profile.
    :param error: raised by compiling both together.
    :returns: the mapping's own problems, and messages about the action.
    """
    in_prebuilt = [problem for problem in _mapping_problems(prebuilt, plugins) if problem in error.problems]
    in_fields = list(problems_of(action.fields, hashers))
    own = [problem for problem in error.problems if problem not in in_prebuilt and problem not in in_fields]
    faults = [f"its prebuilt mapping: {problem.message}" for problem in in_prebuilt]
    if not hashers and (hashed := list(_hashed_fields(action.fields))):
        known = {spec.hashed for _, spec in hashed if spec.hashed}
        in_fields = list(problems_of(action.fields, known))
        keys = ", ".join(key for key, _ in hashed)
        reason = f"the destination type {action.destination!r} has no normalization profile"
        faults.append(f"{keys} should be hashed, but {reason}: its settings lack normalization")
    faults += [f"its field {problem.path.removeprefix('$.')}: {problem.message}" for problem in in_fields]
    return own, [f"{action_and_plugin(action, plugins)} is at fault: {fault}" for fault in faults]


def action_and_plugin(action: Action, plugins: Plugins) -> str:
    """Return the names of an action and its plugin, for messages."""
    return f"the action {action.name} of plugin {plugins.provider('capi_actions', action.name)!r}"


def _mapping_problems(mapping: JsonObject, plugins: Plugins) -> tuple[Problem, ...]:
    try:
        compile_mapping(mapping, plugins.directives)
    except ConfigError as error:
        return error.problems
    return ()


def _hashed_fields(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Find the fields that are hashed, with dotted keys."""
    for key, spec in fields.items():
        if spec.hashed:
            yield prefix + key, spec
        yield from _hashed_fields(spec.properties or {}, f"{prefix}{key}.")


def merge(prebuilt: JsonObject, own: JsonObject) -> JsonObject:
    """Return the prebuilt mapping with a user's values in place of its own, also inside objects of fields."""
    merged = dict(prebuilt)
    for key, value in own.items():
        prior = merged.get(key)
        merged[key] = merge(prior, value) if _is_object(prior) and _is_object(value) else value
    return merged


def _is_object(value: Any) -> TypeGuard[JsonObject]:
    """Return whether a part of a mapping is an object of fields, not a directive."""
    return isinstance(value, dict) and not is_directive(value)


def read_mapping_file(folder: Path, name: str) -> JsonObject:
    """Read a whole mapping from a JSON file.

    :param folder: where a relative name starts.
    :raises ConfigError: when it is no regular file, is longer than 8 MiB, can't be read or holds no mapping.
    """
    try:
        mapping = decode_json(read_regular_file(folder / name, name))
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise ConfigError.of(f"{name} can't be read: {reason}") from error
    except EventError as error:
        raise ConfigError.of(f"{name} {error.message}") from None
    if not isinstance(mapping, dict):
        raise ConfigError.of(f"{name} should hold a JSON object, the mapping")
    return mapping
