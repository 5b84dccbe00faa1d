"""The fields of every Facebook event: the base class of all actions."""

from typing import Any, ClassVar

from attrs import define

from capi_actions import (
    Choice,
    EventError,
    Field,
    JsonObject,
    field,
    from_event_time,
    from_path,
    parse_time,
)
from capi_actions_facebook.facts import (
    ACTION_SOURCES,
    CHANNEL_KEYS,
    COUNTRIES,
    CUSTOMER_SEGMENTS,
    STATES,
    STORE_KEYS,
)
from capi_actions_facebook.fields.app_data import APP_FIELDS, wire_app_data
from capi_actions_facebook.fields.contents import known_contents
from capi_actions_facebook.fields.data_processing import OPTIONS, wire_data_processing
from capi_actions_facebook.fields.user_data import USER_FIELDS, wire_user_data
from capi_actions_facebook.placeholders import is_address, is_event_id
from capi_actions_facebook.presets import first_of, when

# Accepted, but not named in messages: those are the reference's, which doesn't know it.
_UNLISTED_SOURCE = "business_messaging"
_SOURCES = tuple(
    Choice(source, label, listed=source != _UNLISTED_SOURCE) for source, label in ACTION_SOURCES.items()
)

_STORE_FIELDS = {
    key: Field(type="string", label=label)
    for key, label in zip(STORE_KEYS, ("Store Page ID", "Brand Page ID", "Store Code"), strict=True)
}

# A page's URL and a browser's user agent make a website; anything less would be refused as one.
_SOURCE = when("$.context.page.url", when("$.context.userAgent", "website", "other"), "other")


@define(kw_only=True, slots=False)
class ServerEvent:
    """The fields of a server event, with their prebuilt mappings.

    An action of your own subclasses it and returns from ``build`` what :meth:`server_event` returns, with
    its own keys added.  Source: "server event" in ``docs/reference/sources.md``.

    :cvar meta_name: Meta's name of the event.
    :cvar needs_user_agent: whether a website event without a user agent is refused, as the reference does.
    """

    meta_name: ClassVar[str] = ""
    needs_user_agent: ClassVar[bool] = True

    action_source: str = field(
        _SOURCE,
        label="Action Source",
        description="Where it happened.",
        choices=_SOURCES,
        code=2804019,
    )
    event_time: str = from_event_time(
        label="Event Time",
        description="When it happened: ISO 8601, or Unix seconds or milliseconds. At most 7 days ago "
        "(62 for `physical_store`). Without a zone, it is in the setting `time_zone`.",
    )
    user_data: dict[str, Any] = field(
        label="User Data",
        description="Who did it. At least one field that tells people apart.",
        properties=USER_FIELDS,
    )
    app_data_field: dict[str, Any] | None = field(
        label="App Events Fields",
        description="Needed for app events.",
        properties=APP_FIELDS,
        switch="use_app_data",
    )
    event_id: str | None = from_path(
        "$.messageId",
        label="Event ID",
        description="Meta drops repeats of one id and event name within 48 hours, also those of the browser pixel; "
        "not of offline events and messages, which have other rules or none.",
        usable=is_event_id,
    )
    event_source_url: str | None = field(
        first_of("$.context.page.url", "$.properties.url"),
        label="Event Source URL",
        description="The page's URL, of a verified domain.",
        usable=is_address,
    )
    referrer_url: str | None = from_path(
        "$.context.page.referrer",
        label="Referrer URL",
        description="The page that led there.",
        usable=is_address,
    )
    custom_data: dict[str, Any] | None = field(
        label="Custom Data",
        description="Properties of your own. Never put personal data here: it isn't hashed.",
    )
    opt_out: bool | None = field(
        label="Opt Out", description="True: use it for attribution only, not for delivery."
    )
    data_processing_options: list[str] | None = field(
        label="Data Processing Options",
        description='True or `["LDU"]` switches Limited Data Use on; an empty list says that it is off.',
        choices=OPTIONS,
    )
    data_processing_options_country: int | None = field(
        label="Data Processing Country",
        description="1 for the United States, 0 to let Meta find out from the IP address.",
        type="number",
        choices=[Choice(country, name) for country, name in COUNTRIES.items()],
    )
    data_processing_options_state: int | None = field(
        label="Data Processing State",
        description="1000 for California, and so on, with country 1; 0 with country 0.",
        type="number",
        choices=[Choice(state, name) for state, name in STATES.items()],
    )
    messaging_channel: str | None = field(
        label="Messaging Channel",
        description="For business messaging: where the conversation takes place.",
        choices=tuple(CHANNEL_KEYS),
    )
    customer_segmentation: str | None = field(
        label="Customer Segmentation",
        description="Whether the customer is new: to the business, a line of it, a kind of products, a medium.",
        choices=CUSTOMER_SEGMENTS,
    )
    store_data: dict[str, Any] | None = field(
        label="Store Data",
        description="The store of an offline event: the action source `physical_store`.",
        properties=_STORE_FIELDS,
    )
    test_event_code: str | None = field(
        label="Test Event Code",
        description="Shows the event under Test Events; goes before the destination's setting.",
        groups=True,
    )

    def custom_properties(self) -> JsonObject:
        """Return a copy of the field ``custom_data``, which may hold all of an event's properties.

        Of the items in ``contents``, only the keys that Meta knows are kept.
        """
        custom = dict(self.custom_data or {})
        if "contents" in custom:
            custom["contents"] = known_contents(custom["contents"])
        return custom

    def server_event(self, name: str) -> JsonObject:
        """Return the server event without its ``custom_data``.

        :param name: Meta's name of the event.
        :raises EventError: when the time can't be read, or a website event has no user agent.
        """
        # Values are looked up where they are: an attribute that an instance lacks takes twice as long as its key.
        values = self.__dict__
        source, user_data = values["action_source"], values["user_data"]
        if source == "website" and not user_data.get("client_user_agent") and self.needs_user_agent:
            raise EventError.of(
                'If action source is "Website" then client_user_agent must be defined',
                "$.user_data.client_user_agent",
                2804019,
            )
        event_time = parse_time(values["event_time"], "$.event_time")
        url, referrer = values.get("event_source_url"), values.get("referrer_url")
        data: JsonObject = {"event_name": name, "event_time": event_time}
        if url:
            data["event_source_url"] = url
        if self.event_id:
            data["event_id"] = self.event_id
        data["action_source"] = source
        data["user_data"] = wire_user_data(user_data, url, referrer, event_time)
        # 0.1 µs for all of them, 0.25 one by one.
        if (
            "app_data_field" in values
            or "data_processing_options" in values
            or "opt_out" in values
            or "messaging_channel" in values
            or "customer_segmentation" in values
            or "store_data" in values
        ):
            self._add_rare_fields(data)
        if referrer:
            data["referrer_url"] = referrer
        return data

    def _add_rare_fields(self, data: JsonObject) -> None:
        """Add what hardly any event has."""
        if self.app_data_field and self.app_data_field.get("use_app_data"):
            data["app_data"] = wire_app_data(self.app_data_field)
        if self.data_processing_options is not None:
            data |= wire_data_processing(
                self.data_processing_options,
                self.data_processing_options_country,
                self.data_processing_options_state,
            )
        if self.opt_out is not None:
            data["opt_out"] = self.opt_out
        if self.messaging_channel:
            data["messaging_channel"] = self.messaging_channel
        if self.customer_segmentation:
            data["customer_segmentation"] = self.customer_segmentation
        if self.store_data and (store := {key: value for key, value in self.store_data.items() if value}):
            data["store_data"] = store
