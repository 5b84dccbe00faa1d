"""Read one ``[destinations.<name>]`` table."""

from collections.abc import Iterator
from typing import Any

from capi_actions.config.model import DestinationConfig, DestinationDraft, MappingConfig
from capi_actions.config.structure import describe, structure
from capi_actions.errors import ConfigError, PluginError, Problem, below, where
from capi_actions.model import Destination
from capi_actions.plugins import Plugins
from capi_actions.plugins.validate import validate_limits
from capi_actions.text import did_you_mean

_UNREADABLE = MappingConfig(action="", enabled=False)  # keeps the place, so that others' numbers are right


def read_destination(
    name: str, table: Any, plugins: Plugins, problems: list[Problem], *, need_secrets: bool
) -> DestinationDraft | None:
    """Read a table.

    :param problems: takes up all that is wrong.
    :returns: the destination; a draft when its settings are wrong; None when not even its type is known.
    """
    path = f"$.destinations.{name}"
    if not name:
        problems.append(Problem("a destination needs a name, as in [destinations.main]", path))
    if not isinstance(table, dict):
        problems.append(Problem(f"should be a table, but it is {describe(table)}", path))
        return None
    settings = dict(table)
    kind = _kind(settings.pop("type", None), plugins, f"{path}.type", problems)
    listed = settings.pop("mappings", None)
    mappings = None if listed is None else list(_mappings(listed, f"{path}.mappings", problems))
    if kind is None:
        return None
    owner = plugins.provider("capi_destinations", kind.name)
    destination = _make(kind, settings, path, problems, owner, need_secrets=need_secrets)
    profile = destination.profile if destination else settings.get("normalization")
    if not isinstance(profile, str) or (not profile and kind.default_profile()):
        if profile == "":
            problems.append(Problem("should name a profile", f"{path}.normalization"))
            destination = None
        profile = kind.default_profile()
    try:
        plugins.hashers(profile)
    except KeyError as error:
        problems.append(Problem(str(error.args[0]), f"{path}.normalization"))
        destination, profile = None, kind.default_profile()
    if destination is None:
        return DestinationDraft(name=name, type=kind.name, profile=profile, mappings=mappings)
    return DestinationConfig(
        name=name, type=kind.name, profile=profile, mappings=mappings, destination=destination
    )


def _kind(found: Any, plugins: Plugins, path: str, problems: list[Problem]) -> type[Destination] | None:
    if not isinstance(found, str):
        words = "missing" if found is None else describe(found)
        problems.append(Problem(f"should name the destination type, but it is {words}", path))
        return None
    kind = plugins.destinations.get(found)
    if kind is None:
        hint = did_you_mean(found, plugins.destinations) or "; no plugin offers any: install one"
        problems.append(Problem(f"no plugin offers the destination type {found!r}{hint}", path))
    return kind


def _make(
    kind: type[Destination],
    table: Any,
    path: str,
    problems: list[Problem],
    plugin: str,
    *,
    need_secrets: bool,
) -> Destination | None:
    try:
        settings: Any = structure(table, kind.settings_type, path, need_secrets=need_secrets)
    except ConfigError as error:
        problems += error.problems
        return None
    try:
        made = kind(settings)
        problem = validate_limits(made)
    except ConfigError as error:
        problems += below(path, error.problems)
        return None
    except Exception as error:
        raise PluginError(plugin, f"its destination can't be made ({where(error)})") from error
    if problem:
        raise PluginError(plugin, problem)
    return made


def _mappings(listed: Any, path: str, problems: list[Problem]) -> Iterator[MappingConfig]:
    if not isinstance(listed, list):
        problems.append(Problem(f"should be a list of tables, but it is {describe(listed)}", path))
        return
    for index, table in enumerate(listed):
        at = f"{path}[{index}]"
        try:
            mapping = structure(table, MappingConfig, at)
        except ConfigError as error:
            problems += error.problems
            mapping = _UNREADABLE
        if mapping.mapping is not None and mapping.mapping_file is not None:
            problems.append(Problem("has both mapping and mapping_file; keep one of them", at))
        yield mapping
