"""Read one ``[destinations.<name>]`` table."""

from pathlib import Path
from typing import Any

from attrs import evolve, fields_dict

from capi_actions.config.lint import lint_by_plugin, lint_mapping_tables, lint_secrets
from capi_actions.config.model import DestinationConfig, DestinationDraft, MappingConfig, MappingDraft
from capi_actions.config.plugins import hint_offers
from capi_actions.config.structure import (
    anchor_paths,
    construct,
    describe,
    make_incomplete,
    read_values,
    structure,
)
from capi_actions.errors import ConfigError, Diagnostics, PluginError, json_path
from capi_actions.model import RESERVED_SETTINGS, ConsentSettings, Destination
from capi_actions.plugins import Plugins
from capi_actions.plugins.validate import validate_limits
from capi_actions.tracebacks import where


def read_destination(
    name: str,
    table: Any,
    plugins: Plugins,
    diagnostics: Diagnostics,
    *,
    folder: Path,
    need_secrets: bool,
    mode: int,
) -> DestinationDraft | None:
    """Read a table.

    :param diagnostics: takes all problems, with their paths from the configuration's root.
    :param folder: where relative paths in it start.
    :param mode: the configuration file's permissions; 0 if there is no file.
    :returns: the destination, a draft when its settings have errors, or None when it is no table.
    """
    diagnostics = diagnostics.under(json_path(("destinations", name)))
    if not name:
        diagnostics.add("a destination needs a name, as in [destinations.main]")
    if not isinstance(table, dict):
        diagnostics.add(f"should be a table, but it is {describe(table)}")
        return None
    settings = dict(table)
    kind = _destination_type(settings.pop("type", None), plugins, diagnostics.under("$.type"))
    mappings = None
    if "mappings" in settings:
        mappings = _read_mappings(settings.pop("mappings"), diagnostics.under("$.mappings"))
    consent_keys = [key for key in fields_dict(ConsentSettings) if key in settings]
    consent_table = {key: settings.pop(key) for key in consent_keys}
    if kind is None:
        read_values(consent_table, ConsentSettings, diagnostics)
        return DestinationDraft(name=name, mappings=mappings)
    consent = _read_consent(consent_table, kind, diagnostics)
    return _read_settings(
        name,
        settings,
        kind,
        mappings,
        consent,
        plugins,
        diagnostics,
        folder=folder,
        need_secrets=need_secrets,
        mode=mode,
    )


def _read_consent(
    table: dict[str, Any], kind: type[Destination], diagnostics: Diagnostics
) -> ConsentSettings | None:
    """Read the keys that say which events may go to a destination.

    :returns: None if one of them has an error.
    """
    settings = structure(table, ConsentSettings, diagnostics)
    if settings is None:
        return None
    if not settings.check_consent:
        diagnostics.warn("sends events whatever they say of consent", "$.check_consent")
    if settings.integration_names is None:
        return evolve(settings, integration_names=tuple(kind.integration_names))
    return settings


def _destination_type(name: Any, plugins: Plugins, diagnostics: Diagnostics) -> type[Destination] | None:
    if not isinstance(name, str):
        actual = "missing" if name is None else describe(name)
        diagnostics.add(f"should name the destination type, but it is {actual}")
        return None
    kind = plugins.destinations.get(name)
    if kind is None:
        hint = hint_offers(name, plugins.destinations, plugins)
        hint = hint or ("" if plugins.destinations else "; no plugin offers any: install one")
        diagnostics.add(f"no plugin offers the destination type {name!r}{hint}")
    return kind


def _read_mappings(tables: Any, diagnostics: Diagnostics) -> list[MappingConfig]:
    if not isinstance(tables, list):
        diagnostics.add(f"should be a list of tables, but it is {describe(tables)}")
        return []
    mappings = [_read_mapping(table, diagnostics.under(f"$[{index}]")) for index, table in enumerate(tables)]
    lint_mapping_tables(mappings, diagnostics)
    return mappings


def _read_mapping(table: Any, diagnostics: Diagnostics) -> MappingConfig:
    own = Diagnostics()
    values = read_values(table, MappingConfig, own)
    if values.get("mapping") is not None and values.get("mapping_file") is not None:
        own.add("has both mapping and mapping_file; keep one of them")
    diagnostics.extend(own)
    if not own.errors:
        return MappingConfig(**values)
    keys = {"action", *table} if isinstance(table, dict) else set()
    return MappingDraft(**{"action": "", **values}, unreadable=frozenset(keys - values.keys()))


def _read_settings(
    name: str,
    table: dict[str, Any],
    kind: type[Destination],
    mappings: list[MappingConfig] | None,
    consent: ConsentSettings | None,
    plugins: Plugins,
    diagnostics: Diagnostics,
    *,
    folder: Path,
    need_secrets: bool,
    mode: int,
) -> DestinationDraft:
    plugin = plugins.provider("capi_destinations", kind.name)
    own = Diagnostics()
    values = read_values(
        table, kind.settings_type, own, need_secrets=need_secrets, plugin=plugin, others=RESERVED_SETTINGS
    )
    values = anchor_paths(values, folder)  # for what the class does with them when it is called
    lint_secrets(values, mode, own)
    destination = None
    if not own.errors:
        settings: Any = construct(kind.settings_type, values, own, plugin)
        if settings is not None:
            destination = _make_destination(kind, anchor_paths(settings, folder), own, plugin)
    chosen = values.get("normalization") if destination is None else destination.profile
    profile = _profile(kind, chosen, plugins, own)
    diagnostics.extend(own)
    if destination is not None and consent is not None and not own.errors:
        lint_by_plugin(destination, "lint_settings", diagnostics=diagnostics)
        return DestinationConfig(
            name=name,
            type=kind.name,
            profile=profile,
            mappings=mappings,
            destination=destination,
            consent=consent,
        )
    incomplete = _incomplete_destination(kind, table, folder)
    if incomplete is not None:
        lint_by_plugin(incomplete, "lint_settings", diagnostics=diagnostics, complete=False)
    return DestinationDraft(
        name=name, type=kind.name, profile=profile, mappings=mappings, destination=incomplete
    )


def _make_destination(
    kind: type[Destination], settings: Any, diagnostics: Diagnostics, plugin: str
) -> Destination | None:
    try:
        destination = kind(settings)
        problem = validate_limits(destination)
        profile: object = destination.profile
        if not problem and not isinstance(profile, str):
            problem = f"{kind.__name__}.profile must be text, but it is {type(profile).__name__}"
    except ConfigError as error:
        diagnostics.extend(error.problems)
        return None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        problem = f"its destination can't be made ({where(error)})"
    if problem:
        diagnostics.add(str(PluginError(plugin, problem)))
        return None
    return destination


def _incomplete_destination(
    kind: type[Destination], table: dict[str, Any], folder: Path
) -> Destination | None:
    """Return a destination made of those settings that fit, to lint what doesn't need the others."""
    values = read_values(table, kind.settings_type, Diagnostics(), need_secrets=False)
    try:
        return kind(anchor_paths(make_incomplete(kind.settings_type, values), folder))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  no plugin has to cope with missing settings
        return None


def _profile(kind: type[Destination], chosen: object, plugins: Plugins, diagnostics: Diagnostics) -> str:
    """Return the chosen normalization profile, or the default one if there is no such profile."""
    default = kind.default_profile()
    if not isinstance(chosen, str):
        return default
    if not chosen and default:
        diagnostics.add("should name a profile", "$.normalization")
        return default
    try:
        plugins.hashers(chosen)
    except KeyError as error:
        diagnostics.add(str(error.args[0]), "$.normalization")
        return default
    return chosen
