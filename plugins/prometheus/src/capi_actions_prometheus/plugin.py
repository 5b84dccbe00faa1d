"""The hooks of this distribution.  Nothing else belongs in this file."""

from collections.abc import Callable, Sequence

from capi_actions import Observer, hookimpl


def make_metrics() -> Observer:
    """Return the metrics of this process; the client library for Prometheus takes 18 ms to import."""
    from capi_actions_prometheus.serving import shared_metrics

    return shared_metrics()


@hookimpl
def capi_report() -> Sequence[Callable[[], Observer]]:
    """Offer metrics."""
    return [make_metrics]
