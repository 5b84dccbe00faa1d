"""The metrics of this process, and the port at which they are served."""

import errno
import logging
import os
import threading

from prometheus_client import start_http_server

from capi_actions import ConfigError
from capi_actions_prometheus.metrics import Metrics

PORT = "CAPI_PROMETHEUS_PORT"
_ADDRESS = "127.0.0.1"
# Not below "capi_actions": `capi` prints what is logged there only once everything is set up.
_LOG = logging.getLogger("capi_actions_prometheus")

_lock = threading.Lock()
_shared: Metrics | None = None


def shared_metrics() -> Metrics:
    """Return the metrics of this process.

    The first call creates them, and serves them if the environment names a port.

    :raises ConfigError: if it isn't a port number, or the port can't be used.
    """
    global _shared
    with _lock:
        if _shared is None:
            port = _port()
            if port is not None:
                _serve(port)
            _shared = Metrics()  # last, so that after an error above the next call raises it again
        return _shared


def _port() -> int | None:
    text = os.environ.get(PORT, "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 2**16:
        return int(text)
    raise ConfigError.of(f"{PORT} should be a port number from 1 to 65535, not {text[:20]!r}")


def _serve(port: int) -> None:
    """Serve the default registry; only log a warning if another process has the port.

    The variable may be set for a whole service, where `capi send` runs beside `capi deliver --forever`: deliveries must
    not fail because of a port.
    """
    try:
        start_http_server(port, addr=_ADDRESS)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise ConfigError.of(f"{PORT}: port {port} can't be used: {error.strerror}") from error
        _LOG.warning(
            "metrics of this process aren't served: port %d is in use, perhaps by another process with %s",
            port,
            PORT,
        )
