"""Page views, any event of your own, and events that add something to an earlier one."""

from collections.abc import Sequence
from typing import Any

from attrs import define

from capi_actions import JsonObject, action, field, from_path
from capi_actions_facebook.currencies import currency_code
from capi_actions_facebook.fields.crm import CrmFields
from capi_actions_facebook.fields.event import ServerEvent
from capi_actions_facebook.fields.original_event import (
    ATTRIBUTION,
    ATTRIBUTION_FIELDS,
    ORIGINAL,
    ORIGINAL_FIELDS,
    add_mappings,
    wire_object,
)
from capi_actions_facebook.presets import first_amount_of, first_of


@action("facebook.page_view", title="Page View", trigger='type = "page" or type = "screen"')
class PageView(ServerEvent):
    """A page or a screen of an app is looked at."""

    meta_name = "PageView"

    def build(self) -> JsonObject:
        """Return the server event."""
        data = self.server_event(self.meta_name)
        if "custom_data" in self.__dict__ and self.custom_data:
            data["custom_data"] = self.custom_properties()
        return data


@define(kw_only=True, slots=False)
class _Named:
    event_name: str = field(
        first_of("$.event", "$.type"),
        label="Event Name",
        description="Meta's name of a standard event, or a name of your own. Case matters.",
    )


@define(kw_only=True, slots=False)
class _Original:
    original_event_data: dict[str, Any] | None = field(
        label="Original Event Data",
        description="The earlier event that this one belongs to.",
        properties=ORIGINAL_FIELDS,
    )
    attribution_data: dict[str, Any] | None = field(
        label="Attribution Data",
        description="Which ad gets the credit for the original event.",
        properties=ATTRIBUTION_FIELDS,
    )


@action("facebook.custom", title="Custom Event")
class Custom(ServerEvent, CrmFields, _Original, _Named):
    """Any event under any name: for events of your own, and for identify and group calls."""

    needs_user_agent = False

    def build(self) -> JsonObject:
        """Return the server event."""
        data = self.server_event(self.event_name)
        data["custom_data"] = self.custom_properties()
        self.add_crm(data["custom_data"])
        if self.original_event_data:
            data[ORIGINAL] = wire_object(ORIGINAL, self.original_event_data)
        if self.attribution_data:
            data[ATTRIBUTION] = wire_object(ATTRIBUTION, self.attribution_data)
        return data


@define(kw_only=True, slots=False)
class _Append(ServerEvent):
    """An event that adds something to an earlier one."""

    needs_user_agent = False

    currency: str = from_path(
        "$.properties.currency", label="Currency", description="ISO 4217, in any case: `EUR`.", code=2804019
    )
    original_event_data: dict[str, Any] = field(
        label="Original Event Data",
        description="The earlier event: its name and time, and its order id or event id.",
        properties=add_mappings(ORIGINAL, ORIGINAL_FIELDS),
        code=2804019,
    )

    def build(self) -> JsonObject:
        """Return the server event.

        :raises EventError: when the currency isn't one, or a time can't be read.
        """
        data = self.server_event(self.meta_name)
        data["custom_data"] = {**self.custom_properties(), "currency": currency_code(self.currency)}
        data[ORIGINAL] = wire_object(ORIGINAL, self.original_event_data)
        return data


@action("facebook.append_value", title="Append Value")
class AppendValue(_Append):
    """A value that was not known before is added to an earlier event, within 7 days of it."""

    meta_name = "AppendValue"

    predicted_ltv: float | None = field(
        first_amount_of("$.properties.predicted_ltv"),
        label="Predicted Lifetime Value",
        description="What the customer is expected to bring in all. This, the net revenue or the value is needed.",
    )
    net_revenue: float | None = field(
        first_amount_of("$.properties.net_revenue"), label="Net Revenue", description="Margin of the event."
    )
    value: float | None = field(
        first_amount_of("$.properties.value"),
        label="Value",
        description="What it is worth, in the currency's major unit.",
    )

    def build(self) -> JsonObject:
        """Return the server event."""
        data = super().build()
        amounts = {"predicted_ltv": self.predicted_ltv, "net_revenue": self.net_revenue, "value": self.value}
        data["custom_data"] |= {key: amount for key, amount in amounts.items() if amount is not None}
        return data


@action("facebook.append_attribution", title="Append Attribution")
class AppendAttribution(_Append):
    """An ad gets credit for an earlier event, less than 48 hours after it."""

    meta_name = "AppendAttribution"

    attribution_data: dict[str, Any] = field(
        label="Attribution Data",
        description="Which ad gets the credit, and how much: ad id, time, share and value are needed.",
        properties=add_mappings(ATTRIBUTION, ATTRIBUTION_FIELDS),
        code=2804019,
    )

    def build(self) -> JsonObject:
        """Return the server event."""
        data = super().build()
        data[ATTRIBUTION] = wire_object(ATTRIBUTION, self.attribution_data)
        return data


OTHER: Sequence[type[ServerEvent]] = (PageView, Custom, AppendValue, AppendAttribution)
