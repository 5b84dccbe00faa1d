"""Check what plugins offer to ``capi`` itself."""

from collections.abc import Iterator

import click

from capi_actions.plugins import PluginInfo


def lint_offer(offer: PluginInfo) -> Iterator[str]:
    """Return what of a plugin's offers can't be used, and why; only while a command of ``capi`` runs."""
    yield from offer.notes
    root = click.get_current_context().find_root().command
    for name in offer.hooks.get("capi_commands", ()):
        if isinstance(root, click.Group) and name in root.commands:
            yield f"the command {name!r} is ignored: capi has a command of this name; rename it"
