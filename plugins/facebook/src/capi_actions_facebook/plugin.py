"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Sequence

import click

from capi_actions import Destination, Directive, Normalizer, hookimpl
from capi_actions_facebook.actions import ACTIONS
from capi_actions_facebook.commands import COMMANDS
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.normalization import NORMALIZERS
from capi_actions_facebook.people import PERSON, PERSON_ID
from capi_actions_facebook.products import PRODUCT_COUNT, PRODUCT_IDS, PRODUCTS


@hookimpl
def capi_destinations() -> Sequence[type[Destination]]:
    """Offer pixels and datasets."""
    return [Facebook]


@hookimpl
def capi_actions() -> Sequence[type]:
    """Offer Meta's standard events and custom ones."""
    return ACTIONS


@hookimpl
def capi_directives() -> Sequence[Directive]:
    """Offer what the prebuilt mappings need beside the core's: products and people."""
    return [PRODUCTS, PRODUCT_IDS, PRODUCT_COUNT, PERSON_ID, PERSON]


@hookimpl
def capi_normalizers() -> Sequence[Normalizer]:
    """Offer the profiles ``pixel`` and ``documented``."""
    return NORMALIZERS


@hookimpl
def capi_commands() -> Sequence[click.Command]:
    """Offer ``capi normalize``, ``capi pixel`` and ``capi snippet``."""
    return COMMANDS
