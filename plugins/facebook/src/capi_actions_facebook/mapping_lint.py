"""Find what Meta would refuse of every event of a mapping, whatever the event holds.

Only constants in the mapping, and fields without any mapping, can be judged: what a directive gives
depends on the event.  Keys that no field has are reported by the core.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from capi_actions import EventError, JsonObject, Problem, as_action, is_directive, parse_time
from capi_actions_facebook.actions import ACTIONS
from capi_actions_facebook.currencies import notice, refusal
from capi_actions_facebook.facts import CHANNEL_KEYS
from capi_actions_facebook.fields.app_data import wire_app_data
from capi_actions_facebook.fields.contents import content_ids_problems, contents_problems
from capi_actions_facebook.fields.data_processing import region_problems
from capi_actions_facebook.fields.event import ServerEvent
from capi_actions_facebook.fields.user_data import USER_FIELDS, wire_name
from capi_actions_facebook.validation import (
    AMOUNT_MESSAGE,
    LEAD_ID_MESSAGE,
    check_messaging,
    is_amount,
    is_lead_id,
    is_too_broad,
)

FROM_EVENT: Any = object()
"""Stands for a value that only the event decides."""

_BUILT_IN: Mapping[str, type[ServerEvent]] = {
    declared.name: event_class for event_class in ACTIONS if (declared := as_action(event_class)) is not None
}


def lint_mapping(action: str, mapping: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what Meta would refuse, with the subcode of its answer.

    :param action: the action's full name.
    :param mapping: the whole mapping.
    """
    built_in = _BUILT_IN.get(action)
    name = (built_in and built_in.meta_name) or _constant(mapping.get("event_name"))
    user, custom = _constants(mapping.get("user_data")), _constants(mapping.get("custom_data"))
    if user is not None and (
        built_in or "user_data" in mapping
    ):  # another package's action may build its own
        yield from _lint_user_data(user)
    if (event_time := _constant(mapping.get("event_time"))) not in (None, FROM_EVENT):
        yield from _problems_of(parse_time, event_time, "$.event_time")
    yield from _lint_app_data(mapping)
    needs_agent = mapping.get("action_source") == "website" and built_in and built_in.needs_user_agent
    if needs_agent and user is not None and "client_user_agent" not in user:
        yield Problem("a website event needs a user agent", "$.user_data.client_user_agent", 2804019)
    yield from _lint_messaging(mapping, name, user)
    yield from _lint_currency(mapping)
    if name == "Purchase":
        yield from _lint_purchase(action, mapping, custom)
    yield from _lint_data_processing(mapping)
    yield from content_ids_problems(_constant(mapping.get("content_ids")), "$.content_ids")
    yield from _lint_contents(mapping.get("contents"), "$.contents")
    yield from _lint_contents((custom or {}).get("contents"), "$.custom_data.contents")


def _constant(value: Any) -> Any:
    """Return a constant of the mapping, None for nothing, or FROM_EVENT for a directive."""
    if is_directive(value):
        return FROM_EVENT
    return None if value == "" else value


def _constants(value: Any) -> JsonObject | None:
    """Return an object's members that have a mapping, or None when the event decides which there are."""
    constant = _constant(value)
    if constant is FROM_EVENT:
        return None
    members = constant.items() if isinstance(constant, dict) else ()
    return {key: member for key, value in members if (member := _constant(value)) is not None}


def _problems_of(convert: Callable[[str], object], value: Any, path: str) -> Iterator[Problem]:
    try:
        convert(str(value))
    except EventError as error:
        yield from (Problem(problem.message, path, problem.code) for problem in error.problems)


def _lint_user_data(user: JsonObject) -> Iterator[Problem]:
    if is_too_broad(frozenset(wire_name(key) for key, value in user.items() if value)):
        yield Problem("fits too many people whatever the event holds", "$.user_data", 2804050)
    lead = str(user.get("leadID", ""))
    if lead.isdecimal() and not is_lead_id(int(lead)):
        yield Problem(LEAD_ID_MESSAGE, "$.user_data.leadID", 2804036)


