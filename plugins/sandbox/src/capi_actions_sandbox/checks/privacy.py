"""Limited Data Use: the data processing options ("server event" in ``docs/reference/sources.md``).

That these combinations are refused is documented; the words and the subcode of the refusal aren't known.
"""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import is_required, must_be
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure

_OPTIONS = "data_processing_options"
_COUNTRY = "data_processing_options_country"
_STATE = "data_processing_options_state"
_COUNTRIES = frozenset({"0", "1"})  # 0: Meta finds out where the person is; 1: the USA
_STATES = frozenset(["0", *map(str, range(1000, 1014))])


def check_privacy(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check that the options say what they must, and only what is known."""
    wanted = event.get(_OPTIONS) or []
    country, state = event.get(_COUNTRY), event.get(_STATE)
    if any(each != "LDU" for each in wanted):
        return must_be('[] or ["LDU"]', index, _OPTIONS)
    if country is not None and str(country) not in _COUNTRIES:
        return must_be("0 or 1", index, _COUNTRY)
    if state is not None and str(state) not in _STATES:
        return must_be("0 or 1000 to 1013", index, _STATE)
    if country is not None and state is None:
        return is_required(index, _STATE)
    if wanted and country is None and not (event["user_data"] or {}).get("client_ip_address"):
        return is_required(index, _COUNTRY)
    return None
