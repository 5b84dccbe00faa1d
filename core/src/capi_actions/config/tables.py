"""Check the tables that plugins read with the plugins' own checks."""

from itertools import islice

from capi_actions.config.model import Config
from capi_actions.errors import Diagnostics, PluginError, Problem, json_path, where
from capi_actions.model import ConfigNames, TableCheck
from capi_actions.plugins import Plugins

_MAX_PROBLEMS = 1_000  # of a check that doesn't end


def check_tables(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Add what the plugins' checks find wrong with their tables, also beside errors in a table's form."""
    names = ConfigNames(destinations=config.names, inputs=list(plugins.inputs))
    for name, settings in (*config.tables.items(), *config.incomplete_tables.items()):
        if settings is None:  # it is no table
            continue
        plugin, own = plugins.provider("capi_tables", name), diagnostics.under(json_path((name,)))
        for check in plugins.tables[name].checks:
            _run(check, settings, names, plugin, own, is_complete=name in config.tables)


def _run(
    check: TableCheck,
    settings: object,
    names: ConfigNames,
    plugin: str,
    diagnostics: Diagnostics,
    *,
    is_complete: bool,
) -> None:
    """Add what one check finds.

    :param is_complete: False when values are missing: then a check may fail, and only its problems before that count.
    """
    problems: list[Problem] = []
    try:
        for problem in islice(check(settings, names), _MAX_PROBLEMS):
            problems.append(_require_problem(problem))  # noqa: PERF401  those before a failure count
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        if is_complete:
            message = f"its check of this table failed ({where(error)})"
            problems = [Problem(str(PluginError(plugin, message)), severity="warning")]
    diagnostics.extend(problems)


def _require_problem(problem: object) -> Problem:
    if not isinstance(problem, Problem):
        raise TypeError(f"a check must give capi_actions.Problem, not {type(problem).__name__}")
    return problem
