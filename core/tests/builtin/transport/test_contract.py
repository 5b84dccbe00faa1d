"""The contract of transports holds for the core's own."""

from capi_actions import builtin
from capi_actions.testing import TransportTests


class TestUrllib3Transport(TransportTests):
    """As a plugin's would be tested."""

    plugin = builtin
    impatient_options = {"max_seconds": 1.0}  # noqa: RUF012  as authors write it
