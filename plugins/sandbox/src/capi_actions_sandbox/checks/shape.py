"""Checks of an event's keys and types: required ones and unknown ones.

Sources: "server event" and "customer information" in ``docs/reference/sources.md``.
Unknown keys are refused in the event and in its ``user_data``; ``custom_data`` may have further ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

PARAMETER_ERROR = 2804019

ACTION_SOURCES = frozenset(
    "email website app phone_call chat physical_store system_generated business_messaging other".split()
)
CHANNEL_KEYS: Mapping[str, Sequence[tuple[Sequence[str], int | None]]] = {
    "messenger": ((("page_id",), 2804069), (("page_scoped_user_id",), None)),
    "whatsapp": ((("page_id", "whatsapp_business_account_id"), 2804116), (("ctwa_clid",), 2804071)),
    "instagram": ((("ig_account_id",), 2804079), (("ig_sid",), 2804075)),
}
"""Messaging channel to the keys that it needs: of each group one, and the subcode, where one is known."""

SEGMENTS = frozenset(
    [
        f"{kind}_customer_to_{area}"
        for kind in ("new", "existing")
        for area in ("business", "business_line", "product_area", "medium")
    ]
    + ["customer_in_loyalty_program"]
)

_OBJECTS = "user_data custom_data app_data original_event_data attribution_data store_data".split()
_LISTS = ["data_processing_options"]
_SCALARS = """
    event_name event_time event_source_url action_source event_id opt_out referrer_url
    data_processing_options_country data_processing_options_state customer_segmentation messaging_channel
    advanced_measurement_table
""".split()
EVENT_KEYS = frozenset([*_OBJECTS, *_LISTS, *_SCALARS])
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(_OBJECTS, ((dict,), "an object")),
    **dict.fromkeys(_LISTS, ((list,), "an array")),
    **dict.fromkeys(_SCALARS, ((str, int, float, bool), "a single value")),
    "event_name": ((str,), "a string"),
    "action_source": ((str,), "a string"),
}
_ENUMS = {
    "action_source": ACTION_SOURCES,
    "messaging_channel": frozenset(CHANNEL_KEYS),
    "customer_segmentation": SEGMENTS,
}
_REQUIRED = ("event_name", "event_time", "user_data", "action_source")

HASHED_KEYS = frozenset("em ph fn ln db ge ct st zp country f5first f5last fi dobd dobm doby".split())
USER_KEYS = HASHED_KEYS | frozenset(
    """
    external_id client_ip_address client_user_agent fbc fbp subscription_id fb_login_id lead_id anon_id madid
    page_id page_scoped_user_id ctwa_clid whatsapp_business_account_id ig_account_id ig_sid
    partner_id partner_name
    """.split()
)

_LONGEST_QUOTE = 100  # characters of an unknown key that are repeated in a response


def check_shape(event: object, index: int, options: SandboxOptions) -> Failure | None:
    """Check keys and types of an event and the keys of its ``user_data``."""
    if not isinstance(event, dict):
        return wrong_value("an object", index)
    for key in _REQUIRED:
        if event.get(key) in (None, ""):
            return missing_parameter(index, key)
    if not event.keys() <= EVENT_KEYS:
        key = next(key for key in event if key not in EVENT_KEYS)
        return unexpected_key(key, index, parameter_path(index))
    for key, value in event.items():
        if value is not None and (failure := _check_type(key, value, index)):
            return failure
    user_data = event["user_data"]
    if user_data and not user_data.keys() <= USER_KEYS:
        key = next(key for key in user_data if key not in USER_KEYS)
        return unexpected_key(key, index, parameter_path(index, "user_data"))
    return _check_strictly(event, index, options)


def _check_type(key: str, value: object, index: int) -> Failure | None:
    types, name = _TYPES[key]
    # An empty list is how PHP's clients write an empty object.
    if not isinstance(value, types) and not (value == [] and types == (dict,)):
        return wrong_value(name, index, key)
    if key in _ENUMS and value not in _ENUMS[key]:
        return wrong_value(f"one of {', '.join(sorted(_ENUMS[key]))}", index, key)
    return None


def _check_strictly(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    if event["action_source"] == "website":
        if options.strict_user_agent and not (event["user_data"] or {}).get("client_user_agent"):
            return missing_parameter(index, "user_data", "client_user_agent")
        if options.strict_source_url and not event.get("event_source_url"):
            return missing_parameter(index, "event_source_url")
    if options.max_string is not None and _has_longer_string(event, options.max_string):
        return wrong_value(f"free of strings over {options.max_string} characters", index)
    return None


def _has_longer_string(event: Mapping[str, Any], limit: int) -> bool:
    remaining: list[Any] = [event]
    while remaining:
        value = remaining.pop()
        if isinstance(value, str):
            if len(value) > limit:
                return True
        elif isinstance(value, list):
            remaining.extend(value)
        elif isinstance(value, dict):
            remaining.extend(value)
            remaining.extend(value.values())
    return False


def parameter_path(index: int, *keys: str) -> str:
    """Return the path of a parameter in ``data`` as Meta writes it."""
    return "".join(("$['data'][", str(index), "]", *(f"['{key}']" for key in keys)))


def missing_parameter(index: int, *keys: str) -> Failure:
    """Return the refusal of an event that lacks a parameter."""
    return refuse_event(PARAMETER_ERROR, index, f"The parameter {parameter_path(index, *keys)} is required")


def wrong_value(expected: str, index: int, *keys: str) -> Failure:
    """Return the refusal of an event for a wrong value.  The wording is ours: Meta's isn't known."""
    return refuse_event(
        PARAMETER_ERROR, index, f"The parameter {parameter_path(index, *keys)} must be {expected}"
    )


def unexpected_key(key: str, index: int, path: str) -> Failure:
    """Return the refusal of an event for an unknown key.

    :param path: where the key is, as :func:`parameter_path` returns it.
    """
    end = "." if path == parameter_path(index) else ""  # both forms were seen
    message = f'Unexpected key "{key[:_LONGEST_QUOTE]}" on param "{path}"{end}'
    return refuse_event(PARAMETER_ERROR, index, message)
