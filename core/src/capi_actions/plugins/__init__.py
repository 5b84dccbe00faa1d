"""Load plugins, refuse broken ones by name, and hand out what the others offer.

``selection`` says which plugins are loaded, ``packages`` finds those that are installed, ``files`` imports those in
single files, ``loading`` calls their hooks, ``validate`` checks each offer by itself, ``registry`` resolves names
across plugins, and ``facade`` is what the rest of the core uses.
"""

from capi_actions.plugins.facade import Plugins
from capi_actions.plugins.loading import HOOKS
from capi_actions.plugins.registry import OfferInfo, PluginInfo, inspect_installed
from capi_actions.plugins.selection import DISABLED_VARIABLE, Selection, disabled_by_environment

__all__ = [
    "DISABLED_VARIABLE",
    "HOOKS",
    "OfferInfo",
    "PluginInfo",
    "Plugins",
    "Selection",
    "disabled_by_environment",
    "inspect_installed",
]
