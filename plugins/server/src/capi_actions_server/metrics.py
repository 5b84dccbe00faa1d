"""Counts of requests and events for Prometheus, at ``/metrics``."""

from prometheus_client import Counter

REQUESTS = Counter(
    "capi_server_requests",
    "Requests to the endpoints that take events, by the status of the answer",
    ["status"],
)
ACCEPTED = Counter("capi_server_events_accepted", "Events that were answered as accepted")


class Figures:
    """Counts what was answered.  Metrics belong to the process, so that all of them count together."""

    def __init__(self) -> None:
        self._ok = REQUESTS.labels("200")

    def count(self, status: int, accepted: int) -> None:
        """Count an answer, and the events that it says are accepted."""
        (self._ok if status == 200 else REQUESTS.labels(str(status))).inc()
        if accepted:
            ACCEPTED.inc(accepted)
