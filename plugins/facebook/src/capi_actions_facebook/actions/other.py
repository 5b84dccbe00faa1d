"""Page views, and any event of your own."""

from collections.abc import Sequence

from attrs import define

from capi_actions import JsonObject, action, field
from capi_actions_facebook.fields.event import ServerEvent
from capi_actions_facebook.presets import first_of


@action("facebook.page_view", title="Page View", trigger='type = "page" or type = "screen"')
class PageView(ServerEvent):
    """A page or a screen of an app is looked at."""

    meta_name = "PageView"

    def build(self) -> JsonObject:
        """Return the server event."""
        data = self.server_event(self.meta_name)
        if self.custom_data:
            data["custom_data"] = self.custom_properties()
        return data


@define(kw_only=True, slots=False)
class _Named:
    event_name: str = field(
        first_of("$.event", "$.type"),
        label="Event Name",
        description="Meta's name of a standard event, or a name of your own. Case matters.",
    )


@action("facebook.custom", title="Custom Event")
class Custom(ServerEvent, _Named):
    """Any event under any name: for events of your own, and for identify and group calls."""

    needs_user_agent = False

    def build(self) -> JsonObject:
        """Return the server event."""
        data = self.server_event(self.event_name)
        data["custom_data"] = self.custom_properties()
        return data


OTHER: Sequence[type[ServerEvent]] = (PageView, Custom)
