"""Find the offers of plugins that a configuration doesn't use, and those that ``capi`` can't use."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from capi_actions.config import Config, DestinationDraft, MappingConfig
from capi_actions.errors import ConfigError
from capi_actions.files import read_regular_file
from capi_actions.model import Action
from capi_actions.plugins import PluginInfo, Plugins

_CHOSEN = (
    "capi_destinations",
    "capi_actions",
    "capi_directives",
    "capi_normalizers",
    "capi_transports",
    "capi_outboxes",
)
"""The hooks whose offers a configuration chooses from.  All others take effect by being installed."""

Use = tuple[str, str]
"""The hook and the name of an offer."""


def unused_offers(config: Config, plugins: Plugins) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the names of offers that a configuration doesn't use, by plugin and hook.

    The core's own plugin is left out: it offers a choice on purpose.
    """
    used = set(_find_uses(config, plugins))
    unused: dict[str, dict[str, list[str]]] = {}
    for plugin in plugins.describe():
        for hook, names in plugin.hooks.items():
            idle = [name for name in names if hook in _CHOSEN and (hook, name) not in used]
            if idle and not plugins.is_core(plugin.name):
                unused.setdefault(plugin.name, {})[hook] = idle
    return unused


def _find_uses(config: Config, plugins: Plugins) -> Iterator[Use]:
    yield "capi_outboxes", str(config.outbox.get("type"))
    yield "capi_transports", str(config.transport.get("type"))
    for destination in (*config.destinations, *config.drafts):
        yield "capi_destinations", destination.type
        for profile in destination.profile.split("+"):
            for key in plugins.normalizers(profile) if profile else ():
                yield "capi_normalizers", f"{profile}/{key}"
        for mapping in _enabled_mappings(destination, plugins):
            yield "capi_actions", mapping.action
            for directive in _find_directives(config, mapping, plugins.actions.get(mapping.action)):
                yield "capi_directives", directive


def _enabled_mappings(destination: DestinationDraft, plugins: Plugins) -> Iterator[MappingConfig]:
    """Return the mappings of a destination that run; without a list, those of all actions with a prebuilt trigger."""
    if destination.mappings is not None:
        yield from (mapping for mapping in destination.mappings if mapping.enabled)
        return
    for name, action in plugins.actions_of(destination.type).items():
        if action.trigger is not None:
            yield MappingConfig(action=name)


def _find_directives(config: Config, mapping: MappingConfig, action: Action | None) -> Iterator[str]:
    """Return the directives in a mapping, those of the prebuilt one included unless a file takes its place."""
    if mapping.mapping_file is not None:
        try:
            content = read_regular_file(config.folder / mapping.mapping_file, mapping.mapping_file)
            yield from _directives(json.loads(content))
        except (ConfigError, OSError, ValueError, RecursionError):  # `capi check` reports it
            return
    else:
        yield from _directives(action.mapping if action else {})
        yield from _directives(mapping.mapping or {})


def _directives(mapping: Any) -> Iterator[str]:
    """Return the keys with an at sign, however deep."""
    pending = [mapping]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield from (key for key in value if isinstance(key, str) and key.startswith("@"))
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value


def lint_offer(offer: PluginInfo) -> Iterator[str]:
    """Return what of a plugin's offers can't be used, and why; only while a command of ``capi`` runs."""
    yield from offer.notes
    root = click.get_current_context().find_root().command
    for name in offer.hooks.get("capi_commands", ()):
        if isinstance(root, click.Group) and name in root.commands:
            yield f"the command {name!r} is ignored: capi has a command of this name; rename it"
