"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Callable, Sequence

import click

from capi_actions import ConfigTable, Observer, hookimpl
from capi_actions_server.commands import hash_command, serve
from capi_actions_server.history import HistoryObserver
from capi_actions_server.settings import EXAMPLE, ServerSettings
from capi_actions_server.settings_checks import CHECKS


@hookimpl
def capi_commands() -> Sequence[click.Command]:
    """Offer ``capi serve`` and ``capi hash-password``."""
    return (serve, hash_command)


@hookimpl
def capi_report() -> Sequence[Callable[[], Observer]]:
    """Offer the counts of the status page."""
    return (HistoryObserver,)


@hookimpl
def capi_tables() -> Sequence[ConfigTable]:
    """Offer the table ``[server]``."""
    return (
        ConfigTable(
            name="server",
            settings_type=ServerSettings,
            example=EXAMPLE,
            description="where `capi serve` listens, and who may send to it",
            check=CHECKS,
        ),
    )
