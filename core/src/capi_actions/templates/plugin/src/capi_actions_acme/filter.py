"""An event filter: what holds events back or enriches them, before any trigger reads them."""

from collections.abc import Sequence

from capi_actions import EventFilter, Held, Json, JsonObject, hookimpl


def hold_back_monitors(event: JsonObject) -> JsonObject | Held:
    """Hold back the events of monitors.  An event may hold anything, so that each step is tested."""
    context: Json = event.get("context")
    agent: Json = context.get("userAgent") if isinstance(context, dict) else None
    if isinstance(agent, str) and agent.startswith("uptime-check/"):
        return Held("a monitor sent it")
    return event


@hookimpl
def capi_events() -> Sequence[EventFilter]:
    """Offer the filters of this module."""
    return [
        EventFilter(
            name="acme",
            apply=hold_back_monitors,
            description="Holds events of monitors back.",
        )
    ]
