"""Run a sandbox in a thread of this process."""

import asyncio
import errno
import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import uvicorn

from capi_actions import ConfigError
from capi_actions_sandbox.admin import find_events
from capi_actions_sandbox.app import create_app
from capi_actions_sandbox.connection import Protocol
from capi_actions_sandbox.faults import Fault, parse_fault
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.store import Exchange, Received, State

_START_TIMEOUT = 30  # seconds
_TICK = 0.1  # seconds after which the server's clock is read again
_STOP_TIMEOUT = 1  # seconds that open requests get when the sandbox stops


class Sandbox:
    """A stand-in for Meta's API on this machine, for as long as the ``with`` block lasts.

    Usable from several threads.  It binds a loopback address and nothing else.

    :param options: its behaviour.
    :param host: a loopback address.
    :param port: 0 chooses a free one.
    :param listener: called with every exchange, in the sandbox's thread, just before the response is sent.
    """

    def __init__(
        self,
        options: SandboxOptions | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listener: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._state = State(options=options or SandboxOptions())
        if listener is not None:
            self._state.listener = listener
        self._address = (loopback(host), port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def start(self) -> Self:
        """Start serving, and return when requests are answered.

        :raises ConfigError: when the port is taken, or the sandbox is running already.
        """
        if self._server is not None:
            raise ConfigError.of("this sandbox is running already")
        listening = _listen(*self._address)
        host, port = listening.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._server = _Server(create_app(state=self._state))
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name=f"sandbox {self.url}", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_TIMEOUT):
            raise ConfigError.of(f"the sandbox did not start within {_START_TIMEOUT} seconds")
        return self

    def stop(self) -> None:
        """Stop serving; open requests get a second.  What has arrived can still be inspected."""
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def events(self, **filters: str | int) -> list[Received]:
        """Return the accepted events that are stored, in order of arrival.

        :param filters: only those with these values: ``pixel``, ``version``, ``test_event_code``, ``event_name``,
            ``event_id``, ``action_source``; ``after`` and ``limit`` as for ``GET /_sandbox/events``.
        :raises ConfigError: for an unknown filter.
        """
        return find_events(self._state, {name: str(value) for name, value in filters.items()})

    def requests(self) -> list[Exchange]:
        """Return the latest requests to the API, 10,000 at most, oldest first."""
        return self._state.store.exchanges()

    def counts(self) -> dict[str, int]:
        """Return the numbers of ``requests`` and accepted ``events`` since the start, and of those ``kept``."""
        return self._state.store.counts()

    def fault(self, spec: str | Fault | None = None, **fields: Any) -> Fault:
        """Queue a fault for the next requests.

        :param spec: a fault, or a text such as ``code=17,times=3`` (see
            :func:`~capi_actions_sandbox.faults.parse_fault`).
        :param fields: or the fields of a :class:`~capi_actions_sandbox.faults.Fault`.
        :raises ConfigError: with everything that is wrong with it.
        """
        fault = spec if isinstance(spec, Fault) else parse_fault(fields if spec is None else spec)
        self._state.faults.add(fault)
        return fault

    def clear(self) -> None:
        """Delete events, requests and faults; numbers and counts go on."""
        self._state.store.clear_events()
        self._state.store.clear_exchanges()
        self._state.faults.clear()


class _Server(uvicorn.Server):
    def __init__(self, app: Any) -> None:
        # No logging by uvicorn: addresses may hold tokens.
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level=None,
            server_header=False,
            timeout_graceful_shutdown=_STOP_TIMEOUT,
        )
        super().__init__(config)
        self.ready = threading.Event()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Make the server end, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ending.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Do what uvicorn does, but notice the end at once: otherwise each of many tests waits for up to a tick."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK)


def loopback(host: str) -> str:
    """Return the address to bind.

    :raises ConfigError: when another machine could reach it.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ConfigError.of(
            f"the sandbox serves this machine alone: host should be 127.0.0.1, ::1 or localhost, not {host!r}"
        )
    return str(address)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only when TCP is named does asyncio switch off Nagle's algorithm, which costs 40 ms a request.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except (OSError, OverflowError) as error:
        listening.close()
        problem = getattr(error, "strerror", None) or str(error)
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        hint = (
            "; another sandbox may be running there: stop it, or choose another port with --port"
            if in_use
            else ""
        )
        raise ConfigError.of(f"can't listen on {host} port {port}: {problem}{hint}") from error
    return listening
