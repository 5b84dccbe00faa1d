"""When no complete response comes: a TransportError that knows whether the request may have arrived."""

import contextlib
import logging
import socket
import struct
import traceback
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import urllib3

from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.errors import TransportError
from capi_actions.model import Request, Response

Serve = Callable[..., Any]
MakeRequest = Callable[..., Request]
MakeTransport = Callable[..., Urllib3Transport]

MARKERS = ("PATHMARKER", "QUERYMARKER", "TOKENMARKER", "BODYMARKER", "PROXYMARKER")


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever else happens, nothing secret is logged, even at the finest level."""
    caplog.set_level(logging.DEBUG)
    yield
    for marker in MARKERS:
        assert marker not in caplog.text


def failure(transport: Urllib3Transport, request: Request) -> TransportError:
    """Send what must fail; its text and all that led to it must be free of what is secret."""
    with pytest.raises(TransportError) as raised:
        transport.send(request)
    error = raised.value
    text = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    for marker in MARKERS:
        assert marker not in text
        assert marker not in repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def hang(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    with contextlib.suppress(OSError):
        connection.recv(1)


def reset(connection: socket.socket) -> None:
    """End the connection as a crash does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def shut(connection: socket.socket) -> None:
    """End the connection politely."""
    connection.shutdown(socket.SHUT_RDWR)


def half_then(end: Callable[[socket.socket], None], head: bytes) -> Callable[[socket.socket], None]:
    """Begin an answer and break off."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        end(connection)

    return answer


PARTS = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("end", [shut, reset])
def test_a_broken_answer_may_follow_an_arrived_request(
    serve: Serve,
    transport: Urllib3Transport,
    make_request: MakeRequest,
    part: str,
    end: Callable[[socket.socket], None],
) -> None:
    """The platform may have taken the events and died while saying so."""
    server = serve(half_then(end, PARTS[part]))

    error = failure(transport, make_request(server.address))

    assert (error.problem, error.sent) == (
        "the connection to 127.0.0.1 broke before the complete response came",
        True,
    )
    assert len(server.requests) == 1


def test_headers_that_break_off_politely_look_like_an_answer_without_body(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Python's HTTP parser takes the end of the connection for the end of the headers.

    So a destination must not take the status alone for a success.
    """
    server = serve(half_then(shut, b"HTTP/1.1 200 OK\r\nContent-Len"))

    assert transport.send(make_request(server.address)) == Response(status=200, headers={}, body=b"")


@pytest.mark.parametrize("part", ["nothing", "half a status line", "half the body", "half a chunk"])
def test_a_silent_server_is_given_up(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, part: str
) -> None:
    """After the request's timeout without a byte."""
    server = serve(half_then(hang, PARTS[part]))

    error = failure(transport, make_request(server.address, timeout=0.05))

    assert (error.problem, error.sent) == ("127.0.0.1 sent nothing for 0.05 seconds", True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n",
    ],
    ids=["status line", "header", "body", "body of a connection that ends"],
)
def test_an_answer_that_only_trickles_is_given_up(
    serve: Serve,
    make_transport: MakeTransport,
    make_request: MakeRequest,
    trickle: Callable[[bytes], Any],
    timers: list[Any],
    head: bytes,
) -> None:
    """Each byte comes in time, all of them never would; the connection isn't used again."""
    server = serve(trickle(head))

    transport = make_transport(max_seconds=0.2)

    errors = [failure(transport, make_request(server.address)) for _ in range(2)]

    expected = ("127.0.0.1 sent no complete response within 0.2 seconds", True)
    assert [(error.problem, error.sent) for error in errors] == [expected, expected]
    assert server.connections == 2
    assert [(timer.seconds, timer.running) for timer in timers] == [(0.2, False), (0.2, False)]


@pytest.mark.parametrize("length", [b"Content-Length: 3000000", b"Transfer-Encoding: chunked"])
def test_an_endless_answer_is_given_up(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, length: bytes
) -> None:
    """It must not fill the memory; the connection isn't used again."""

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n")
        for _ in range(300):
            connection.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")

    server = serve(flood)
    transport = make_transport(max_answer_bytes=50_000)

    errors = [failure(transport, make_request(server.address)) for _ in range(2)]

    expected = ("127.0.0.1 answered with more than 50000 bytes", True)
    assert [(error.problem, error.sent) for error in errors] == [expected, expected]
    assert server.connections == 2


