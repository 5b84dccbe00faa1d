"""What an event adds to an earlier one: ``original_event_data`` names that, ``attribution_data`` who gets the credit.

Two events exist only for this: AppendValue and AppendAttribution.  Meta takes each for a limited time after the event
that it adds to.  Sources: "original event" and "attribution data" in ``docs/reference/sources.md``.
"""

from collections.abc import Callable, Iterator, Mapping

from capi_actions import EventError, Field, JsonObject, Problem, parse_time
from capi_actions_facebook.facts import APPEND_WINDOWS, DAY, FUTURE_TOLERANCE, HOUR
from capi_actions_facebook.presets import path

ORIGINAL, ATTRIBUTION = "original_event_data", "attribution_data"
TIMES: Mapping[str, tuple[str, ...]] = {
    ORIGINAL: ("event_time",),
    ATTRIBUTION: ("touchpoint_ts", "visit_time"),
}
"""The times in each object, which are sent as Unix seconds."""

_SUBCODE = 2804019
_NEEDED_OF_ORIGINAL = ("event_name", "event_time")
_NEEDED_OF_ATTRIBUTION = ("ad_id", "touchpoint_ts", "attribution_share", "attribution_value")
_AMOUNTS = ("predicted_ltv", "net_revenue", "value")

_TIME = "ISO 8601, or Unix seconds or milliseconds."

ORIGINAL_FIELDS: Mapping[str, Field] = {
    "event_name": Field(type="string", label="Event Name", description="Name of the original event."),
    "event_time": Field(type="string", label="Event Time", description=f"When it happened: {_TIME}"),
    "order_id": Field(
        type="string", label="Order ID", description="Its order id; this or the event id finds it."
    ),
    "event_id": Field(type="string", label="Event ID", description="Its event id."),
}

ATTRIBUTION_FIELDS: Mapping[str, Field] = {
    "ad_id": Field(type="string", label="Ad ID", description="From the URL of the ad."),
    "adset_id": Field(type="string", label="Ad Set ID", description="From the URL of the ad."),
    "campaign_id": Field(type="string", label="Campaign ID", description="From the URL of the ad."),
    "touchpoint_ts": Field(
        type="string", label="Touchpoint Time", description=f"When the ad was clicked or seen: {_TIME}"
    ),
    "touchpoint_type": Field(type="string", label="Touchpoint Type", description="A click, a view…"),
    "touchpoint_id": Field(type="string", label="Touchpoint ID"),
    "visit_time": Field(
        type="string", label="Visit Time", description=f"When the ad led to a visit: {_TIME}"
    ),
    "attribution_share": Field(
        type="number",
        label="Attribution Share",
        description="Share of the credit for the ad, 0 to 1.",
        minimum=0,
        maximum=1,
    ),
    "attribution_value": Field(
        type="number", label="Attribution Value", description="Value that is credited to the ad."
    ),
    "total_credit": Field(type="number", label="Total Credit"),
    "attribution_model": Field(
        type="string", label="Attribution Model", description="Name of the model, as you call it."
    ),
    "attribution_method": Field(type="string", label="Attribution Method"),
    "attribution_source": Field(type="string", label="Attribution Source", description="Who attributes."),
    "attr_window": Field(type="integer", label="Attribution Window", description="In days."),
    "attribution_setting": Field(
        type="object",
        label="Attribution Setting",
        properties={
            "inactivity_window_hours": Field(type="integer", label="Inactivity Window (Hours)"),
            "reattribution_window_hours": Field(type="integer", label="Reattribution Window (Hours)"),
        },
    ),
    "scope": Field(type="string", label="Scope", description="What the touchpoint is: a click, a view."),
    "decline_reason": Field(type="string", label="Decline Reason"),
    "auditing_token": Field(type="string", label="Auditing Token"),
    "linkage_key": Field(type="string", label="Linkage Key"),
    "partner_client_id": Field(type="string", label="Partner Client ID"),
}


