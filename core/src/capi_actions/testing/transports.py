"""Tests of a transport, against a server that resets, breaks off, trickles, redirects, and answers twice."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from capi_actions.errors import TransportError
from capi_actions.model import Request, Response, Transport, TransportFactory
from capi_actions.testing.base import PluginTests, require, require_type
from capi_actions.testing.hostile_server import Answer, Connection, HostileServer, serving
from capi_actions.testing.resources import KIT_THREAD, clean_after_close

_SECRETS = ("TOKENMARKER", "QUERYMARKER", "BODYMARKER")
_THREADS = 4
_REQUESTS, _FEW = 20, 4


def _final(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


_OTHER = _final(b'{"id":"other"}')

# What the server sends to the first request, with {own} for the honest answer; and whether the transport must take
# that for the answer.  Where it mustn't, or may, any TransportError is fine; never the body of another answer.
EXCHANGES: Mapping[str, tuple[bytes, bool]] = {
    "an honest answer": (b"{own}", True),
    "100 before it": (b"HTTP/1.1 100 Continue\r\n\r\n{own}", True),
    "103 with headers before it": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{own}", True),
    "several interim answers before it": (
        b"HTTP/1.1 103 A\r\n\r\nHTTP/1.1 100 B\r\n\r\nHTTP/1.1 102 C\r\n\r\n{own}",
        True,
    ),
    "a second answer behind it": (b"{own}" + _OTHER, True),
    "two more answers behind it": (b"{own}" + _OTHER * 2, True),
    "a second answer larger than any buffer": (b"{own}" + _final(b"x" * 200_000), True),
    "a length that is too short": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" + _OTHER, False),
    "a length of 0 and a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + _OTHER, False),
    "a body of status 204": (b"HTTP/1.1 204 No Content\r\nContent-Length: 52\r\n\r\n" + _OTHER, False),
    "more after the last chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + _OTHER,
        False,
    ),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 55\r\n\r\nabc" + _OTHER, False),
}

_BROKEN: Mapping[str, bytes] = {
    "no byte": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
}


class TransportTests(PluginTests):
    """Tests of a transport: subclass, and set ``plugin``, or override :meth:`make_transport`.

    The server is on this machine and speaks plain HTTP; no test needs the Internet.

    :cvar transport_name: the name of the factory; needed only if the plugin offers several.
    :cvar transport_options: options for the factory.
    :cvar sends_http: False for a transport that writes requests elsewhere: then only what holds for any is tested.
    :cvar impatient_options: options with which it gives up an answer that never ends, though single bytes keep coming,
        after a second or less; None, the default, if it doesn't promise that.
    :cvar hangs_after: seconds after which the tests give up waiting for ``send``.
    """

    plugin: Any = None
    transport_name: str = ""
    transport_options: Mapping[str, Any] = {}
    sends_http: bool = True
    impatient_options: Mapping[str, Any] | None = None
    hangs_after: float = 60.0
    _hangs: bool = False

    def make_transport(self, **options: Any) -> Transport:
        """Make the transport.

        :param options: to be set besides ``transport_options``.
        """
        transport: Transport = self._transport_factory().make(**{**self.transport_options, **options})
        return transport

    def test_it_sends_and_closes(self) -> None:
        """If this fails, ``send`` or ``close`` is missing, or can't be called as delivery does it."""
        transport = self.make_transport()
        for name in ("send", "close"):
            require(callable(getattr(transport, name, None)), f"it has no method {name}()")
        transport.close()

    def test_a_request_arrives_whole_and_so_does_the_answer(self) -> None:
        """If this fails, method, path, headers or body of the request, or parts of the answer, are changed or lost."""
        body = b"\x00\xffabc" * 7
        head = b"HTTP/1.1 400 Bad\r\nX-App-Usage: {}\r\nContent-Length: %d\r\n\r\n" % len(body)
        for server, transport in self._exchange(head + body):
            request = _request(server.url, body=bytes(range(256)) * 4_000)
            response = _send(transport, request)
            (got_head, got_body) = server.requests[0]
            lines = got_head.decode().split("\r\n")
            require(
                lines[0] == "POST /items?token=QUERYMARKER HTTP/1.1", f"the request began with {lines[0]}"
            )
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            require(
                headers.get("authorization") == "bearer tokenmarker", f"the request had the headers {headers}"
            )
            require(
                got_body == request.body,
                f"{len(got_body):,} of {len(request.body):,} bytes of the body arrived",
            )
            require(response.status == 400, f"the status 400 became {response.status}")
            require(response.body == body, "the answer's body is another one")
            usage = response.headers.get("x-app-usage")
            require(usage == "{}", f"names of headers must be in lower case: {dict(response.headers)}")

    @pytest.mark.parametrize("status", [200, 301, 302, 307, 308, 400, 401, 429, 500, 503])
    def test_every_status_is_an_answer_and_is_neither_followed_nor_repeated(self, status: int) -> None:
        """If this fails, the transport raises for a status, follows a redirect with the token, or tries again."""
        with serving(_final(b"elsewhere")) as other:
            answer = (
                b"HTTP/1.1 %d Status\r\nLocation: %s\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\nok"
                % (
                    status,
                    other.url.encode(),
                )
            )
            for server, transport in self._exchange(answer):
                response = _send(transport, _request(server.url))
                require(response.status == status, f"the status {status} became {response.status}")
                require(response.body == b"ok", "the answer's body is another one")
                require(not other.requests, "the redirect was followed: the token went to another server")
                require(len(server.requests) == 1, f"the request was sent {len(server.requests)} times")

    @pytest.mark.parametrize("part", _BROKEN)
    @pytest.mark.parametrize("end", [Connection.end, Connection.reset])
    def test_an_answer_that_breaks_off_is_a_transport_error(self, part: str, end: Answer) -> None:
        """If this fails, half an answer counts as one, another error is raised, or the request is sent again."""

        def answer(connection: Connection) -> None:
            connection.send(_BROKEN[part])
            end(connection)

        for server, transport in self._exchange(answer):
            error = _failure(transport, _request(server.url))
            require(error.sent is True, "the request arrived: sent must be True")
            require(len(server.requests) == 1, f"the request was sent {len(server.requests)} times")

    @pytest.mark.parametrize("part", ["no byte", "half a status line", "half the body"])
    def test_a_silent_server_is_given_up(self, part: str) -> None:
        """If this fails, the request's timeout isn't heeded: a worker would wait for ever."""

        def answer(connection: Connection) -> None:
            connection.send(_BROKEN[part])
            connection.wait()

        for server, transport in self._exchange(answer):
            error = _failure(transport, _request(server.url, timeout=0.2))
            require(error.sent is True, "the request may have arrived: sent must be True")

    def test_a_slow_answer_is_waited_for(self) -> None:
        """If this fails, an answer is given up although bytes of it keep coming, each within the timeout."""

        def answer(connection: Connection) -> None:
            for byte in _final(b"slowly"):
                connection.send(bytes([byte]))
                time.sleep(0.002)

        for server, transport in self._exchange(answer):
            response = _send(transport, _request(server.url))
            require(response.body == b"slowly", f"the answer became {response.body!r}")

    def test_an_answer_that_never_ends_is_given_up(self) -> None:
        """If this fails, a server that sends a byte now and then keeps a worker for ever."""
        if self.impatient_options is None:
            return
        given_up = threading.Event()

        def answer(connection: Connection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not given_up.wait(0.05):
                connection.send(b"x")

        for server, transport in self._exchange(answer, **self.impatient_options):
            try:
                error = _failure(transport, _request(server.url))
            finally:
                given_up.set()
            require(error.sent is True, "the request arrived: sent must be True")

    def test_nobody_listens(self) -> None:
        """If this fails, a refused connection isn't a TransportError with ``sent`` False."""
        if not self.sends_http:
            return
        with socket.socket() as bound, self._transport() as transport:
            bound.bind(("127.0.0.1", 0))  # bound, so that nobody else gets the port meanwhile
            error = _failure(transport, _request(f"http://127.0.0.1:{bound.getsockname()[1]}/"))
            require(error.sent is False, "the request certainly never left: sent must be False")

    @pytest.mark.parametrize("name", EXCHANGES)
    def test_no_answer_is_taken_for_another_requests(self, name: str) -> None:
        """If this fails, an answer, or what came behind one, counts for a later request: events would be lost."""
        first, is_own = EXCHANGES[name]

        def answer(connection: Connection) -> None:
            own = _final(connection.body)
            connection.send(first.replace(b"{own}", own) if connection.number == 0 else own)

        for server, transport in self._exchange(answer):
            body = _send_number(transport, server.url, 0)
            require(body != b'{"id":"other"}', "the answer that came second was taken for the first")
            require(not is_own or body == b'{"id":0}', f"the first request's answer became {body!r}")
            for number in range(1, 4):
                body = _send_number(transport, server.url, number)
                expected = b'{"id":%d}' % number
                require(
                    body == expected, f"request {number} after it got the answer {body!r}, not {expected!r}"
                )

    def test_threads_share_the_transport(self) -> None:
        """If this fails, requests that are sent at once get each other's answers, or one waits for another."""
        together = threading.Barrier(_THREADS)

        def answer(connection: Connection) -> None:
            together.wait(60)  # until all have asked
            connection.send(_final(connection.body))

        for server, transport in self._exchange(answer):
            wrong = _send_at_once(transport, server.url)
            require(
                not wrong,
                f"{_THREADS} threads sent at once, and got {wrong[:2]} instead of their own answers",
            )

    def test_a_server_that_nobody_vouches_for_gets_nothing(self) -> None:
        """If this fails, certificates aren't verified: whoever is on the way reads events and token."""
        if not self.sends_http:
            return
        with serving(_final(b"ok"), _untrusted_server()) as server, self._transport() as transport:
            _failure(transport, _request(server.url))
            require(not server.requests, "a server with a certificate of its own making got the request")

    def test_nothing_of_one_request_reaches_another(self) -> None:
        """If this fails, cookies of an answer are sent along, or the request itself is changed."""
        answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: id=1; Path=/\r\nContent-Length: 2\r\n\r\nok"
        for server, transport in self._exchange(answer):
            request = _request(server.url)
            headers = dict(request.headers)
            for _ in range(2):
                _send(transport, request)
            require(headers == dict(request.headers), "send() changes the headers of the request")
            heads = [head.lower() for head, _ in server.requests]
            require(
                b"\ncookie:" not in heads[1], "a cookie of the first answer was sent with the second request"
            )

    def test_connections_are_used_again_or_closed(self) -> None:
        """If this fails, each request leaves a connection open, until the system has no more."""
        for server, transport in self._exchange(lambda connection: connection.send(_final(b"ok"))):
            for _ in range(_REQUESTS):
                _send(transport, _request(server.url))
            open_ = server.open
            require(
                open_ <= _FEW, f"after {_REQUESTS} requests one after another, {open_} connections are open"
            )

    @pytest.mark.parametrize("whole", [True, False])
    def test_closing_ends_all_connections(self, whole: bool) -> None:
        """If this fails, ``close`` leaves connections open, or raises; also after an answer that broke off."""
        if not self.sends_http:
            return
        answer = _final(b"ok") if whole else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
        with serving(answer) as server:
            transport = self.make_transport()
            if whole:
                _send(transport, _request(server.url))
            else:
                _failure(transport, _request(server.url, timeout=0.2))
            transport.close()
            require(server.wait_until_all_are_closed(), "a connection is still open after close()")

    @classmethod
    def _transport_factory(cls) -> TransportFactory:
        factories: Mapping[str, TransportFactory] = cls._own("capi_transports")
        return factories[cls.transport_name] if cls.transport_name else next(iter(factories.values()))

    @contextmanager
    def _transport(self, **options: Any) -> Iterator[Transport]:
        require(not type(self)._hangs, "send() did not return in another test")
        with clean_after_close("the transport", _SECRETS):
            transport = self.make_transport(**options)
            require(callable(getattr(transport, "close", None)), "it has no method close()")
            try:
                yield _Impatient(transport, type(self))
            finally:
                transport.close()

    def _exchange(self, answer: Answer | bytes, **options: Any) -> Iterator[tuple[HostileServer, Transport]]:
        """Yield a server and a transport, or nothing if the transport doesn't send HTTP."""
        if self.sends_http:
            with serving(answer) as server, self._transport(**options) as transport:
                yield server, transport


class _Impatient:
    """A transport for whose ``send`` nobody waits for ever."""

    def __init__(self, transport: Transport, suite: type[TransportTests]) -> None:
        self._transport = transport
        self._suite = suite

    def send(self, request: Request) -> Response:
        """Send a request, in a thread that is left behind if it takes too long."""
        outcome: list[Any] = []

        def work() -> None:
            try:
                outcome.append(self._transport.send(request))
            except BaseException as error:  # noqa: BLE001  raised in the test's own thread
                outcome.append(error)

        thread = threading.Thread(target=work, name=KIT_THREAD, daemon=True)
        thread.start()
        thread.join(self._suite.hangs_after)
        if not outcome:
            self._suite._hangs = True
            raise AssertionError(f"send() did not return within {self._suite.hangs_after} seconds")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        response: Response = outcome[0]
        return response

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


def _request(url: str, body: bytes = b'{"data":["BODYMARKER"]}', timeout: float = 50.0) -> Request:
    headers = {"Authorization": "Bearer TOKENMARKER", "Content-Type": "application/json"}
    return Request(method="POST", url=url, headers=headers, body=body, timeout=timeout)


def _send(transport: Transport, request: Request) -> Response:
    response = require_type(transport.send(request), Response, "what send() returns")
    require(type(response.status) is int, f"the status must be a whole number, but it is {response.status!r}")
    require_type(response.body, bytes, "the answer's body")
    require(isinstance(response.headers, Mapping), "the answer's headers must be a mapping")
    return response


def _untrusted_server() -> ssl.SSLContext:
    """Return what encrypts for a server at 127.0.0.1 with a new certificate that nobody vouches for."""
    import trustme  # takes a tenth of a second, and only tests of transports need it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def _failure(transport: Transport, request: Request) -> TransportError:
    """Send what must fail; its text must be free of what is secret."""
    try:
        response = transport.send(request)
    except TransportError as error:
        require_type(error.problem, str, "the problem of a TransportError")
        for secret in _SECRETS:
            require(secret not in f"{error} {error!r}", f"the error's text holds the request's {secret}")
        return error
    raise AssertionError(
        f"there was no whole answer, so send() must raise TransportError, but returned {response!r}"
    )


def _send_at_once(transport: Transport, url: str) -> list[object]:
    """Send from several threads; return answers that weren't the thread's own, and errors."""
    wrong: list[object] = []

    def send(thread: int) -> None:
        for number in range(3):
            body = b'{"thread":%d,"number":%d}' % (thread, number)
            try:
                answer: object = transport.send(_request(url, body=body)).body
            except BaseException as error:  # noqa: BLE001  the test's own thread fails with it
                answer = error
            if answer != body:
                wrong.append(answer)

    threads = [threading.Thread(target=send, args=(number,), name=KIT_THREAD) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def _send_number(transport: Transport, url: str, number: int) -> bytes | None:
    """Send a request with a number and return the answer's body; None if there was none."""
    try:
        return _send(transport, _request(url, body=b'{"id":%d}' % number)).body
    except TransportError:
        return None
