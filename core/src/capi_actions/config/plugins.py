"""The table ``[plugins]``: which plugins are disabled, and files that are plugins.

It has been read before, when plugins were loaded (:class:`~capi_actions.plugins.Selection`); here, what is wrong in it
is reported with the rest of the configuration.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from capi_actions.config.model import Config
from capi_actions.config.structure import read_values
from capi_actions.errors import Diagnostics
from capi_actions.plugins import DISABLED_VARIABLE, PluginInfo, Plugins, disabled_by_environment
from capi_actions.text import closest, did_you_mean


@frozen(kw_only=True)
class PluginsConfig:
    """The ``[plugins]`` table.

    :ivar disabled: names of plugins that aren't loaded, as ``capi plugins`` lists them.
    :ivar files: Python files that are plugins; paths are relative to the configuration file.
    """

    disabled: list[str] = field(factory=list)
    files: list[str] = field(factory=list)


def read_plugins(data: Mapping[str, Any], plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Check the table, and warn of names that no plugin has.

    :param data: the whole configuration.
    :param diagnostics: takes problems, with their paths from the configuration's root.
    """
    own = diagnostics.under("$.plugins")
    values = read_values(data.get("plugins", {}), PluginsConfig, own)
    known = list(plugins.describe())
    refused = [fault.plugin for fault in plugins.refused]
    for index, name in enumerate(values.get("disabled", [])):
        if problem := _disabling_problem(name, known, refused):
            own.warn(problem, f"$.disabled[{index}]")
    for name in disabled_by_environment():
        if problem := _disabling_problem(name, known, refused):
            diagnostics.warn(problem, DISABLED_VARIABLE)


def _disabling_problem(name: str, known: Sequence[PluginInfo], refused: Sequence[str]) -> str | None:
    """Return why nothing is disabled by a name, or None if something is.

    :param refused: names of further plugins, which can't be loaded.
    """
    names = [*(plugin.name for plugin in known), *refused]
    if name == names[0]:
        return f"the plugin {name!r} is the core's own and can't be disabled"
    if name in names:
        return None
    plugin = next((plugin for plugin in known if plugin.distribution.partition(" ")[0] == name), None)
    if plugin is not None:
        return f"{name!r} is a package; name its plugin, {plugin.name!r}"
    return f"there is no plugin {name!r} to disable{did_you_mean(name, names)}"


def hint_offers(name: str, offers: Collection[str], plugins: Plugins) -> str:
    """Return the end of a message about a name that no plugin offers: what was meant, or all that there is.

    :param offers: the names that are offered; disabled plugins may offer others.
    """
    hint = did_you_mean(name, offers)
    disabled = [repr(plugin.name) for plugin in plugins.describe() if plugin.disabled_by]
    if not disabled or closest(name, offers):
        return hint
    return f"{hint}; disabled plugins may: {', '.join(disabled)}"


_USED_UNNAMED = frozenset({"capi_events", "capi_normalizers", "capi_report"})
"""Hooks whose offers take part without being named: filters, replaced normalizers, observers."""


def may_need_refused(config: Config, plugins: Plugins) -> bool:
    """Return whether a configuration may use what plugins offer that were refused.

    An error in it may be a name that one of them would have offered.  A destination without mappings takes all actions
    of its type, whoever offers them.
    """
    takes_all = any(table.mappings is None for table in (*config.destinations, *config.drafts))
    unnamed = _USED_UNNAMED | {"capi_actions"} if takes_all else _USED_UNNAMED
    return bool(plugins.refused) and bool(config.errors or unnamed & plugins.missing_hooks)
