"""What Meta would refuse about a server event, said before it is stored.

Each problem carries the error subcode with which Meta would refuse the whole request.
Source: ``graph-api.md`` §2–4 (collected 2026-11-23).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from capi_actions import JsonObject, Problem
from capi_actions_facebook.currencies import ACCEPTED, REFUSED
from capi_actions_facebook.messaging import check_messaging

DAY = 86_400
MAX_AGE = 7 * DAY
MAX_AGE_IN_STORE = 62 * DAY
FUTURE_TOLERANCE = 60  # seconds; Meta's own tolerance isn't documented, this is what RudderStack allows

# Combinations that fit too many people (§3.1, "minimum match rule"): alone, or with a part of the set.
_TOO_BROAD = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)


_NOTHING: JsonObject = {}

# With one of these keys no combination is too broad; nearly every event has one.
_TELLING = frozenset(
    {"em", "ph", "external_id", "client_ip_address", "fbc", "fbp", "madid", "lead_id", "anon_id"}
)


def max_age(data: Mapping[str, Any]) -> int:
    """Give the age in seconds up to which Meta takes an event."""
    return MAX_AGE_IN_STORE if data.get("action_source") == "physical_store" else MAX_AGE


def is_too_broad(keys: frozenset[str]) -> bool:
    """Say whether these keys of ``user_data`` can't tell people apart."""
    return any(keys <= broad for broad in _TOO_BROAD)


def check_event(data: JsonObject, now: float) -> Sequence[Problem]:
    """Say what Meta would refuse about one server event.

    :param now: Unix seconds.
    """
    user_data = data["user_data"]
    problems: list[Problem] = []
    if not -FUTURE_TOLERANCE <= now - data["event_time"] <= MAX_AGE:
        problems += _check_time(data, now)
    if _TELLING.isdisjoint(user_data) and is_too_broad(frozenset(user_data)):
        message = "user_data fits too many people: add an e-mail address, phone, external id, click id or IP address"
        problems.append(Problem(message, "$.user_data", 2804050))
    if "lead_id" in user_data and not 10**14 <= user_data["lead_id"] < 10**17:
        problems.append(Problem("a lead id has 15 to 17 digits", "$.user_data.lead_id", 2804036))
    if data["event_name"] == "Purchase":
        custom = data.get("custom_data", _NOTHING)
        if "value" not in custom or custom.get("currency") not in ACCEPTED:
            problems += _check_purchase(custom)
    source = data["action_source"]
    if "app_data" in data:
        problems += _check_extinfo(data["app_data"]["extinfo"])
    elif source == "app":
        message = "an app event needs app_data: map app_data_field.use_app_data to true"
        problems.append(Problem(message, "$.app_data", 2804019))
    if source == "business_messaging" or "messaging_channel" in data:
        problems += check_messaging(data)
    return problems


def _check_time(data: JsonObject, now: float) -> Iterator[Problem]:
    age, limit = now - data["event_time"], max_age(data)
    if age > limit:
        days = f"{age / DAY:.0f} days ago"
        yield Problem(
            f"happened {days}; Meta takes events of the last {limit // DAY} days", "$.event_time", 2804003
        )
    elif age < -FUTURE_TOLERANCE:
        yield Problem(
            f"lies {-age:.0f} seconds in the future: check the sender's clock", "$.event_time", 2804004
        )


def _check_purchase(custom: JsonObject) -> Iterator[Problem]:
    if "value" not in custom:
        yield Problem("a Purchase needs a value", "$.custom_data.value", 2804009)
    if "currency" not in custom:
        yield Problem("a Purchase needs a currency", "$.custom_data.currency", 2804010)
    elif custom["currency"] in REFUSED:
        yield Problem(
            f"Meta doesn't take the currency {custom['currency']}", "$.custom_data.currency", 2804011
        )


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
