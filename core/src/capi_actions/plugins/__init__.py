"""The one door to plugins: loads them, refuses broken ones by name, hands out what they offer."""

from capi_actions.plugins.facade import Plugins
from capi_actions.plugins.inventory import Offer, survey
from capi_actions.plugins.register import HOOKS

__all__ = ["HOOKS", "Offer", "Plugins", "survey"]
