"""The built-in actions: Meta's standard events, and custom ones."""

from collections.abc import Sequence

from capi_actions_facebook.actions.commerce import COMMERCE
from capi_actions_facebook.actions.leads import LEADS
from capi_actions_facebook.actions.other import OTHER
from capi_actions_facebook.fields.event import ServerEvent

ACTIONS: Sequence[type[ServerEvent]] = (*COMMERCE, *LEADS, *OTHER)
"""All actions, in the order of the docs."""
