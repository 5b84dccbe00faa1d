"""What Meta would refuse of every event of a mapping, whatever the event holds.

Only what stands in the mapping as it is, or isn't mapped at all, can be judged: where a directive
stands, the event decides.  What no field takes is said by the core.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from capi_actions import EventError, JsonObject, Problem, as_action
from capi_actions_facebook.actions import ACTIONS
from capi_actions_facebook.fields.app_data import wire_app_data
from capi_actions_facebook.fields.contents import contents_problems
from capi_actions_facebook.fields.event import ServerEvent
from capi_actions_facebook.fields.user_data import USER_FIELDS, wire_name
from capi_actions_facebook.validation import (
    CHANNELS,
    NO_LEAD_ID,
    check_messaging,
    is_amount,
    is_lead_id,
    is_too_broad,
)
from capi_actions_facebook.values import is_accepted, unix_seconds

_DECLARED: Mapping[str, type[ServerEvent]] = {
    declared.name: each for each in ACTIONS if (declared := as_action(each)) is not None
}
_OPEN: Any = object()
"""Stands for what the event decides."""


def lint_mapping(action: str, mapping: Mapping[str, Any]) -> Iterator[Problem]:
    """Say what Meta would refuse, each with the subcode that it would answer.

    :param action: the action's full name.
    :param mapping: the whole mapping.
    """
    declared = _DECLARED.get(action)
    name = (declared and declared.meta_name) or _given(mapping.get("event_name"))
    user, custom = _members(mapping.get("user_data")), _members(mapping.get("custom_data"))
    if user is not None and (declared or "user_data" in mapping):  # another package's action may make its own
        yield from _user(user)
    if (moment := _given(mapping.get("event_time"))) not in (None, _OPEN):
        yield from _refusal(unix_seconds, moment, "$.event_time")
    yield from _app(mapping)
    needs_agent = mapping.get("action_source") == "website" and declared and declared.needs_user_agent
    if needs_agent and user is not None and "client_user_agent" not in user:
        yield Problem("a website event needs a user agent", "$.user_data.client_user_agent", 2804019)
    yield from _messaging(mapping, name, user)
    yield from _amounts(action, mapping, name, custom)
    for at, contents in (("$", mapping.get("contents")), ("$.custom_data", (custom or {}).get("contents"))):
        if isinstance(contents, list):
            yield from contents_problems([_hopeful_item(each) for each in contents], f"{at}.contents")


def _given(value: Any) -> Any:
    """Give what stands in the mapping, None for nothing."""
    if isinstance(value, dict) and any(key.startswith("@") for key in value):
        return _OPEN
    return None if value == "" else value


def _members(value: Any) -> JsonObject | None:
    """Give the members that there are; None when the event decides which."""
    given = _given(value)
    if given is _OPEN:
        return None
    members = given.items() if isinstance(given, dict) else ()
    return {key: each for key, value in members if (each := _given(value)) is not None}


def _refusal(make: Callable[[str], object], value: Any, at: str) -> Iterator[Problem]:
    try:
        make(str(value))
    except EventError as error:
        yield from (Problem(each.message, at, each.code) for each in error.problems)


def _user(user: JsonObject) -> Iterator[Problem]:
    if is_too_broad(frozenset(wire_name(key) for key, value in user.items() if value)):
        yield Problem("fits too many people whatever the event holds", "$.user_data", 2804050)
    lead = str(user.get("leadID", ""))
    if lead.isdecimal() and not is_lead_id(int(lead)):
        yield Problem(NO_LEAD_ID, "$.user_data.leadID", 2804036)


def _app(mapping: Mapping[str, Any]) -> Iterator[Problem]:
    app = _members(mapping.get("app_data_field"))
    if app is None or app.get("use_app_data") is _OPEN:
        return
    if app.get("use_app_data") not in (True, "true"):
        if mapping.get("action_source") == "app":
            yield Problem(
                "an app event needs app_data: make it true", "$.app_data_field.use_app_data", 2804019
            )
        return
    hopeful = {key: "Android" if value is _OPEN else str(value) for key, value in app.items()}
    extinfo = wire_app_data(hopeful)["extinfo"]
    for index, key in ((0, "version"), (4, "osVersion")):
        if not extinfo[index]:
            message = f"part {index + 1} of extinfo is needed, but nothing is mapped to it"
            yield Problem(message, f"$.app_data_field.{key}", 2804043)


def _messaging(mapping: Mapping[str, Any], name: Any, user: JsonObject | None) -> Iterator[Problem]:
    source, channel = _given(mapping.get("action_source")), _given(mapping.get("messaging_channel"))
    if channel is None and source != "business_messaging":
        return
    if channel is None or (isinstance(channel, str) and channel in CHANNELS):
        hopeful = {
            "action_source": "business_messaging" if source in (None, _OPEN) else source,
            "messaging_channel": channel,
            "event_name": "Purchase" if name in (None, _OPEN) else name,
            "user_data": dict.fromkeys(USER_FIELDS, _OPEN) if user is None else user,
        }
        yield from check_messaging(hopeful)


def _amounts(
    action: str, mapping: Mapping[str, Any], name: Any, custom: JsonObject | None
) -> Iterator[Problem]:
    currency = _given(mapping.get("currency"))
    if currency not in (None, _OPEN) and not is_accepted(str(currency).strip()):
        yield Problem("isn't a currency that Meta takes", "$.currency", 2804011)
    if name != "Purchase":
        return
    at, given = "$", _members(mapping)
    if action != "facebook.purchase":
        at, given = "$.custom_data", custom
    for key, subcode in (("value", 2804009), ("currency", 2804010)):
        if given is not None and key not in given:
            yield Problem(f"a Purchase needs a {key}, but nothing is mapped to it", f"{at}.{key}", subcode)
    if action != "facebook.purchase" and custom:
        if custom.get("value", _OPEN) is not _OPEN and not is_amount(custom["value"]):
            yield Problem("a Purchase needs a number", f"{at}.value", 2804009)
        if custom.get("currency", _OPEN) is not _OPEN and not is_accepted(custom["currency"]):
            yield Problem("isn't a currency that Meta takes", f"{at}.currency", 2804011)


def _hopeful_item(item: Any) -> Any:
    """Fill in what the event decides with something good."""
    if _given(item) is _OPEN:
        return {"id": "good"}
    if not isinstance(item, dict):
        return item
    good = {"id": "good", "delivery_category": "in_store"}
    return {key: good.get(key) if _given(value) is _OPEN else value for key, value in item.items()}
