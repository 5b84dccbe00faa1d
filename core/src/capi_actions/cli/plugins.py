"""``capi plugins``: what is installed, what it offers, and what of it is replaced, disabled or not used."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click
from attrs import frozen
from click.core import ParameterSource
from packaging.utils import canonicalize_name
from rich.table import Table

from capi_actions.cli.console import print_tracebacks
from capi_actions.cli.options import config_option, json_option
from capi_actions.cli.tables import cell, print_table, stdout, table
from capi_actions.cli.usage import lint_offer, unused_offers
from capi_actions.config import load_config
from capi_actions.errors import ConfigError, PluginError
from capi_actions.jsonl import write_line
from capi_actions.plugins import PluginInfo, Plugins, Selection, inspect_installed
from capi_actions.plugins.packages import CORE, GROUP, find_plugins
from capi_actions.text import did_you_mean


@click.command()
@click.argument("name", required=False)
@config_option
@click.option("--traceback", is_flag=True, help="Print why a plugin can't be loaded in full.")
@json_option
def plugins(name: str | None, config_path: Path, traceback: bool, as_json: bool) -> int:
    """List plugins and what they offer, or describe one.

    Plugins that can't be loaded are listed with the reason; the exit status is 2 then.
    With NAME: each thing that this plugin offers, with its description.
    If there is a configuration, what it doesn't use is marked.
    """
    selection = Selection.read(config_path)
    offers = inspect_installed(selection)
    unused = _find_unused(config_path, selection, offers)
    if name is not None:
        offers = _find(name, offers)
    if as_json:
        for offer in offers:
            write_line(_record(offer, unused))
    elif name is not None:
        _print_plugin(offers[0])
    else:
        print_table(stdout(), _plugin_table(offers, unused), "No plugins are installed.")
    if traceback:
        print_tracebacks(offers)
    return 2 if any(offer.error for offer in offers) else 0


@frozen
class _Unused:
    """What a configuration doesn't use.

    :ivar file: the configuration's name.
    :ivar names: the names of offers, by plugin and hook.
    """

    file: str
    names: Mapping[str, Mapping[str, Sequence[str]]]

    def of(self, offer: PluginInfo) -> Mapping[str, Sequence[str]]:
        """Return the names of a plugin's offers that aren't used, by hook."""
        return self.names.get(offer.name, {})


def _find_unused(path: Path, selection: Selection, offers: Iterable[PluginInfo]) -> _Unused | None:
    """Return what a configuration doesn't use; None if there is none, or none that can be read.

    :raises ConfigError: when the command line or the environment names a file that can't be read.
    """
    source = click.get_current_context().get_parameter_source("config_path")
    if any(offer.error for offer in offers):  # nobody knows then what the configuration may hold
        return None
    try:
        installed = Plugins.installed(selection)
        config = load_config(path, installed, need_secrets=False, strict=False)
    except (ConfigError, PluginError):
        if source is ParameterSource.DEFAULT:
            return None
        raise
    return _Unused(str(path), unused_offers(config, installed))


def _find(name: str, offers: Sequence[PluginInfo]) -> list[PluginInfo]:
    """Return the plugins of a name: several if two packages clash.

    :raises click.UsageError: when there is none.
    """
    selected = [offer for offer in offers if offer.name == name]
    if not selected:
        hint = _package_hint(name) or did_you_mean(name, [offer.name for offer in offers])
        raise click.UsageError(f"there is no plugin {name!r}{hint}")
    return selected


def _package_hint(name: str) -> str:
    """Return the end of a message about a name that is an installed package's, or ""."""
    for package in (name, f"{CORE}-{name}"):
        try:
            version(package)
        except (PackageNotFoundError, ValueError):
            continue
        brought = [
            plugin.name for plugin in find_plugins() if plugin.package.key == canonicalize_name(package)
        ]
        if brought:
            return f"; the package {package} brings {', '.join(map(repr, brought))}"
        return f"; the package {package} is installed, but has no entry point in the group {GROUP!r}"
    return ""


def _record(offer: PluginInfo, unused: _Unused | None) -> dict[str, Any]:
    """Return a plugin as a JSON object."""
    return {
        "name": offer.name,
        "package": offer.distribution,
        "description": offer.description,
        "hooks": offer.hooks,
        "offers": [
            {"hook": part.hook, "name": part.name, "description": part.description} for part in offer.offers
        ],
        "replaces": [{"name": part.name, "plugin": part.replaces} for part in offer.offers if part.replaces],
        "error": offer.error,
        "disabled_by": offer.disabled_by or None,
        "unused": list(lint_offer(offer)),
        "unconfigured": None if unused is None else unused.of(offer),
    }


def _plugin_table(offers: Iterable[PluginInfo], unused: _Unused | None) -> Table:
    view = table("Plugins", "plugin", "offers", "", wide="")
    for offer in offers:
        rows = [(cell(), offer.description)] if offer.description else []
        if offer.error:
            rows.append((cell("refused", style="red"), " ".join(offer.error.split())))
        if offer.disabled_by:
            rows.append((cell("disabled", style="yellow"), f"by {offer.disabled_by}"))
        rows += [(cell(hook.removeprefix("capi_")), ", ".join(names)) for hook, names in offer.hooks.items()]
        rows += [
            (cell("replaces"), f"{part.name} of {part.replaces}") for part in offer.offers if part.replaces
        ]
        rows += [(cell("unused", style="yellow"), warning) for warning in lint_offer(offer)]
        if unused is not None and (names := unused.of(offer)):
            summary = "; ".join(
                f"{hook.removeprefix('capi_')} {', '.join(names)}" for hook, names in names.items()
            )
            rows.append((cell("idle", style="yellow"), f"{unused.file} doesn't use: {summary}"))
        plugin = cell(offer.name, offer.distribution)
        for kind, text in rows or [(cell(), "")]:
            view.add_row(plugin, kind, cell(text))
            plugin = cell()
        view.add_section()
    return view


def _print_plugin(offer: PluginInfo) -> None:
    console = stdout()
    package = f" ({offer.distribution})" if offer.distribution else ""
    state = f"refused: {offer.error}" if offer.error else ""
    if offer.disabled_by:
        state = f"disabled by {offer.disabled_by}"
    console.print(cell(*filter(None, (f"{offer.name}{package}", offer.description, *state.split("\n"))), ""))
    if not offer.offers:
        return
    view = table("Offers", "hook", "name", "description", wide="description", lines=True)
    for part in offer.offers:
        replaces = [f"replaces that of {part.replaces}"] if part.replaces else []
        view.add_row(cell(part.hook), cell(part.name), cell(*filter(None, (part.description, *replaces))))
    console.print(view)
