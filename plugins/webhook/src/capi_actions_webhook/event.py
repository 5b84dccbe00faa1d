"""The action ``webhook.event``: passes an event on, without personal data in clear text."""

from typing import Any

from capi_actions import (
    Json,
    JsonObject,
    action,
    field,
    from_event_time,
    from_path,
    personal_kind,
    unix_seconds,
)


def _first_of(path: str, other: str) -> JsonObject:
    """Return the mapping that takes a path's value, or else another's."""
    value = {"@path": path}
    return {"@if": {"exists": value, "then": value, "else": {"@path": other}}}


@action(
    "webhook.event",
    title="Event",
    trigger=" or ".join(
        f'type = "{kind}"' for kind in ("track", "page", "screen", "identify", "group", "alias")
    ),
)
class Event:
    """Pass an event on.

    E-mail address and phone number are hashed.  A text among the properties that is one of them is left out.
    """

    id: str | None = from_path(
        "$.messageId", label="Id", description="Stays the same when the event is sent again."
    )
    type: str = from_path(
        "$.type", label="Type", description="As in the Segment spec: track, page and so on."
    )
    name: str | None = field(_first_of("$.event", "$.name"), label="Name", description="What happened.")
    time: str = from_event_time(label="Time")
    user_id: str | None = from_path("$.userId", label="User id")
    anonymous_id: str | None = from_path("$.anonymousId", label="Anonymous id")
    email: str | None = field(
        _first_of("$.context.traits.email", "$.traits.email"),
        label="Email",
        description="Its SHA-256, of the address in lower case.",
        hashed="em",
    )
    phone: str | None = field(
        _first_of("$.context.traits.phone", "$.traits.phone"),
        label="Phone",
        description="The SHA-256 of its digits, without leading zeros.",
        hashed="ph",
    )
    properties: dict[str, Any] | None = from_path(
        "$.properties",
        label="Properties",
        description="All of them, but texts that are an e-mail address or a phone number.",
    )

    def build(self) -> JsonObject:
        """Return the item."""
        item = {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "time": unix_seconds(self.time, path="$.time"),
            "user_id": self.user_id,
            "anonymous_id": self.anonymous_id,
            "email": self.email,
            "phone": self.phone,
            "properties": _without_personal_data(self.properties),
        }
        return {key: value for key, value in item.items() if value is not None}


def _without_personal_data(value: Json, name: str = "") -> Json:
    """Return a copy of a JSON value without texts that look like personal data, and without null.

    :param name: of the member that holds the value.
    """
    if isinstance(value, dict):
        members = {key: _without_personal_data(member, key) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not None}
    if isinstance(value, list):
        items = [_without_personal_data(item, name) for item in value]
        return [item for item in items if item is not None]
    if isinstance(value, str) and personal_kind(value, name):
        return None
    return value
