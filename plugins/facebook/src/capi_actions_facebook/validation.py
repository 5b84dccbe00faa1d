"""Check a server event against Meta's rules before it is stored.

Each problem carries the error subcode with which Meta would refuse the whole request.
Sources: "server event", "customer information" and "custom data" in ``docs/reference/sources.md``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from capi_actions import JsonObject, Problem, note_uncertain
from capi_actions_facebook.currencies import ACCEPTED, is_accepted, refusal
from capi_actions_facebook.facts import (
    APPEND_WINDOWS,
    CHANNEL_KEYS,
    CRM_EVENT_SOURCE,
    DAY,
    FUTURE_TOLERANCE,
    LEAD_ID_DIGITS,
    MAX_AGE,
    MAX_AGE_IN_STORE,
    MESSAGING_EVENT_NAMES,
    TOO_BROAD,
)
from capi_actions_facebook.fields.contents import content_ids_problems, contents_problems
from capi_actions_facebook.fields.crm import check_crm
from capi_actions_facebook.fields.original_event import check_append

_USUAL_DELAY = 600  # seconds between an event and its check
# Hours; time zone database 2026a.
_EASTERN_ZONES = (*range(1, 15), 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75)
_CENTURY = 36_525 * DAY
_LARGEST_DAY = 10**8  # a date of digits alone, 20261129, is the largest number that people write for a day

LEAD_ID_MESSAGE = "a lead id has {} to {} digits".format(*LEAD_ID_DIGITS)
_LEAD_IDS = range(10 ** (LEAD_ID_DIGITS[0] - 1), 10 ** LEAD_ID_DIGITS[1])

# The pixel's own check of a value, script 2.9.324.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]+)?")
_LARGEST = 1.7976931348623157e308  # the largest finite double

AMOUNT_MESSAGE = (
    "the value of a Purchase must be a number such as 12.50: digits with a point for decimals, no thousands"
    " separators or currency sign"
)

_NUMBERS = (int, float)


def check_event(data: JsonObject, now: float) -> Sequence[Problem]:
    """Return what Meta would refuse about one server event.

    :param now: Unix seconds.
    """
    name, user_data = data["event_name"], data["user_data"]
    problems: list[Problem] = []
    if not -FUTURE_TOLERANCE <= now - data["event_time"] <= MAX_AGE:
        problems += _check_time(data, now)
    # Nearly every event has one of these two, and no combination with them is too broad.
    if not (user_data.get("external_id") or user_data.get("em")) and is_too_broad(_filled_keys(user_data)):
        message = "user_data fits too many people: add an e-mail address, phone, external id, click id or IP address"
        problems.append(Problem(message, "$.user_data", 2804050))
    if "lead_id" in user_data and not is_lead_id(user_data["lead_id"]):
        problems.append(Problem(LEAD_ID_MESSAGE, "$.user_data.lead_id", 2804036))
    custom = data.get("custom_data")
    if custom:
        problems += _check_custom(custom, name)
    elif name == "Purchase":
        problems += _check_purchase({})
    if name in APPEND_WINDOWS:
        problems += check_append(data, now)
    if custom and "event_source" in custom and custom["event_source"] == CRM_EVENT_SOURCE:
        problems += check_crm(data)
    # A website has none of these: one question instead of four.
    if data["action_source"] != "website" or "app_data" in data or "messaging_channel" in data:
        problems += _check_source(data)
    return problems


def _check_custom(custom: JsonObject, name: str) -> Sequence[Problem]:
    problems: list[Problem] = []
    if "contents" in custom and custom["contents"] is not None:
        problems += contents_problems(custom["contents"], "$.custom_data.contents")
    if "content_ids" in custom:
        problems += content_ids_problems(custom["content_ids"], "$.custom_data.content_ids")
    if name == "Purchase":
        value: Any = custom.get("value")
        currency = custom.get("currency")
        if type(value) not in _NUMBERS or value < 0 or type(currency) is not str or currency not in ACCEPTED:
            problems += _check_purchase(custom)
    return problems


def _check_source(data: JsonObject) -> Iterator[Problem]:
    source = data["action_source"]
    if "app_data" in data:
        yield from _check_extinfo(data["app_data"]["extinfo"])
    elif source == "app":
        message = "an app event needs app_data: map app_data_field.use_app_data to true"
        yield Problem(message, "$.app_data", 2804019)
    if source == "business_messaging" or "messaging_channel" in data:
        yield from check_messaging(data)


def max_age(data: Mapping[str, Any]) -> int:
    """Return the age in seconds up to which Meta accepts an event."""
    return MAX_AGE_IN_STORE if data.get("action_source") == "physical_store" else MAX_AGE


def _check_time(data: JsonObject, now: float) -> Iterator[Problem]:
    age, limit = now - data["event_time"], max_age(data)
    if age > limit:
        message = f"happened {_days(age)} ago; Meta accepts events of the last {limit // DAY} days{_old_cause(data)}"
        yield Problem(message, "$.event_time", 2804003)
    elif age < -FUTURE_TOLERANCE:
        ahead = f"{-age:.0f} seconds" if -age < DAY else _days(-age)
        yield Problem(f"lies {ahead} in the future: {_future_cause(-age)}", "$.event_time", 2804004)


def _old_cause(data: JsonObject) -> str:
    """Return what the likely cause is of a time in the months after the clocks of computers begin."""
    if 0 <= data["event_time"] < _LARGEST_DAY:
        return (
            ": a number this small is seconds of 1970; a spreadsheet's day number or a year isn't read,"
            " write 2026-11-29T15:00:00Z"
        )
    return ""


def _future_cause(ahead: float) -> str:
    """Return what the likely cause is: events reach us within minutes, and zones are east of UTC by these hours."""
    for hours in _EASTERN_ZONES:
        if -FUTURE_TOLERANCE <= hours * 3600 - ahead <= _USUAL_DELAY:
            name = f"UTC+{int(hours)}" + (f":{int(hours % 1 * 60)}" if hours % 1 else "")
            return (
                f"as if a time in {name} had lost its zone: send times with their zone, or set time_zone;"
                " if that isn't it, check the sender's clock"
            )
    return "check the sender's clock"


def _days(seconds: float) -> str:
    if seconds < _CENTURY:
        days = round(seconds / DAY)
        return f"{days} day{'' if days == 1 else 's'}"
    return "more than 100 years"


def is_too_broad(keys: frozenset[str]) -> bool:
    """Return whether these keys of ``user_data`` can't tell people apart."""
    return any(keys <= combination for combination in TOO_BROAD)


