"""A server of plain sockets on loopback that misbehaves as a test needs it."""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from attrs import define, field

from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.model import Request

_TRICKLED = 6_000  # bytes, a minute at least: a fault then fails a test instead of hanging it
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@define(eq=False)
class Server:
    """Takes connections one after another, each in its own thread.

    :ivar answer: called with the connection after each whole request on it.
    :ivar requests: what arrived, head and body as they were.
    :ivar latest: the last request of each connection.
    """

    answer: Callable[[socket.socket], None]
    tls: ssl.SSLContext | None = None
    requests: list[tuple[bytes, bytes]] = field(factory=list)
    latest: dict[socket.socket, tuple[bytes, bytes]] = field(factory=dict)
    connections: int = 0
    _open: list[socket.socket] = field(factory=list)
    _threads: list[threading.Thread] = field(factory=list)
    _listener: socket.socket = field(factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def start(self) -> None:
        """Begin to listen."""
        self._run(self._accept)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        """Cut all connections and wait for all threads."""
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(60)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self.connections += 1
                self._run(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while request := self._request(connection):
                self.requests.append(request)
                self.latest[connection] = request
                self.answer(connection)

    def _request(self, connection: socket.socket) -> tuple[bytes, bytes] | None:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (chunk := connection.recv(65_536)):
                return None
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            if not (chunk := connection.recv(65_536)):
                return None
            body += chunk
        return head, body


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers; by default they answer 200 with "ok"."""
    servers: list[Server] = []

    def start(
        answer: Callable[[socket.socket], None] | bytes = ANSWER, tls: ssl.SSLContext | None = None
    ) -> Server:
        reply = answer if callable(answer) else lambda connection: connection.sendall(answer)
        servers.append(Server(reply, tls))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def make_transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Urllib3Transport]]:
    """Make transports in an environment without other proxies."""
    transports: list[Urllib3Transport] = []

    def make(environment: dict[str, str] | None = None, **options: object) -> Urllib3Transport:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        transports.append(Urllib3Transport(**options))  # type: ignore[arg-type]
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture
def transport(make_transport: Callable[..., Urllib3Transport]) -> Urllib3Transport:
    """A transport without a proxy."""
    return make_transport()


@define(eq=False)
class Timer:
    """Stands in for ``threading.Timer``: its time is up when a test says so, however fast the machine is."""

    seconds: float
    function: Callable[[], None]
    daemon: bool = False
    running: bool = False

    def start(self) -> None:
        """Begin."""
        self.running = True

    def cancel(self) -> None:
        """End, in vain."""
        self.running = False

    def fire(self) -> None:
        """Let the time be up."""
        assert self.running
        self.function()


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    """The timers of all requests; tests let their time be up, or it never is."""
    timers: list[Timer] = []

    def make(seconds: float, function: Callable[[], None]) -> Timer:
        timers.append(Timer(seconds, function))
        return timers[-1]

    monkeypatch.setattr("capi_actions.builtin.transport.abort_timer.Timer", make)
    return timers


@pytest.fixture
def trickle(timers: list[Timer]) -> Callable[..., Callable[[socket.socket], None]]:
    """Make answers of single bytes that go on until the other side ends them; after three its time is up."""

    def make(head: bytes) -> Callable[[socket.socket], None]:
        def answer(connection: socket.socket) -> None:
            connection.sendall(head)
            connection.settimeout(0.01)
            for sent in range(1, _TRICKLED):
                connection.sendall(b"x")
                if sent == 3:
                    timers[-1].fire()
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        return

        return answer

    return make


@pytest.fixture
def make_request() -> Callable[..., Request]:
    """Make requests whose every part holds a marker that must appear in no error."""

    def make(address: str, scheme: str = "http", **changes: object) -> Request:
        values: dict[str, object] = {
            "method": "POST",
            "url": f"{scheme}://{address}/v25.0/PATHMARKER/events?access_token=QUERYMARKER",
            "headers": {"Authorization": "Bearer TOKENMARKER", "Content-Type": "application/json"},
            "body": b'{"data":["BODYMARKER"]}',
            "timeout": 60.0,
        }
        return Request(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs certificates that nobody else trusts."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server needs to be 127.0.0.1 or capi.invalid for those who trust the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "capi.invalid").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """The authority's certificate as a file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
