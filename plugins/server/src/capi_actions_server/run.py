"""Run the server: open everything, serve until a signal, close within a bound."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from capi_actions import print_problems
from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from capi_actions_server.uvicorn_server import Server, listen, rest_garbage_collection, url_of

_LOG = logging.getLogger("capi_actions.server")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(
    config_path: Path,
    *,
    host: str | None,
    port: int | None,
    reuse_port: bool,
    deliver: bool,
    announce: Callable[[str], object],
) -> None:
    """Serve until SIGINT or SIGTERM.

    :param host: instead of the configuration's.
    :param port: instead of the configuration's.
    :param announce: called with the address once requests are answered.
    :raises ConfigError: when the configuration is wrong, or the address can't be used.
    :raises OutboxError: when the outbox can't be opened.
    """
    with _log_to_stderr(), _restored_signals():
        components = Components.open(config_path, deliver=deliver, host=host, port=port)
        settings = components.settings
        try:
            print_problems(components.findings)
            listening = listen(settings.host, settings.port, reuse_port=reuse_port)
            app = create_app(components)
            rest_garbage_collection()
            Server(app, settings, lambda: announce(url_of(listening))).run([listening])
        finally:
            _close(components)


def _close(components: Components) -> None:
    """Close within the bound, even if a request to a platform takes longer.

    Whatever is in flight then stays in the outbox, and is sent again once its lease has ended.
    """
    closing = threading.Thread(target=components.close, name="capi-close", daemon=True)
    closing.start()
    closing.join(components.settings.shutdown_seconds)
    if closing.is_alive():
        _LOG.warning(
            "a request takes too long to end; its events stay in the outbox, and are sent again later"
        )
        logging.shutdown()
        sys.stderr.flush()
        os._exit(0)  # threads that send would keep the process alive


@contextmanager
def _restored_signals() -> Iterator[None]:
    """Take the signals that uvicorn raises again once it has stopped; another one ends closing at once."""
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    former = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Print what goes wrong, with the time: nobody looks at the screen of a service."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("capi_actions")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