def _lint_app_data(mapping: Mapping[str, Any]) -> Iterator[Problem]:
    app = _constants(mapping.get("app_data_field"))
    if app is None or app.get("use_app_data") is FROM_EVENT:
        return
    if app.get("use_app_data") not in (True, "true"):
        if mapping.get("action_source") == "app":
            yield Problem(
                "an app event needs app_data: map this to true", "$.app_data_field.use_app_data", 2804019
            )
        return
    at_best = {key: "Android" if value is FROM_EVENT else str(value) for key, value in app.items()}
    extinfo = wire_app_data(at_best)["extinfo"]
    for index, key in ((0, "version"), (4, "osVersion")):
        if not extinfo[index]:
            message = f"part {index + 1} of extinfo is needed, but nothing is mapped to it"
            yield Problem(message, f"$.app_data_field.{key}", 2804043)


def _lint_messaging(mapping: Mapping[str, Any], name: Any, user: JsonObject | None) -> Iterator[Problem]:
    source, channel = _constant(mapping.get("action_source")), _constant(mapping.get("messaging_channel"))
    if channel is None and source != "business_messaging":
        return
    if channel is None or (isinstance(channel, str) and channel in CHANNEL_KEYS):
        at_best = {
            "action_source": "business_messaging" if source in (None, FROM_EVENT) else source,
            "messaging_channel": channel,
            "event_name": "Purchase" if name in (None, FROM_EVENT) else name,
            "user_data": dict.fromkeys(USER_FIELDS, FROM_EVENT) if user is None else user,
        }
        yield from check_messaging(at_best)


def _lint_currency(mapping: Mapping[str, Any]) -> Iterator[Problem]:
    currency = _constant(mapping.get("currency"))
    if currency not in (None, FROM_EVENT):
        yield from currency_problems(currency, "$.currency")


def currency_problems(currency: Any, path: str) -> Iterator[Problem]:
    """Yield why a currency is refused, or that it is uncertain whether Meta takes it."""
    if message := refusal(currency) or notice(str(currency).strip().upper()):
        yield Problem(message, path, 2804011)


def _lint_purchase(action: str, mapping: Mapping[str, Any], custom: JsonObject | None) -> Iterator[Problem]:
    has_own_fields = action == "facebook.purchase"
    path, members = ("$", _constants(mapping)) if has_own_fields else ("$.custom_data", custom)
    for key, subcode in (("value", 2804009), ("currency", 2804010)):
        if members is not None and key not in members:
            yield Problem(f"a Purchase needs a {key}, but nothing is mapped to it", f"{path}.{key}", subcode)
    if custom and not has_own_fields:
        value, currency = custom.get("value", FROM_EVENT), custom.get("currency", FROM_EVENT)
        if value is not FROM_EVENT and not is_amount(value):
            yield Problem(AMOUNT_MESSAGE, f"{path}.value", 2804009)
        if currency is not FROM_EVENT:
            yield from currency_problems(currency, f"{path}.currency")


def _lint_data_processing(mapping: Mapping[str, Any]) -> Iterator[Problem]:
    key = "data_processing_options"
    options = _constant(mapping.get(key))
    country, state = (_constant(mapping.get(f"{key}_{part}")) for part in ("country", "state"))
    if options in (None, False) and (country, state) != (None, None):
        part = "state" if country is None else "country"
        yield Problem(f"has no effect without {key}: map that to true, too", f"$.{key}_{part}")
    elif all(part is None or type(part) is int for part in (country, state)):
        yield from region_problems(country, state)


def _lint_contents(contents: Any, path: str) -> Iterator[Problem]:
    if isinstance(contents, list):
        yield from contents_problems([with_placeholders(item) for item in contents], path)


def with_placeholders(item: Any) -> Any:
    """Return an item of ``contents`` with a valid value wherever the event decides."""
    if _constant(item) is FROM_EVENT:
        return {"id": "p-1"}
    if not isinstance(item, dict):
        return item
    placeholders = {"id": "p-1", "delivery_category": "in_store"}
    return {
        key: placeholders.get(key) if _constant(value) is FROM_EVENT else value for key, value in item.items()
    }
