"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Sequence

import click

from capi_actions import ConfigTable, hookimpl
from capi_actions_server.commands import serve
from capi_actions_server.settings import EXAMPLE, ServerSettings


@hookimpl
def capi_commands() -> Sequence[click.Command]:
    """Offer ``capi serve``."""
    return (serve,)


@hookimpl
def capi_tables() -> Sequence[ConfigTable]:
    """Offer the table ``[server]``."""
    return (
        ConfigTable(
            name="server",
            settings_type=ServerSettings,
            example=EXAMPLE,
            description="where `capi serve` listens, and who may send to it",
        ),
    )
