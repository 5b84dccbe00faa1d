"""Meta's checks of events before it accepts them."""

from collections.abc import Sequence
from typing import Any

from capi_actions_sandbox.checks.append import check_append
from capi_actions_sandbox.checks.apps import check_app
from capi_actions_sandbox.checks.commerce import check_custom_data
from capi_actions_sandbox.checks.messaging import check_messaging
from capi_actions_sandbox.checks.people import check_user_data
from capi_actions_sandbox.checks.privacy import check_privacy
from capi_actions_sandbox.checks.shape import check_shape
from capi_actions_sandbox.checks.times import check_time
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure

_CHECKS = (check_user_data, check_custom_data, check_app, check_messaging, check_privacy)


def check_events(events: Sequence[object], now: float, options: SandboxOptions) -> Failure | None:
    """Return why Meta would refuse these events, or None when it accepts them.

    One bad event is enough, and only the first problem is reported.  Which of several problems Meta reports
    isn't known; here, the shape of all events is checked before the meaning of any.

    :param events: the decoded entries of ``data``; an entry that isn't an object is refused.
    :param now: Unix seconds.  The options' own clock isn't used.
    """
    for index, event in enumerate(events):
        if failure := check_shape(event, index, options):
            return failure
    for index, event in enumerate(events):
        if failure := _check_meaning(event, index, now, options):
            return failure
    return None


def _check_meaning(event: Any, index: int, now: float, options: SandboxOptions) -> Failure | None:
    if failure := check_time(event, index, now, options):
        return failure
    if failure := check_append(event, index, now, options):
        return failure
    for check in _CHECKS:
        if failure := check(event, index, options):
            return failure
    return None
