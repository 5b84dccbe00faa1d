"""What Meta looks at in events before it takes them."""

from collections.abc import Sequence
from typing import Any

from capi_actions_sandbox.checks.apps import check_app
from capi_actions_sandbox.checks.commerce import check_custom_data
from capi_actions_sandbox.checks.messaging import check_messaging
from capi_actions_sandbox.checks.people import check_user_data
from capi_actions_sandbox.checks.privacy import check_privacy
from capi_actions_sandbox.checks.shape import check_shape
from capi_actions_sandbox.checks.times import check_time
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure

_IN_ORDER = (check_user_data, check_custom_data, check_app, check_messaging, check_privacy)


def check_events(events: Sequence[object], now: float, options: SandboxOptions) -> Failure | None:
    """Say why Meta would refuse these events, or None when it takes them.

    One bad event is enough, and only the first problem is told.  Which of several problems Meta tells first
    isn't known; here, the shape of all events comes before the meaning of any.

    :param events: the decoded entries of ``data``; whatever isn't an object is refused.
    :param now: Unix seconds.  The options' own clock isn't asked.
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
    for check in _IN_ORDER:
        if failure := check(event, index, options):
            return failure
    return None
