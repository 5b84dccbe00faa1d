"""The HTTP server itself, on a socket: limits of a request's head, keep-alive, a response in one piece."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from capi_actions import ConfigError
from capi_actions_server import uvicorn_server
from capi_actions_server.settings import ServerSettings
from capi_actions_server.uvicorn_server import Server, listen, url_of

BODY = b'{"success":true}'
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


@contextmanager
def running(head_seconds: float) -> Iterator[tuple[str, int]]:
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
