"""Run the application with uvicorn, until a signal stops it."""

import asyncio
import errno
import gc
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from capi_actions import ConfigError
from capi_actions_server.direct import extensions
from capi_actions_server.settings import ServerSettings

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 65  # longer than the 60 of most reverse proxies, which else reuse what was just closed
_MAX_HEAD_BYTES = 64 * 1024
_HEAD_SECONDS = 10.0


class JoiningTransport:
    """A transport that writes at once what is written in one step of the event loop.

    uvicorn writes head and body of a response apart, and a write takes longest of all that a small response takes: 9 µs
    of a request's 50 with nothing but uvicorn.  All else is the transport's own.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Write at the end of this step."""
        if not self._chunks:
            self._loop.call_soon(self._flush)
        self._chunks.append(data)

    def write_now(self, data: bytes) -> None:
        """Write what is left, and this."""
        if self._chunks:
            self._flush()
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether it is, or was, closed."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Write what is left, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._chunks:
            data = b"".join(self._chunks)
            self._chunks.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with limits for the head of a request: uvicorn has none of its own.

    It offers the extension :class:`~capi_actions_server.direct.Direct`.

    The time without a request is limited by the same timer that looks after slow heads, one for the life of a
    connection: uvicorn makes and cancels one for each request, 4 µs of 45.
    """

    _head_since: float | None = None
    _head_bytes = 0
    _idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start to wait for a request."""
        self._joining = JoiningTransport(transport, self.loop)
        self._extensions = extensions(self)
        super().connection_made(cast(asyncio.Transport, self._joining))
        self._head_since = self.loop.time()
        self.loop.call_later(_HEAD_SECONDS, self._close_if_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Offer nothing any more, and leave no cycle of references to garbage collection."""
        super().connection_lost(exc)
        self._extensions.clear()

    def data_received(self, data: bytes) -> None:
        """Close the connection when the head of a request grows too long."""
        super().data_received(data)
        if self._head_since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Note when a head begins."""
        super().on_message_begin()
        cast(Scope, self.scope)["extensions"] = self._extensions
        self._head_since = self.loop.time()
        self._idle_since = None

    def on_headers_complete(self) -> None:
        """Note that a head has ended."""
        self._head_since = None
        self._head_bytes = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Note when the wait for the next request begins."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        self._idle_since = self.loop.time()

    def take_body(self, scope: Scope) -> bytes | None:
        """Return the body of a request if all of it has come, as :meth:`RequestResponseCycle.receive` does."""
        cycle = self.cycle
        if (
            cycle.scope is not scope
            or cycle.more_body
            or cycle.waiting_for_100_continue
            or cycle.disconnected
        ):
            return None
        body, cycle.body = bytes(cycle.body), bytearray()
        cycle.message_event.clear()
        return body

    def write_response(self, scope: Scope, response: bytes) -> bool:
        """Write a whole response, as :meth:`RequestResponseCycle.send` does its parts.

        :returns: False when there is anything unusual about the request, so that it must do that.
        """
        cycle = self.cycle
        if (
            cycle.scope is not scope  # there is another request behind it
            or not cycle.keep_alive
            or cycle.response_started
            or cycle.disconnected
            or self.flow.write_paused
        ):
            return False
        cycle.response_started = cycle.response_complete = True
        self._joining.write_now(response)
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _close_if_slow(self) -> None:
        """Close the connection when a head, or the next request, takes too long, and look again later."""
        if self.transport.is_closing():
            return
        now = self.loop.time()
        has_slow_head = self._head_since is not None and now - self._head_since >= _HEAD_SECONDS
        if has_slow_head or (self._idle_since is not None and now - self._idle_since >= _KEEP_ALIVE_SECONDS):
            self.transport.close()
        else:
            self.loop.call_later(_HEAD_SECONDS, self._close_if_slow)


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, on_ready: Callable[[], object]) -> None:
        """Configure the server.

        :param on_ready: called once requests are answered.
        """
        # No logging by uvicorn: paths and headers may hold keys.
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level=None,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # addresses are read where events are, from trusted proxies only
            limit_concurrency=settings.max_connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
        )
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()


def rest_garbage_collection() -> None:
    """Keep garbage collection from looking through what stays until the end, and from looking often.

    An event makes some hundred objects, none of which is in a cycle.  A search after every 700 of them took 6 to 10 %
    of a request's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


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
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        problem = getattr(error, "strerror", None) or str(error)
        hint = ""
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            hint = "; another server may be running there: stop it, or choose another port with --port"
        raise ConfigError.of(f"can't listen at {host} port {port}: {problem}{hint}", "") from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
