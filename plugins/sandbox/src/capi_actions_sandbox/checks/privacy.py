"""Checks of Limited Data Use: the data processing options ("server event" in ``docs/reference/sources.md``).

That these combinations are refused is documented; the words and the subcode of the refusal aren't known.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import missing_parameter, wrong_value
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure

_OPTIONS = "data_processing_options"
_COUNTRY = "data_processing_options_country"
_STATE = "data_processing_options_state"
COUNTRIES = frozenset({0, 1})  # 0: Meta finds out; 1: the USA
STATES = frozenset([0, *range(1000, 1014)])  # 0: Meta finds out
_COUNTRY_TEXTS, _STATE_TEXTS = frozenset(map(str, COUNTRIES)), frozenset(map(str, STATES))


def check_privacy(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check that required options are there, and that their values are known."""
    processing_options = event.get(_OPTIONS) or []
    country, state = event.get(_COUNTRY), event.get(_STATE)
    if any(option != "LDU" for option in processing_options):
        return wrong_value('[] or ["LDU"]', index, _OPTIONS)
    if country is not None and str(country) not in _COUNTRY_TEXTS:
        return wrong_value("0 or 1", index, _COUNTRY)
    if state is not None and str(state) not in _STATE_TEXTS:
        return wrong_value("0 or 1000 to 1013", index, _STATE)
    if country is not None and state is None:
        return missing_parameter(index, _STATE)
    if processing_options and country is None and not (event["user_data"] or {}).get("client_ip_address"):
        return missing_parameter(index, _COUNTRY)
    return None
