"""Find everything that is wrong with a configuration, or likely so."""

from capi_actions.config import Config, check_tables
from capi_actions.errors import Diagnostics, Problem
from capi_actions.pipeline import check_mappings
from capi_actions.plugins import Plugins
from capi_actions.runtime import check_outbox


def check_config(config: Config, plugins: Plugins) -> list[Problem]:
    """Return errors and warnings of a configuration, of its mappings and triggers, and of the tables that plugins read.

    It is what ``capi check`` finds, but for plugins that can't be loaded and the transport.  Nothing is opened or
    created.

    :param config: as :func:`capi_actions.load_config` returns it with ``strict=False``.
    """
    diagnostics = Diagnostics(config.problems)
    check_mappings(config, plugins, diagnostics)
    check_tables(config, plugins, diagnostics)
    check_outbox(config, plugins, diagnostics)
    return list(diagnostics)
