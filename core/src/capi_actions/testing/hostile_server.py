"""A server on loopback that answers as a test says: late, half, twice, or not at all."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from attrs import define, field

from capi_actions.testing.resources import KIT_THREAD

Answer = Callable[["Connection"], None]
"""Called after each whole request on a connection."""

_LONGEST_WAIT = 60.0  # seconds: a fault then fails a test instead of hanging it


@define(eq=False)
class Connection:
    """A connection to the server, with its latest request.

    :ivar head: the latest request's first line and headers.
    :ivar body: the latest request's body.
    :ivar number: how many requests the server had got before it.
    """

    socket: socket.socket
    head: bytes = b""
    body: bytes = b""
    number: int = 0

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def end(self) -> None:
        """End the connection politely."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a crash does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait(self) -> None:
        """Send nothing until the other side gives up."""
        with contextlib.suppress(OSError):
            self.socket.recv(1)


@define(eq=False)
class HostileServer:
    """Takes connections one after another, each in its own thread.

    :ivar tls: with which it encrypts; None for plain HTTP.
    :ivar requests: heads and bodies of the requests that arrived.
    :ivar connections: how many there were.
    """

    answer: Answer
    tls: ssl.SSLContext | None = None
    requests: list[tuple[bytes, bytes]] = field(factory=list)
    connections: int = 0
    _sockets: list[socket.socket] = field(factory=list)
    _threads: list[threading.Thread] = field(factory=list)
    _listener: socket.socket = field(factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _change: threading.Condition = field(factory=threading.Condition)
    _open: int = 0

    @property
    def url(self) -> str:
        """The server's address."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/items?token=QUERYMARKER"

    @property
    def open(self) -> int:
        """How many connections are open."""
        return self._open

    def wait_until_all_are_closed(self) -> bool:
        """Wait for the other side to close all connections; False if it doesn't."""
        with self._change:
            return self._change.wait_for(lambda: self._open == 0, _LONGEST_WAIT)

    def start(self) -> None:
        """Begin to listen."""
        self._run(self._accept)

    def stop(self) -> None:
        """Cut all connections and wait for all threads."""
        for connection in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(_LONGEST_WAIT)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name=KIT_THREAD, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                accepted.settimeout(_LONGEST_WAIT)
                self._sockets.append(accepted)
                self._count(1)
                self._run(self._converse, Connection(accepted))

    def _count(self, change: int) -> None:
        with self._change:
            self.connections += max(change, 0)
            self._open += change
            self._change.notify_all()

    def _converse(self, connection: Connection) -> None:
        try:
            with contextlib.suppress(OSError), connection.socket:
                if self.tls is not None:
                    connection.socket = self.tls.wrap_socket(connection.socket, server_side=True)
                    self._sockets.append(connection.socket)  # it has taken the other one's place
                with connection.socket:
                    self._answer_all(connection)
        finally:
            self._count(-1)

    def _answer_all(self, connection: Connection) -> None:
        while _receive(connection):
            with self._change:
                connection.number = len(self.requests)
                self.requests.append((connection.head, connection.body))
            self.answer(connection)


def _receive(connection: Connection) -> bool:
    """Read one request; False if the other side has closed the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (chunk := connection.socket.recv(65_536)):
            return False
        received += chunk
    connection.head, _, body = received.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in connection.head.lower():
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.socket.recv(65_536)
        connection.body = b"".join(_chunks(body))
        return True
    length = _content_length(connection.head.split(b"\r\n"))
    while len(body) < length:
        if not (chunk := connection.socket.recv(65_536)):
            return False
        body += chunk
    connection.body = body
    return True


def _content_length(lines: Sequence[bytes]) -> int:
    prefix = b"content-length:"
    return next((int(line[len(prefix) :]) for line in lines if line.lower().startswith(prefix)), 0)


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        yield body[:length]
        body = body[length + 2 :]


@contextmanager
def serving(answer: Answer | bytes, tls: ssl.SSLContext | None = None) -> Iterator[HostileServer]:
    """Run a server.

    :param answer: what it does after each request, or the bytes that it sends then.
    :param tls: with which it encrypts, if it does.
    """
    reply: Answer = answer if callable(answer) else lambda connection: connection.send(answer)
    server = HostileServer(reply, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