def _filled_keys(user_data: JsonObject) -> frozenset[str]:
    return frozenset(key for key, value in user_data.items() if value)


def is_lead_id(value: Any) -> bool:
    """Return whether Meta accepts this as a ``lead_id``; a float may have lost its last digits."""
    return type(value) is int and value in _LEAD_IDS


def _check_purchase(custom: JsonObject) -> Iterator[Problem]:
    value, currency = custom.get("value"), custom.get("currency")
    if value in (None, ""):
        yield Problem("a Purchase needs a value", "$.custom_data.value", 2804009)
    elif not is_amount(value):
        yield Problem(AMOUNT_MESSAGE, "$.custom_data.value", 2804009)
    elif float(value) < 0:
        note_uncertain(
            "$.custom_data.value",
            "below zero: a Purchase adds revenue, and Meta has no event that takes it back",
        )
    if currency in (None, ""):
        yield Problem("a Purchase needs a currency", "$.custom_data.currency", 2804010)
    elif not is_accepted(currency):
        message = refusal(currency) or "a currency stands without spaces around it"
        yield Problem(message, "$.custom_data.currency", 2804011)


def is_amount(value: Any) -> bool:
    """Return whether Meta accepts this as a ``value``."""
    if isinstance(value, str):
        return _AMOUNT.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def _check_extinfo(extinfo: list[str]) -> Iterator[Problem]:
    if not extinfo[0]:
        yield Problem(
            "part 1 of extinfo is empty: map app_data_field.version", "$.app_data.extinfo[0]", 2804043
        )
    if not extinfo[4]:
        yield Problem(
            "part 5 of extinfo, the OS version, is empty: map app_data_field.osVersion",
            "$.app_data.extinfo[4]",
            2804043,
        )


def check_messaging(data: JsonObject) -> Iterator[Problem]:
    """Yield what Meta would refuse about an event of business messaging."""
    channel = data.get("messaging_channel")
    if channel is None:
        yield Problem("business messaging needs a messaging_channel", "$.messaging_channel", 2804019)
        return
    if data["action_source"] != "business_messaging":
        yield Problem(
            "a messaging_channel goes with the action source business_messaging", "$.action_source", 2804019
        )
    if data["event_name"] not in MESSAGING_EVENT_NAMES:
        allowed = ", ".join(sorted(MESSAGING_EVENT_NAMES))
        yield Problem(f"isn't allowed in a conversation; allowed are: {allowed}", "$.event_name", 2804066)
    for alternatives, subcode in CHANNEL_KEYS[channel]:
        if not any(key in data["user_data"] for key in alternatives):
            needed = " or ".join(alternatives)
            yield Problem(f"{channel} events need {needed}", f"$.user_data.{alternatives[0]}", subcode)
