"""Check the tables that plugins read with the plugins' own checks."""

from collections.abc import Iterator
from itertools import islice

from capi_actions.config.model import Config
from capi_actions.errors import Diagnostics, PluginError, Problem, json_path, where
from capi_actions.model import ConfigNames, ConfigTable
from capi_actions.plugins import Plugins

_MAX_PROBLEMS = 1_000  # of a check that doesn't end


def check_tables(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Add what the plugins' checks find wrong with their tables.  A table with errors in its form isn't checked."""
    names = ConfigNames(destinations=config.names, inputs=list(plugins.inputs))
    for name, settings in config.tables.items():
        own = diagnostics.under(json_path((name,)))
        try:
            own.extend(list(islice(_check(plugins.tables[name], settings, names), _MAX_PROBLEMS)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            plugin = plugins.provider("capi_tables", name)
            own.warn(str(PluginError(plugin, f"its check of this table failed ({where(error)})")))


def _check(table: ConfigTable, settings: object, names: ConfigNames) -> Iterator[Problem]:
    for problem in table.check(settings, names) if table.check else ():
        if not isinstance(problem, Problem):
            raise TypeError(f"a check must give capi_actions.Problem, not {type(problem).__name__}")
        yield problem
