"""Check the tables that plugins read with the plugins' own checks."""

from collections.abc import Callable, Iterable
from itertools import islice

from capi_actions.config.model import Config
from capi_actions.errors import Diagnostics, PluginError, Problem, json_path
from capi_actions.model import ConfigNames
from capi_actions.plugins import Plugins
from capi_actions.tracebacks import where

_MAX_PROBLEMS = 1_000  # of a check that doesn't end


def check_tables(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Add what the plugins' checks find wrong with their tables, also beside errors in a table's form."""
    names = ConfigNames(destinations=config.names, inputs=list(plugins.inputs))
    for name, settings in (*config.tables.items(), *config.incomplete_tables.items()):
        if settings is None:  # it is no table
            continue
        plugin, own = plugins.provider("capi_tables", name), diagnostics.under(json_path((name,)))
        for check in plugins.tables[name].checks:
            problems, fault = run_check(check, settings, names)
            if fault is None or name not in config.tables:  # where values are missing, a check may fail
                own.extend(problems)
            else:
                own.warn(str(PluginError(plugin, f"its check of this table failed ({where(fault)})")))


def run_check(
    check: Callable[..., Iterable[object]], *arguments: object, **options: object
) -> tuple[list[Problem], BaseException | None]:
    """Return what a plugin's check finds, and the fault that ended it, if one did: what it found before is there.

    To give something else than problems is a fault, too.
    """
    problems: list[Problem] = []
    try:
        for problem in islice(check(*arguments, **options), _MAX_PROBLEMS):
            problems.append(_require_problem(problem))  # noqa: PERF401  those before a fault count
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        return problems, error
    return problems, None


def _require_problem(problem: object) -> Problem:
    if not isinstance(problem, Problem):
        raise TypeError(f"a check must give capi_actions.Problem, not {type(problem).__name__}")
    return problem
