"""Build one item, as ``capi eval action`` does."""

from capi_actions.model import JsonObject
from capi_actions.pipeline.compiled_action import Recipe
from capi_actions.plugins import Plugins


def build_item(
    plugins: Plugins,
    action: str,
    event: JsonObject,
    *,
    mapping: JsonObject | None = None,
    profile: str | None = None,
) -> JsonObject:
    """Map, check, hash and build, without trigger, deadline and delivery.

    :param action: an action's full name.
    :param mapping: a whole mapping; None means the prebuilt one.
    :param profile: the normalization profile; None means the destination type's default.
    :raises EventError: when the event doesn't give what the action needs.
    :raises ConfigError: when the mapping is malformed.
    """
    found = plugins.actions[action]
    if profile is None:
        profile = plugins.destinations[found.destination].default_profile()
    whole = found.mapping if mapping is None else mapping
    item, _ = Recipe.compile(found, whole, plugins, plugins.hashers(profile)).data(event)
    return item
