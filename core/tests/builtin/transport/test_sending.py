"""Requests arrive as they were made, and answers come back as they are."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.model import Request

Serve = Callable[..., Any]
MakeRequest = Callable[..., Request]


def test_a_request_arrives_whole(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Method, path, query, headers and body; the body's length is sent, so it isn't sent in chunks."""
    server = serve()

    transport.send(make_request(server.address))

    head, body = server.requests[0]
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v25.0/PATHMARKER/events?access_token=QUERYMARKER HTTP/1.1"
    assert "Authorization: Bearer TOKENMARKER" in lines
    assert "Content-Length: 23" in lines
    assert not any(line.lower().startswith("transfer-encoding") for line in lines)
    assert body == b'{"data":["BODYMARKER"]}'


def test_a_large_body_arrives_whole(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """It is handed to the network in pieces; a plugin's own, wrong length is not believed."""
    server = serve()
    body = bytes(range(256)) * 15_000

    transport.send(make_request(server.address, body=body, headers={"content-length": "5"}))

    assert server.requests[0][1] == body


def test_an_answer_comes_back_whole(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Header names in lower case, so that nobody has to guess their spelling."""
    server = serve(
        b'HTTP/1.1 400 Bad\r\nX-App-Usage: {"call_count":9}\r\nContent-Length: 5\r\n\r\n\x00\xffabc'
    )

    response = transport.send(make_request(server.address))

    assert response.status == 400
    assert response.headers["x-app-usage"] == '{"call_count":9}'
    assert response.body == b"\x00\xffabc"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", b"<html>"),
    ],
)
def test_every_shape_of_answer_is_read(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, answer: bytes, body: bytes
) -> None:
    """Also on a connection that is used again."""
    server = serve(answer)

    bodies = [transport.send(make_request(server.address)).body for _ in range(2)]

    assert bodies == [body, body]
    assert server.connections == 1


def test_an_answer_that_ends_with_the_connection_is_read(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """As HTTP/1.0 servers and simple proxies answer."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        connection.shutdown(socket.SHUT_RDWR)

    server = serve(answer)

    bodies = [transport.send(make_request(server.address)).body for _ in range(2)]

    assert bodies == [b"all of it", b"all of it"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, status: int
) -> None:
    """The token would be sent to whomever it names."""
    other = serve()
    location = f"Location: http://{other.address}/\r\n".encode()
    server = serve(b"HTTP/1.1 %d Elsewhere\r\n%sContent-Length: 0\r\n\r\n" % (status, location))

    response = transport.send(make_request(server.address))

    assert response.status == status
    assert other.requests == []
    assert len(server.requests) == 1


def test_a_server_error_is_not_repeated_by_the_transport(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Delivery decides that, with its own waits; urllib3 would repeat 503 with Retry-After by itself."""
    server = serve(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")

    assert transport.send(make_request(server.address)).status == 503
    assert len(server.requests) == 1


def test_threads_share_the_transport(
    serve: Serve, make_transport: Callable[..., Urllib3Transport], make_request: MakeRequest
) -> None:
    """All at once, on connections that are kept: a barrier holds each answer until all have asked."""
    together = threading.Barrier(8)

    def answer(connection: socket.socket) -> None:
        together.wait(60)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    server = serve(answer)
    transport = make_transport(connections=8)
    bodies: list[bytes] = []

    def send() -> None:
        bodies.extend(transport.send(make_request(server.address)).body for _ in range(3))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert bodies == [b"ok"] * 24
    assert server.connections == 8
