"""The one door to plugins: loads them, refuses broken ones by name, hands out what they offer."""

from capi_actions.plugins.facade import Plugins
from capi_actions.plugins.loading import HOOKS
from capi_actions.plugins.registry import Offer, survey

__all__ = ["HOOKS", "Offer", "Plugins", "survey"]
