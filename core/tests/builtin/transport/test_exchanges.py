"""No answer is taken for another request's, whatever a server sends and when."""

import itertools
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import define, field

from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.errors import TransportError
from capi_actions.model import Request

Serve = Callable[..., Any]
MakeRequest = Callable[..., Request]
MakeTransport = Callable[..., Urllib3Transport]

FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
OTHER = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"id":"other"}'


def own_answer(server: Any, connection: socket.socket) -> bytes:
    """Return an honest answer: what the request held."""
    _, body = server.latest[connection]
    return FINAL % (len(body), body)


# What a server sends to a request of 13 bytes, with {own} for the honest answer; and whether that is the answer's body.
EXCHANGES: dict[str, tuple[bytes, bool]] = {
    "honest": (b"{own}", True),
    "100 first": (b"HTTP/1.1 100 Continue\r\n\r\n{own}", True),
    "102 first": (b"HTTP/1.1 102 Processing\r\n\r\n{own}", True),
    "103 first, with headers": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n{own}",
        True,
    ),
    "several interim answers": (
        b"HTTP/1.1 103 A\r\n\r\nHTTP/1.1 100 B\r\n\r\nHTTP/1.1 199 C\r\n\r\nHTTP/1.1 103 D\r\n\r\n{own}",
        True,
    ),
    "an unknown interim answer that would close": (b"HTTP/1.1 150 X\r\nConnection: close\r\n\r\n{own}", True),
    "101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{own}", False),
    "a second answer": (b"{own}" + OTHER, True),
    "two more answers": (b"{own}" + OTHER * 2, True),
    "a second answer larger than any buffer": (
        b"{own}" + FINAL % (200_000, b"x" * 200_000),
        True,
    ),
    "a second answer that ends in a third": (b"{own}" + b"x" * (65_536 - 52) + OTHER, True),
    "an empty line after the answer": (b"{own}\r\n", True),
    "a length that is too short": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" + OTHER, False),
    "a length of 0 and a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + OTHER, False),
    "a body of status 204": (b"HTTP/1.1 204 No Content\r\nContent-Length: 52\r\n\r\n" + OTHER, False),
    "a body of status 304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 52\r\n\r\n" + OTHER, False),
    "a length that is too long": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{own}", False),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 55\r\n\r\nabc" + OTHER, False),
    "two lengths in one": (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 55\r\n\r\nabc" + OTHER, False),
    "a length that only Python reads": (b"HTTP/1.1 200 OK\r\nContent-Length: 0_3\r\n\r\nabc" + OTHER, False),
    "a length with a sign": (b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc" + OTHER, False),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc" + OTHER, False),
    "a length beside chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        False,
    ),
    "chunks of another encoding": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\nabc" + OTHER,
        False,
    ),
    "more after the last chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + OTHER,
        False,
    ),
    "a trailer that goes on": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n" + OTHER,
        False,
    ),
    "a chunk of negative size": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n" + OTHER,
        False,
    ),
    "an old version that keeps the connection": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc" + OTHER,
        False,
    ),
    "a header without a colon": (
        b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 3\r\n\r\nabc" + OTHER,
        False,
    ),
}


ENDLESS = {
    "a length that is too long",
    "a negative length",
    "a chunk of negative size",
    "a header without a colon",
}
"""Those whose end the transport waits for in vain."""


@define(eq=False)
class Script:
    """What a server sends to its first request; every later one gets an honest answer."""

    first: bytes
    served: threading.Event = field(factory=threading.Event)
    server: Any = None

    def answer(self, connection: socket.socket) -> None:
        """Answer a request."""
        if self.served.is_set():
            connection.sendall(own_answer(self.server, connection))
            return
        self.served.set()
        connection.sendall(self.first.replace(b"{own}", own_answer(self.server, connection)))


