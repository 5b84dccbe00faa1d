"""The HTTP server itself, on a socket: limits of a request's head, keep-alive, a response in one piece."""

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from starlette.types import ASGIApp

from capi_actions import ConfigError
from capi_actions_server import uvicorn_server
from capi_actions_server.direct import write_response
from capi_actions_server.ingest.requests import read_body, read_headers
from capi_actions_server.ingest.timeouts import Timeouts
from capi_actions_server.responses import encode_success, send_bytes
from capi_actions_server.settings import ServerSettings
from capi_actions_server.uvicorn_server import Server, listen, url_of

BODY = b'{"success":true}'
CLOSE = b"connection: close\r\n"
REQUEST = b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/slow":
        await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": BODY})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, as the endpoints do; below /plain as they do on another server."""
    if scope["path"] == "/plain":
        scope = {key: value for key, value in scope.items() if key != "extensions"}
    headers = read_headers(scope)
    body = await read_body(scope, receive, headers, 1_000_000, Timeouts(60.0))
    if write_response(scope, encode_success(body)):
        written_at_once.append(body)
    else:
        await send_bytes(send, 200, body)


written_at_once: list[bytes] = []


@contextmanager
def running(head_seconds: float, app: ASGIApp = app) -> Iterator[tuple[str, int]]:
    """Run a server that waits so long for the head of a request, and return its address."""
    ready = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn_server, "_HEAD_SECONDS", head_seconds)
        listening = listen("127.0.0.1", 0)
        server = Server(app, ServerSettings(shutdown_seconds=1), ready.set)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        assert ready.wait(60)
        yield listening.getsockname()
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A server that is patient: a busy machine takes long between two pieces."""
    with running(60.0) as running_address:
        yield running_address


@pytest.fixture(scope="module")
def echoing() -> Iterator[tuple[str, int]]:
    """A server that answers with the body of a request."""
    with running(60.0, echo) as running_address:
        yield running_address


def connect(address: tuple[str, int]) -> socket.socket:
    """Open a connection that waits for a minute."""
    return socket.create_connection(address, timeout=60)


@contextmanager
def connection_after_a_request() -> Iterator[socket.socket]:
    """Open a connection, and get an answer in the time that a head may take: on a busy machine, in a longer one."""
    for head_seconds in (2.0, 10.0, 50.0):
        with running(head_seconds) as address, connect(address) as connection:
            connection.sendall(REQUEST)
            try:
                assert read_answer(connection).endswith(BODY)
            except (AssertionError, ConnectionError):
                if head_seconds == 50.0:
                    raise
                continue
            yield connection
            return


def has_ended(connection: socket.socket) -> bool:
    """Wait for the other side to close the connection, or to reset it, as it does if it hasn't read everything."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def read_answer(connection: socket.socket) -> bytes:
    """Return an answer with its head."""
    answer = b""
    while not answer.endswith(BODY):
        received = connection.recv(65_536)
        assert received, answer
        answer += received
    return answer


def test_a_connection_takes_many_requests(address: tuple[str, int]) -> None:
    """Also when they come in pieces, or two at once."""
    with connect(address) as connection:
        for pieces in ([REQUEST], [REQUEST[:30], REQUEST[30:70], REQUEST[70:]]):
            for piece in pieces:
                connection.sendall(piece)
            assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(REQUEST + REQUEST)
        answers = read_answer(connection)
        while answers.count(BODY) < 2:
            answers += read_answer(connection)
        assert 2 == answers.count(b"HTTP/1.1 200 OK")


def test_a_response_comes_in_one_piece(address: tuple[str, int]) -> None:
    """A write for the head and one for the body cost twice as much; a slow body keeps its head waiting for nothing."""
    with connect(address) as connection:
        connection.sendall(REQUEST)
        assert connection.recv(65_536).endswith(BODY)
        connection.sendall(REQUEST.replace(b"/v1/track", b"/slow"))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_the_last_answer_is_written_before_the_connection_is_closed(address: tuple[str, int]) -> None:
    """`Connection: close` closes right after it."""
    with connect(address) as connection:
        connection.sendall(REQUEST.replace(b"host", b"connection: close\r\nhost"))
        assert read_answer(connection).endswith(BODY)
        assert b"" == connection.recv(1)


def post(body: bytes, headers: bytes = b"", version: bytes = b"1.1") -> bytes:
    """Return a request to a path that is yet to be filled in."""
    head = b"POST PATH HTTP/%s\r\nhost: x\r\n%scontent-length: %d\r\n\r\n" % (version, headers, len(body))
    return head + body


