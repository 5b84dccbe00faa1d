"""An action for a webhook: any object that has the time of the event."""

from collections.abc import Sequence

from capi_actions import JsonObject, action, from_event_time, from_path, hookimpl, unix_seconds


@action("webhook.acme", title="Acme", trigger='type = "track" and event = "Acme"')
class Acme:
    """Something happened that the receiver should know of."""

    id: str | None = from_path("$.messageId", label="Event id", description="The same whenever it is sent.")
    total: float | None = from_path("$.properties.total", label="Total", description="What it was worth.")
    time: str = from_event_time()

    def build(self) -> JsonObject:
        """Return the item; the destination type needs ``time`` in whole Unix seconds."""
        item: JsonObject = {"id": self.id, "total": self.total, "time": unix_seconds(self.time)}
        return {key: value for key, value in item.items() if value is not None}


@hookimpl
def capi_actions() -> Sequence[type]:
    """Offer the actions of this module."""
    return [Acme]
