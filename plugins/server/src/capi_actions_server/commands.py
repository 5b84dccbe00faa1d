"""The command ``capi serve``."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from capi_actions_server.logs import LOG

if TYPE_CHECKING:
    from capi_actions_server.service import Service

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command()
@click.option(
    "--config",
    "-c",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("capi.toml"),
    envvar="CAPI_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.option("--host", help="The address to listen at, instead of the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 chooses a free one.")
@click.option("--reuse-port", is_flag=True, help="Let several processes listen at the port.")
@click.option("--no-deliver", is_flag=True, help="Only store: `capi deliver --forever` runs apart.")
def serve(config_path: Path, host: str | None, port: int | None, reuse_port: bool, no_deliver: bool) -> None:
    """Take events over HTTP, and deliver them, until Ctrl-C or SIGTERM.

    The table [server] of the configuration says where, and who may send; `capi init --serve` writes one.
    """
    # Here, as they bring uvicorn and Starlette: every other command would wait 0.3 s for them.
    from capi_actions_server.app import create_app
    from capi_actions_server.service import Service
    from capi_actions_server.serving import Server, listen, url_of

    with _log_to_stderr(), _restored_signals():
        service = Service.open(config_path, deliver=not no_deliver)
        settings = service.settings
        try:
            listening = listen(
                host or settings.host, settings.port if port is None else port, reuse_port=reuse_port
            )
            url = url_of(listening)
            server = Server(create_app(service), settings, lambda: announce(service, url))
            server.run([listening])
        finally:
            _close(service)


def announce(service: "Service", url: str) -> None:
    """Print where the server listens."""
    click.echo(f"Listening at {url}; Ctrl-C stops.", err=True)


def _close(service: "Service") -> None:
    """Close within the bound, even if a request to a platform takes longer.

    Whatever is in flight then stays in the outbox, and is sent again once its lease has ended.
    """
    closing = threading.Thread(target=service.close, name="capi-close", daemon=True)
    closing.start()
    closing.join(service.settings.shutdown_seconds)
    if closing.is_alive():
        LOG.warning(
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
