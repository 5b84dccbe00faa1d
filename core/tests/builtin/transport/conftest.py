"""A server of plain sockets on loopback that does as badly as a test wants."""

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

from capi_actions.builtin.transport import Urllib3Transport
from capi_actions.model import Request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@define(eq=False)
class Server:
    """Takes connections one after another, each in its own thread.

    :ivar answer: called with the connection after each whole request on it.
    :ivar requests: what arrived, head and body as they were.
    """

    answer: Callable[[socket.socket], None]
    tls: ssl.SSLContext | None = None
    requests: list[tuple[bytes, bytes]] = field(factory=list)
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
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)

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
                self.answer(connection)

    def _request(self, connection: socket.socket) -> tuple[bytes, bytes] | None:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (some := connection.recv(65_536)):
                return None
            received += some
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            if not (some := connection.recv(65_536)):
                return None
            body += some
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
    """Make transports in an environment with no proxies but those given."""
    made: list[Urllib3Transport] = []

    def make(environment: dict[str, str] | None = None, **options: object) -> Urllib3Transport:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        made.append(Urllib3Transport(**options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(make_transport: Callable[..., Urllib3Transport]) -> Urllib3Transport:
    """A transport without a proxy."""
    return make_transport()


@pytest.fixture
def make_request() -> Callable[..., Request]:
    """Make requests whose every part holds a marker that must appear in no error."""

    def make(address: str, scheme: str = "http", **changes: object) -> Request:
        values: dict[str, object] = {
            "method": "POST",
            "url": f"{scheme}://{address}/v25.0/PATHMARKER/events?access_token=QUERYMARKER",
            "headers": {"Authorization": "Bearer TOKENMARKER", "Content-Type": "application/json"},
            "body": b'{"data":["BODYMARKER"]}',
            "timeout": 5.0,
        }
        return Request(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs certificates that nobody else trusts."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server needs to be 127.0.0.1 for those who trust the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """The authority's certificate as a file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
