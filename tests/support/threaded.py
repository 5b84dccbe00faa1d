"""The event server in a thread of this process, for tests in which a browser asks it."""

import asyncio
import threading
import time

import uvicorn

from capi_actions_server.app import create_app
from capi_actions_server.components import Components

_PATIENCE = 120.0  # seconds


class ThreadedServer:
    """Answers on loopback for as long as the ``with`` block lasts, which gets the address."""

    def __init__(self, components: Components) -> None:
        config = uvicorn.Config(create_app(components), port=0, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def __enter__(self) -> str:
        self._thread.start()
        end = time.monotonic() + _PATIENCE
        while not self._server.started:
            assert time.monotonic() < end, "it doesn't start"
            time.sleep(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
