"""Run the application with uvicorn, until a signal stops it."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from capi_actions import ConfigError


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready.

    :param on_ready: called once requests are answered.
    """

    def __init__(self, app: ASGIApp, shutdown_seconds: float, on_ready: Callable[[], object]) -> None:
        # No logging by uvicorn: paths and headers may hold keys.
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level=None,
            server_header=False,
            proxy_headers=False,  # addresses are read where events are, from trusted proxies only
            timeout_graceful_shutdown=max(1, round(shutdown_seconds)),
        )
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """Return a listening socket.

    :param reuse_port: let several processes listen at one port; the system spreads connections over them.
    :raises ConfigError: when the address can't be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only when TCP is named does asyncio switch off Nagle's algorithm, which costs 40 ms a request.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except (OSError, OverflowError) as error:
        listening.close()
        raise ConfigError.of(f"can't listen on {host} port {port}: {error}") from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
