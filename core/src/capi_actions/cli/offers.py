"""What commands say of plugins: offers that ``capi`` can't use, and why a plugin can't be loaded."""

from collections.abc import Iterable, Iterator

import click

from capi_actions.cli.console import echo_error
from capi_actions.plugins import PluginInfo


def lint_offer(offer: PluginInfo) -> Iterator[str]:
    """Return what of a plugin's offers can't be used, and why; only while a command of ``capi`` runs."""
    yield from offer.notes
    root = click.get_current_context().find_root().command
    for name in offer.hooks.get("capi_commands", ()):
        if isinstance(root, click.Group) and name in root.commands:
            yield f"the command {name!r} is ignored: capi has a command of this name; rename it"


def print_tracebacks(offers: Iterable[PluginInfo]) -> None:
    """Print the exceptions for which plugins are refused on standard error."""
    for offer in offers:
        for line in offer.traceback.splitlines():
            echo_error(line)
