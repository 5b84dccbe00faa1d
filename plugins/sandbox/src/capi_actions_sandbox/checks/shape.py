"""Keys and types of an event: what is required, and what nobody knows.

Sources: "server event" and "customer information" in ``docs/reference/sources.md``.
Unknown keys are refused in the event and in its ``user_data``; ``custom_data`` takes properties of one's own.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

WRONG = 2804019

ACTION_SOURCES = frozenset(
    "email website app phone_call chat physical_store system_generated business_messaging other".split()
)
CHANNELS = frozenset({"messenger", "whatsapp", "instagram"})
_SEGMENTS = frozenset(
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
_KIND: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(_OBJECTS, ((dict,), "an object")),
    **dict.fromkeys(_LISTS, ((list,), "an array")),
    **dict.fromkeys(_SCALARS, ((str, int, float, bool), "a single value")),
    "event_name": ((str,), "a string"),
    "action_source": ((str,), "a string"),
}
_ENUMS = {
    "action_source": ACTION_SOURCES,
    "messaging_channel": CHANNELS,
    "customer_segmentation": _SEGMENTS,
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

_LONGEST_QUOTE = 100  # characters of somebody's key that an answer repeats


def param(index: int, *keys: str) -> str:
    """Write the place of something in ``data`` as Meta does."""
    return "".join(("$['data'][", str(index), "]", *(f"['{key}']" for key in keys)))


def is_required(index: int, *keys: str) -> Failure:
    """Refuse an event that lacks something."""
    return refuse_event(WRONG, index, f"The parameter {param(index, *keys)} is required")


def must_be(what: str, index: int, *keys: str) -> Failure:
    """Refuse an event for a value that isn't what it must be.  The wording is ours: Meta's isn't known."""
    return refuse_event(WRONG, index, f"The parameter {param(index, *keys)} must be {what}")


def is_unexpected(key: str, index: int, place: str) -> Failure:
    """Refuse an event for a key that nobody knows.

    :param place: where the key stands, as :func:`param` writes it.
    """
    end = "." if place == param(index) else ""  # both as they were seen
    return refuse_event(WRONG, index, f'Unexpected key "{key[:_LONGEST_QUOTE]}" on param "{place}"{end}')


def check_shape(event: object, index: int, options: SandboxOptions) -> Failure | None:
    """Check keys and types of an event and the keys of its ``user_data``."""
    if not isinstance(event, dict):
        return must_be("an object", index)
    for key in _REQUIRED:
        if event.get(key) in (None, ""):
            return is_required(index, key)
    if not event.keys() <= EVENT_KEYS:
        return is_unexpected(next(key for key in event if key not in EVENT_KEYS), index, param(index))
    for key, value in event.items():
        types, name = _KIND[key]
        # An empty list is how PHP's clients write an empty object.
        if not isinstance(value, types) and value is not None and not (value == [] and types == (dict,)):
            return must_be(name, index, key)
        if key in _ENUMS and value is not None and value not in _ENUMS[key]:
            return must_be(f"one of {', '.join(sorted(_ENUMS[key]))}", index, key)
    user_data = event["user_data"]
    if user_data and not user_data.keys() <= USER_KEYS:
        key = next(key for key in user_data if key not in USER_KEYS)
        return is_unexpected(key, index, param(index, "user_data"))
    return _check_switches(event, index, options)


def _check_switches(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    if event["action_source"] == "website":
        if options.strict_user_agent and not (event["user_data"] or {}).get("client_user_agent"):
            return is_required(index, "user_data", "client_user_agent")
        if options.strict_source_url and not event.get("event_source_url"):
            return is_required(index, "event_source_url")
    if options.max_string is not None and _has_longer(event, options.max_string):
        return must_be(f"free of strings over {options.max_string} characters", index)
    return None


def _has_longer(value: object, limit: int) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if len(each) > limit:
                return True
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
    return False
