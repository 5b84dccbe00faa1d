"""An action: one kind of thing to send, with its trigger, its fields, and the item that is built of them."""

from collections.abc import Sequence

from capi_actions import JsonObject, action, from_event_time, from_path, hookimpl, unix_seconds


@action("acme.ping", title="Ping", trigger='type = "track"')
class Ping:
    """Something happened."""

    id: str | None = from_path("$.messageId", label="Event id", description="The same whenever it is sent.")
    name: str = from_path("$.event", label="Event name")
    at: str = from_event_time()
    email: str | None = from_path("$.context.traits.email", label="Email", hashed="em")  # with normalizer

    def build(self) -> JsonObject:
        """Return the item: what the platform takes, as JSON."""
        item: JsonObject = {"id": self.id, "name": self.name, "at": unix_seconds(self.at)}
        item["who"] = self.email  # with normalizer
        return {key: value for key, value in item.items() if value is not None}


@hookimpl
def capi_actions() -> Sequence[type]:
    """Offer the actions of this module."""
    return [Ping]
