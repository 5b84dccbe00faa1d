"""The hooks of this distribution.  Nothing else belongs in this file."""

from collections.abc import Callable, Sequence

from capi_actions import Observer, hookimpl
from capi_actions_prometheus.serving import shared_metrics


@hookimpl
def capi_report() -> Sequence[Callable[[], Observer]]:
    """Offer metrics."""
    return [shared_metrics]
