"""Checks of ``custom_data``: value and currency of a Purchase, and the items of ``contents``.

Source: "custom data" in ``docs/reference/sources.md``.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import missing_parameter, parameter_path, unexpected_key, wrong_value
from capi_actions_sandbox.options import SandboxOptions, refused_currencies
from capi_actions_sandbox.refusals import Failure, refuse_event

CONTENT_KEYS = frozenset("id quantity item_price delivery_category title description brand category".split())

# Stages of a lead.  That the rest is needed with it is documented; the words and the subcode of a refusal aren't known.
CRM_EVENT_SOURCE, CRM_ACTION_SOURCE = "crm", "system_generated"

# As JSON writes numbers, with a sign or without; Python would read more: 1_000, other scripts' digits, spaces.
_NUMBER_TEXT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def check_custom_data(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check contents (2804008), CRM events, and value and currency of a Purchase (2804009, 2804010, 2804011)."""
    custom = event.get("custom_data") or {}
    contents = custom.get("contents")
    if contents is not None and (failure := _check_contents(contents, index, options)):
        return failure
    if custom.get("event_source") == CRM_EVENT_SOURCE:
        if not custom.get("lead_event_source"):
            return missing_parameter(index, "custom_data", "lead_event_source")
        if event["action_source"] != CRM_ACTION_SOURCE:
            return wrong_value(CRM_ACTION_SOURCE, index, "action_source")
    if event["event_name"] != "Purchase":
        return None
    if not _is_amount(custom.get("value")):
        return refuse_event(2804009, index)
    currency = custom.get("currency")
    if currency in (None, ""):
        return refuse_event(2804010, index)
    if not _is_currency(currency, options):
        return refuse_event(2804011, index)
    return None


def _check_contents(contents: object, index: int, options: SandboxOptions) -> Failure | None:
    if not isinstance(contents, list):
        return refuse_event(2804008, index)
    for position, item in enumerate(contents):
        if not isinstance(item, dict) or item.get("id") in (None, ""):
            return refuse_event(2804008, index)
        if options.strict_contents and not item.keys() <= CONTENT_KEYS:
            key = next(key for key in item if key not in CONTENT_KEYS)
            return unexpected_key(
                key, index, f"{parameter_path(index, 'custom_data', 'contents')}[{position}]"
            )
    return None


def _is_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    if isinstance(value, str) and not _NUMBER_TEXT.fullmatch(value):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_currency(currency: object, options: SandboxOptions) -> bool:
    if not isinstance(currency, str):
        return False
    code = currency.upper()  # lower case was accepted in a real call
    if options.currencies is not None:
        return code in options.currencies
    return len(code) == 3 and code.isascii() and code.isalpha() and code not in refused_currencies()
