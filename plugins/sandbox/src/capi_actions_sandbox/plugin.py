"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Sequence

import click

from capi_actions import hookimpl
from capi_actions_sandbox.commands import COMMANDS
from capi_actions_sandbox.demo.command import demo


@hookimpl
def capi_commands() -> Sequence[click.Command]:
    """Offer ``capi sandbox`` and ``capi demo``."""
    return (*COMMANDS, demo)