def send_numbered(
    transport: Urllib3Transport, make_request: MakeRequest, address: str, number: int, **changes: Any
) -> bytes | None:
    """Send a request with a number and return the answer's body; None if there was none."""
    body = json.dumps({"id": f"{number:04}"}, separators=(",", ":")).encode()
    try:
        return transport.send(make_request(address, body=body, **changes)).body
    except TransportError:
        return None


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("name", EXCHANGES)
def test_the_requests_after_a_hostile_exchange_get_their_own_answers(
    serve: Serve,
    make_transport: MakeTransport,
    make_request: MakeRequest,
    tls: ssl.SSLContext,
    ca_file: str,
    name: str,
    encrypted: bool,
) -> None:
    """A success that was meant for another batch would delete events that never arrived."""
    first, is_own = EXCHANGES[name]
    script = Script(first)
    script.server = server = serve(script.answer, tls if encrypted else None)
    transport = make_transport(ca_file=ca_file)
    options = {"scheme": "https" if encrypted else "http"}

    timeout = 0.5 if name in ENDLESS else 60.0
    answer = send_numbered(transport, make_request, server.address, 0, timeout=timeout, **options)
    while not script.served.wait(5.0):  # a busy machine may have given it up before it was sent
        answer = send_numbered(transport, make_request, server.address, 0, timeout=timeout, **options)

    assert (answer == b'{"id":"0000"}') is is_own
    assert answer != b'{"id":"other"}'
    for number in range(1, 4):
        expected = b'{"id":"%04d"}' % number
        assert expected == send_numbered(transport, make_request, server.address, number, **options)


@pytest.mark.parametrize(
    "name", ["honest", "100 first", "103 first, with headers", "several interim answers"]
)
def test_a_connection_is_used_again_after_a_complete_exchange(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, name: str
) -> None:
    """A new one costs a handshake, 100 ms across an ocean."""
    script = Script(EXCHANGES[name][0])
    script.server = server = serve(script.answer)

    for number in range(5):
        assert send_numbered(transport, make_request, server.address, number) == b'{"id":"%04d"}' % number

    assert server.connections == 1


def test_endless_interim_answers_are_given_up(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """They would keep the worker until the request's time is up."""
    server = serve(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000)

    with pytest.raises(TransportError, match="broke before the complete response came"):
        transport.send(make_request(server.address))


@pytest.fixture
def early() -> Iterator[socket.socket]:
    """A server that sends before it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_bytes_that_came_between_two_requests_answer_neither(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """The connection is closed, and the next request gets a new one."""
    sent = threading.Event()
    idle = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(own_answer(server, connection))
        if not sent.is_set():
            assert idle.wait(60)
            connection.sendall(OTHER)
            sent.set()

    server = serve(answer)

    assert send_numbered(transport, make_request, server.address, 0) == b'{"id":"0000"}'
    idle.set()
    assert sent.wait(60)
    for number in range(1, 4):
        assert send_numbered(transport, make_request, server.address, number) == b'{"id":"%04d"}' % number
    assert server.connections == 2


@pytest.mark.parametrize("status", [b"200 OK", b"413 Content Too Large"])
def test_a_success_before_the_request_was_complete_is_none(
    early: socket.socket, transport: Urllib3Transport, make_request: MakeRequest, status: bytes
) -> None:
    """It can't be about events that the server hasn't seen; a refusal can.  The connection isn't used again."""
    connections: list[socket.socket] = []

    def converse() -> None:
        for first in (True, False):
            connection, _ = early.accept()
            connections.append(connection)
            received = b""
            if first:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 3\r\n\r\nabc")
            while not received.endswith(b"END"):
                received = received[-3:] + connection.recv(1_000_000)
            if first:
                connection.sendall(OTHER)  # the request's own answer, too late
            else:
                connection.sendall(FINAL % (3, b"own"))

    thread = threading.Thread(target=converse)
    thread.start()
    address = f"127.0.0.1:{early.getsockname()[1]}"
    large = make_request(address, body=bytes(20_000_000) + b"END")

    if status.startswith(b"2"):
        with pytest.raises(TransportError, match="answered before it had the whole request") as raised:
            transport.send(large)
        assert raised.value.sent
    else:
        assert ((response := transport.send(large)).status, response.body) == (413, b"abc")
    assert transport.send(make_request(address, body=b"END")).body == b"own"

    thread.join(60)
    for connection in connections:
        connection.close()
    assert len(connections) == 2


def test_many_threads_get_their_own_answers_from_a_hostile_server(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest
) -> None:
    """Connections wander between threads; every third exchange leaves something behind."""
    counter = itertools.count()

    def answer(connection: socket.socket) -> None:
        _, body = server.latest[connection]
        before, after = [(b"", OTHER), (b"HTTP/1.1 103 Early Hints\r\n\r\n", b""), (b"", b"")][
            next(counter) % 3
        ]
        connection.sendall(before + FINAL % (len(body), body) + after)

    server = serve(answer)
    transport = make_transport()
    answers: dict[int, bytes | None] = {}

    def work(first: int) -> None:
        for number in range(first, first + 25):
            body = b'{"id":"%04d"}' % number
            answers[number] = transport.send(make_request(server.address, body=body, timeout=60.0)).body

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 200, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert {number: b'{"id":"%04d"}' % number for number in range(200)} == answers