def add_mappings(key: str, fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """Return fields with a prebuilt mapping to the event's property of this name.

    :param key: of the property, an object whose members are called as the fields are.
    """
    return {
        name: Field(
            type=field.type,
            label=field.label,
            description=field.description,
            minimum=field.minimum,
            maximum=field.maximum,
            properties=field.properties,
            default=path(f"$.properties.{key}.{name}"),
        )
        for name, field in fields.items()
    }


def wire_object(key: str, values: JsonObject) -> JsonObject:
    """Return one of the two objects without empty texts, its times as Unix seconds.

    :param key: ORIGINAL or ATTRIBUTION.
    :raises EventError: when a time can't be read.
    """
    wire = {name: value for name, value in values.items() if value != ""}
    for name in TIMES[key]:
        if name in wire:
            wire[name] = _seconds(wire[name], f"$.{key}.{name}")
    return wire


def _seconds(text: str, location: str) -> int:
    try:
        return parse_time(text, location)
    except EventError as error:
        message = error.message.replace("Event Time", "This time", 1)
        raise EventError.of(message, location) from None


def append_deadline(data: JsonObject) -> int | None:
    """Return the last Unix second at which Meta takes an event that adds to another; None for no limit."""
    window = APPEND_WINDOWS.get(data["event_name"])
    original = data.get(ORIGINAL)
    if window is None or not original or "event_time" not in original:
        return None
    event_time: int = original["event_time"]
    return event_time + window - 1


def check_append(data: JsonObject, now: float) -> Iterator[Problem]:
    """Yield what is wrong about an AppendValue or AppendAttribution.

    :param now: Unix seconds.
    """
    name, custom = data["event_name"], data.get("custom_data") or {}
    yield from _missing(ORIGINAL, data, _NEEDED_OF_ORIGINAL)
    deadline = append_deadline(data)
    if deadline is not None and data[ORIGINAL]["event_time"] > now + FUTURE_TOLERANCE:
        message = "the original event lies in the future: check its time and zone"
        yield Problem(message, f"$.{ORIGINAL}.event_time", _SUBCODE)
    elif deadline is not None and now >= deadline + 1:
        message = f"Meta takes an {name} for {_length(APPEND_WINDOWS[name])} after the original event, which is over"
        yield Problem(message, f"$.{ORIGINAL}.event_time", _SUBCODE)
    if name == "AppendAttribution":
        yield from _missing(ATTRIBUTION, data, _NEEDED_OF_ATTRIBUTION)
        share = (data.get(ATTRIBUTION) or {}).get("attribution_share", 0)
        if not 0 <= share <= 1:
            yield Problem("must be a share from 0 to 1", f"$.{ATTRIBUTION}.attribution_share", _SUBCODE)
    elif all(custom.get(key) is None for key in _AMOUNTS):
        message = f"an AppendValue adds a value: one of {', '.join(_AMOUNTS)}"
        yield Problem(message, f"$.custom_data.{_AMOUNTS[0]}", _SUBCODE)
    if not custom.get("currency"):
        yield Problem(f"an {name} needs a currency", "$.custom_data.currency", _SUBCODE)


def _missing(key: str, data: JsonObject, needed: tuple[str, ...]) -> Iterator[Problem]:
    values = data.get(key) or {}
    for name in needed:
        if values.get(name) in (None, ""):
            yield Problem(f"an {data['event_name']} needs {key}.{name}", f"$.{key}.{name}", _SUBCODE)


def _length(seconds: int) -> str:
    return f"{seconds // DAY} days" if seconds > 3 * DAY else f"{seconds // HOUR} hours"


def settle_times(data: JsonObject, settle: Callable[[int], int]) -> None:
    """Replace the times of both objects whose zone isn't certain, in place.

    :param settle: returns Unix seconds for any time.
    """
    for key, names in TIMES.items():
        values = data.get(key)
        if values:
            for name in names:
                if name in values:
                    values[name] = settle(values[name])
