"""Build one item, as ``capi eval action`` does, and a batch of bodies."""

from capi_actions.model import Batch, Claimed, JsonObject
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.plugins import Plugins


def build_item(
    plugins: Plugins,
    action: str,
    event: JsonObject,
    *,
    mapping: JsonObject | None = None,
    profile: str | None = None,
) -> JsonObject:
    """Return the item that an action builds of an event, without trigger, deadline and delivery.

    :param action: an action's full name.
    :param mapping: replaces the prebuilt mapping, all of it; None keeps it.
    :param profile: the normalization profile; None means the destination type's default.
    :raises EventError: when the event doesn't give what the action needs.
    :raises ConfigError: when the mapping is malformed.
    """
    declared = plugins.actions[action]
    if profile is None:
        profile = plugins.destinations[declared.destination].default_profile()
    if mapping is None:
        mapping = declared.mapping
    item, _ = CompiledAction.compile(declared, mapping, plugins, plugins.hashers(profile)).build(event)
    return item


def make_batch(*bodies: bytes, group: str = "", now: float = 1_800_000_000.0) -> Batch:
    """Return what ``Destination.envelope`` gets for these encoded items.

    Their event ids are ``event-1``, ``event-2`` and so on, and they happened a minute before ``now``.
    """
    happened = int(now) - 60
    items = [
        Claimed(number, 0, int(now) + 86_400, f"event-{number}", happened, body)
        for number, body in enumerate(bodies, 1)
    ]
    return Batch(group=group, items=items, now=now)
