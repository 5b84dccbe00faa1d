"""Cut the TCP connection of a request, which ASGI can't do.

uvicorn takes its HTTP protocol class as a setting, and passes each request a copy of that protocol's ``app_state``
as ``scope["state"]``: the subclass here puts a function there that cuts the connection.
"""

import asyncio
import socket
import struct
from collections.abc import Callable

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEY = "capi_actions_sandbox.cut"
_NO_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close with RST at once


class Protocol(H11Protocol):
    """uvicorn's HTTP protocol, whose requests can cut their connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Make the connection available to its requests."""
        super().connection_made(transport)
        self.access_log = False  # it would write tokens that stand in the query
        self.app_state = {**self.app_state, _KEY: _cutter(transport)}


def _cutter(transport: asyncio.Transport) -> Callable[[bool], None]:
    def cut_transport(flush: bool) -> None:
        if flush:
            transport.close()
            return
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()

    return cut_transport


async def cut_connection(scope: Scope, receive: Receive, *, flush: bool) -> None:
    """Cut the connection of a request, and wait until the server has noticed.

    :param flush: send buffered data first; else the client sees a reset at once.
    :raises RuntimeError: when the server isn't the sandbox's own.
    """
    cut_transport = scope.get("state", {}).get(_KEY)
    if cut_transport is None:
        raise RuntimeError("only capi_actions_sandbox.Sandbox and capi sandbox can cut connections")
    cut_transport(flush)
    while (await receive())["type"] != "http.disconnect":
        pass