def test_no_answer_of_http_at_all(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Some other service listens there."""
    server = serve(half_then(shut, b"220 mail.example ESMTP\r\n"))

    error = failure(transport, make_request(server.address))

    assert (error.problem, error.sent) == (
        "the connection to 127.0.0.1 broke before the complete response came",
        True,
    )


def test_nobody_listens(transport: Urllib3Transport, make_request: MakeRequest) -> None:
    """The request certainly never left."""
    with socket.socket() as bound:  # so that nobody else gets the port meanwhile
        bound.bind(("127.0.0.1", 0))
        error = failure(transport, make_request(f"127.0.0.1:{bound.getsockname()[1]}"))

    assert (error.problem, error.sent) == ("127.0.0.1 accepted no connection: Connection refused", False)


def test_a_connection_that_is_never_accepted_is_given_up(
    transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """A full backlog: packets are dropped, as behind many a firewall."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, contextlib.ExitStack() as callers:
        for _ in range(8):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(busy.getsockname())
        error = failure(transport, make_request(f"127.0.0.1:{busy.getsockname()[1]}", timeout=0.1))

    assert (error.problem, error.sent) == ("127.0.0.1 accepted no connection within 0.1 seconds", False)


def test_a_name_that_does_not_exist(transport: Urllib3Transport, make_request: MakeRequest) -> None:
    """``.invalid`` is reserved for that (RFC 2606)."""
    error = failure(transport, make_request("capi.invalid"))

    assert (error.problem, error.sent) == ("the name capi.invalid could not be resolved", False)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/QUERYMARKER",
        "file:///etc/passwd?QUERYMARKER",
        "127.0.0.1/QUERYMARKER",
        "http:///QUERYMARKER",
        "http://[QUERYMARKER",
        "",
        "http://host:99999999/QUERYMARKER",
    ],
)
def test_only_http_urls_are_sent_to(transport: Urllib3Transport, make_request: MakeRequest, url: str) -> None:
    """A mistaken setting must not read files or reach other protocols."""
    error = failure(transport, make_request("", url=url))

    assert (error.problem, error.sent) == (
        "the request's URL must begin with http:// or https:// and name a host",
        False,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Authorization": "Bearer TOKENMARKER\r\nX-Other: 1"}},
        {"headers": {"Authorization": "Bearer TOKENMARKER 東京"}},
        {"headers": {"TOKENMARKER\n": "x"}},
        {"method": "PO ST"},
    ],
)
def test_what_http_does_not_allow_is_not_sent(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, changes: dict[str, Any]
) -> None:
    """A pasted token often ends with a line break; the library's own message would quote it."""
    server = serve()

    error = failure(transport, make_request(server.address, **changes))

    assert "can't be sent: a header or the URL holds what HTTP doesn't allow" in error.problem
    assert not error.sent
    assert server.requests == []


def test_a_server_that_stops_reading_is_given_up(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest
) -> None:
    """Part of the request is under way: it may have arrived for all we know."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        error = failure(
            transport, make_request(f"127.0.0.1:{deaf.getsockname()[1]}", body=bytes(50_000_000), timeout=0.1)
        )

    assert error.sent


def test_the_log_of_urllib3_holds_no_url_of_ours(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """It would log every request with its query; that of other code is left as it is."""
    server = serve(half_then(shut, b"HTTP/1.1 200 OK\r\nA: b\r\nbroken"))
    transport.send(make_request(server.address))
    with urllib3.PoolManager() as others:
        others.request("GET", f"http://{server.address}/?theirs")

    assert "about a request of capi-actions" in caplog.text
    assert "theirs" in caplog.text


def test_an_answer_has_as_long_as_the_docs_say() -> None:
    """One number: of each wait, of the whole request, and on the page."""
    page = Path(__file__).parents[4] / "docs" / "why" / "delivery.md"
    whole = signature(Urllib3Transport).parameters["max_seconds"].default

    assert whole == Request(method="POST", url="http://127.0.0.1/", headers={}, body=b"").timeout == 30.0
    assert f"An answer has {whole:g} seconds" in page.read_text(encoding="utf-8")