def exchange(address: tuple[str, int], path: bytes, pieces: list[bytes]) -> bytes:
    """Send pieces of requests, of which the last one closes the connection, and return all that comes back."""
    received = b""
    with connect(address) as connection:
        for piece in pieces:
            connection.sendall(piece.replace(b"PATH", path))
        while data := connection.recv(65_536):
            received += data
    return received


@pytest.mark.parametrize(
    "pieces",
    [
        [post(b"{}"), post(b'{"a":1}', CLOSE)],
        [post(b'{"a":1}', version=b"1.0")],
        [post(b"{}")[:-1], b"}", post(b"[1]")[:20], post(b"[1]", CLOSE)[20:]],
        [post(b"") + post(b"1") + post(b"2") + post(b"3", CLOSE)],
        [post(b"{}", b"expect: 100-continue\r\n"), post(b"{}", CLOSE)],
        [post(b'"%s"' % (b"x" * 300_000)), post(b"{}", CLOSE)],
        [
            b"POST PATH HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            post(b"", CLOSE),
        ],
        [post(gzip.compress(b"{}"), b"content-encoding: gzip\r\n"), post(b"{}", CLOSE)],
        [post(b"{}", b"\r\n", version=b"0.9")],
    ],
)
def test_the_short_way_makes_no_difference(echoing: tuple[str, int], pieces: list[bytes]) -> None:
    """Byte for byte the answers are those that uvicorn writes for ASGI's messages."""
    assert exchange(echoing, b"/plain", pieces) == exchange(echoing, b"/direct", pieces)


def test_the_short_way_is_taken(echoing: tuple[str, int]) -> None:
    """By a request that comes by itself on a connection that stays open."""
    with connect(echoing) as connection:
        connection.sendall(post(BODY).replace(b"PATH", b"/direct"))
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")

    assert BODY in written_at_once


@pytest.mark.parametrize(
    "start", [b"", b"POST /v1/track HTTP/1.1\r\n", b"POST /v1/track HTTP/1.1\r\nhost: x\r\nx: "]
)
def test_a_head_that_takes_too_long_ends_the_connection(start: bytes) -> None:
    """A thousand of those would else use up all connections."""
    with running(0.1) as address, connect(address) as connection:
        with suppress(ConnectionError):  # it may have ended already
            connection.sendall(start)
        assert has_ended(connection)


def test_a_slow_head_after_a_request_ends_it_too() -> None:
    """The first request earns nothing for the next."""
    with connection_after_a_request() as connection:
        with suppress(ConnectionError):
            connection.sendall(REQUEST[:20])
        assert has_ended(connection)


def test_a_connection_without_a_further_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else those that are never used again would add up."""
    monkeypatch.setattr(uvicorn_server, "_KEEP_ALIVE_SECONDS", 0.1)
    with connection_after_a_request() as connection:
        assert has_ended(connection)


def test_an_endless_head_ends_the_connection(address: tuple[str, int]) -> None:
    """It would fill the memory."""
    with connect(address) as connection, pytest.raises(OSError):
        connection.sendall(b"POST /v1/track HTTP/1.1\r\nhost: x\r\n")
        while True:
            connection.sendall(b"x-more: " + b"y" * 8_000 + b"\r\n")
            connection.settimeout(0.001)
            try:
                if connection.recv(1) == b"":
                    raise ConnectionResetError
            except TimeoutError:
                connection.settimeout(60)


def test_a_port_that_is_taken_is_named() -> None:
    """Without it, nothing can be done about it."""
    with listen("127.0.0.1", 0) as taken:
        host, port = taken.getsockname()
        with pytest.raises(
            ConfigError, match=f"at {host} port {port}: Address already in use; .* with --port"
        ):
            listen(host, port)


def test_processes_can_share_a_port() -> None:
    """Linux spreads connections over them."""
    with listen("127.0.0.1", 0, reuse_port=True) as one:
        listen("127.0.0.1", one.getsockname()[1], reuse_port=True).close()


def test_an_address_is_written_as_browsers_want_it() -> None:
    """IPv6 in brackets."""
    with listen("127.0.0.1", 0) as four:
        assert url_of(four) == f"http://127.0.0.1:{four.getsockname()[1]}"
    with listen("::1", 0) as six:
        assert url_of(six) == f"http://[::1]:{six.getsockname()[1]}"
