"""Checks of events that add something to an earlier one: AppendValue and AppendAttribution.

Sources: "original event" and "attribution data" in ``docs/reference/sources.md``.  That these keys are needed, and for
how long, is documented; the words and the subcode of a refusal aren't known.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import missing_parameter, wrong_value
from capi_actions_sandbox.checks.times import unix_time
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure

WINDOWS = {"AppendValue": 7 * 86_400, "AppendAttribution": 48 * 3_600}  # seconds after the original event

_ORIGINAL, _ATTRIBUTION = "original_event_data", "attribution_data"
_NEEDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AppendValue": ((_ORIGINAL, "event_name"), (_ORIGINAL, "event_time"), ("custom_data", "currency")),
    "AppendAttribution": (
        (_ORIGINAL, "event_name"),
        (_ORIGINAL, "event_time"),
        (_ATTRIBUTION, "ad_id"),
        (_ATTRIBUTION, "touchpoint_ts"),
        (_ATTRIBUTION, "attribution_share"),
        (_ATTRIBUTION, "attribution_value"),
        ("custom_data", "currency"),
    ),
}
_AMOUNTS = ("predicted_ltv", "net_revenue", "value")


def check_append(event: Mapping[str, Any], index: int, now: float, options: SandboxOptions) -> Failure | None:
    """Check that such an event names what it adds to, says what it adds, and comes in time.

    :param now: Unix seconds.
    """
    name = event["event_name"]
    if name not in WINDOWS:
        return None
    for key, member in _NEEDED[name]:
        if (event.get(key) or {}).get(member) in (None, ""):
            return missing_parameter(index, key, member)
    happened = unix_time(event[_ORIGINAL]["event_time"])
    if happened is None:
        return wrong_value("a Unix timestamp", index, _ORIGINAL, "event_time")
    if not -options.future_tolerance <= now - happened < WINDOWS[name]:
        hours = WINDOWS[name] // 3_600
        return wrong_value(f"less than {hours} hours ago", index, _ORIGINAL, "event_time")
    if name == "AppendAttribution":
        share = event[_ATTRIBUTION]["attribution_share"]
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            return wrong_value("a number from 0 to 1", index, _ATTRIBUTION, "attribution_share")
        return None
    custom = event["custom_data"]
    return missing_parameter(index, "custom_data", _AMOUNTS[0]) if not custom.keys() & _AMOUNTS else None
