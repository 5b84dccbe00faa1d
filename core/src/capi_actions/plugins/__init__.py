"""Load plugins, refuse broken ones by name, and hand out what the others offer.

``loading`` finds and calls plugins, ``validate`` checks each offer by itself, ``registry`` resolves
names across plugins, and ``facade`` is what the rest of the core uses.
"""

from capi_actions.plugins.facade import Plugins
from capi_actions.plugins.loading import HOOKS
from capi_actions.plugins.registry import PluginInfo, inspect_installed

__all__ = ["HOOKS", "PluginInfo", "Plugins", "inspect_installed"]
