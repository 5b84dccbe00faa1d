"""What plugins offer in vain."""

from collections.abc import Iterator

import click

from capi_actions.plugins import Offer


def unused(offer: Offer) -> Iterator[str]:
    """Say what of a plugin's offers can't be used, to be called while a command of ``capi`` runs."""
    yield from offer.notes
    own = click.get_current_context().find_root().command
    for name in offer.hooks.get("capi_commands", ()):
        if isinstance(own, click.Group) and name in own.commands:
            yield f"the command {name!r} is left out: capi has one of this name; rename it"
