"""Checks of ``app_data`` in app events ("server event" in ``docs/reference/sources.md``)."""

from collections.abc import Mapping
from typing import Any

from capi_actions_sandbox.checks.shape import missing_parameter, wrong_value
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, refuse_event

EXTINFO_PARTS = 16
OS_VERSION = 4  # its position
EXTINFO_VERSIONS = ("a2", "i2")
_FLAGS = (0, 1, "0", "1")  # equal to False and True, too


def check_app(event: Mapping[str, Any], index: int, options: SandboxOptions) -> Failure | None:
    """Check that an app event has ``app_data``, with the device information ``extinfo`` (2804043)."""
    app_data = event.get("app_data")
    if not app_data:
        return missing_parameter(index, "app_data") if event["action_source"] == "app" else None
    flag = app_data.get("advertiser_tracking_enabled")
    if flag is None:
        return missing_parameter(index, "app_data", "advertiser_tracking_enabled")
    if flag not in _FLAGS:
        return wrong_value("0 or 1", index, "app_data", "advertiser_tracking_enabled")
    return None if _is_extinfo(app_data.get("extinfo")) else refuse_event(2804043, index)


def _is_extinfo(extinfo: object) -> bool:
    if not isinstance(extinfo, list) or len(extinfo) != EXTINFO_PARTS:
        return False
    return extinfo[0] in EXTINFO_VERSIONS and extinfo[OS_VERSION] not in (None, "")
