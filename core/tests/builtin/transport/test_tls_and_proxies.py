"""Certificates are verified; proxies of the environment are used, with their passwords kept."""

import base64
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.builtin.transport.urllib3 import Urllib3Transport, _is_this_machine
from capi_actions.errors import ConfigError, TransportError
from capi_actions.model import Request

Serve = Callable[..., Any]
MakeRequest = Callable[..., Request]
MakeTransport = Callable[..., Urllib3Transport]

VARIABLES = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]


def test_a_trusted_server_is_talked_to(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, tls: ssl.SSLContext, ca_file: str
) -> None:
    """The other TLS tests would mean little if this one failed."""
    server = serve(tls=tls)

    assert make_transport(ca_file=ca_file).send(make_request(server.address, "https")).body == b"ok"


def test_an_untrusted_server_gets_nothing(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, tls: ssl.SSLContext
) -> None:
    """Neither token nor events."""
    server = serve(tls=tls)

    with pytest.raises(
        TransportError, match=r"its certificate is not accepted \(unable to get local issuer"
    ) as raised:
        transport.send(make_request(server.address, "https"))

    assert not raised.value.sent
    assert server.requests == []


def test_a_handshake_that_only_trickles_is_given_up(
    make_transport: MakeTransport, make_request: MakeRequest
) -> None:
    """TLS has taken the socket over by then; it is shut down all the same.  Here by a real timer.

    A slow machine does no harm: the handshake never ends by itself.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x10\x00")  # begins a record of 4,096 bytes
                connection.settimeout(0.01)
                for _ in range(6_000):  # a minute at least
                    connection.sendall(b"x")
                    with contextlib.suppress(TimeoutError):
                        while connection.recv(65_536):
                            pass
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        request = make_request(f"127.0.0.1:{listener.getsockname()[1]}", "https")
        with pytest.raises(TransportError, match=r"no complete response within 0\.2 seconds") as raised:
            make_transport(max_seconds=0.2).send(request)
        thread.join()

    assert not raised.value.sent


def test_a_trickling_answer_over_tls_is_given_up(
    serve: Serve,
    make_transport: MakeTransport,
    make_request: MakeRequest,
    trickle: Callable[[bytes], Any],
    tls: ssl.SSLContext,
    ca_file: str,
) -> None:
    """In the middle of a record or between two."""
    server = serve(trickle(b"HTTP/1.1 200 OK\r\nX-Long: "), tls=tls)
    transport = make_transport(max_seconds=0.3, ca_file=ca_file)

    with pytest.raises(TransportError, match=r"no complete response within 0\.3 seconds") as raised:
        transport.send(make_request(server.address, "https"))
    assert raised.value.sent


def test_a_certificate_for_another_host_is_refused(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, tls: ssl.SSLContext, ca_file: str
) -> None:
    """Trusted, but not the one we want to talk to."""
    server = serve(tls=tls)
    port = server.address.rpartition(":")[2]

    with pytest.raises(TransportError, match="certificate is not accepted") as raised:
        make_transport(ca_file=ca_file).send(make_request(f"localhost:{port}", "https"))

    assert not raised.value.sent


def test_a_server_without_tls_gets_nothing(transport: Urllib3Transport, make_request: MakeRequest) -> None:
    """It answers the handshake with plain text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(
            TransportError, match=r"no secure connection to 127\.0\.0\.1 was established"
        ) as raised:
            transport.send(make_request(f"127.0.0.1:{listener.getsockname()[1]}", "https"))
        thread.join()

    assert not raised.value.sent


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_proxy_of_the_environment_is_used(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, variable: str
) -> None:
    """With its password, which only the proxy gets to see."""
    proxy = serve()
    transport = make_transport({variable: f"http://user:PROXY%20MARKER@{proxy.address}"})

    assert transport.send(make_request("capi.invalid")).body == b"ok"

    head = proxy.requests[0][0].decode().split("\r\n")
    assert head[0].startswith("POST http://capi.invalid/v25.0/")
    assert f"proxy-authorization: Basic {base64.b64encode(b'user:PROXY MARKER').decode()}" in [
        line if not line.lower().startswith("proxy-auth") else "proxy-authorization" + line[19:]
        for line in head
    ]


def test_a_proxy_may_be_given_without_its_scheme(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest
) -> None:
    """As people write it, and other programs understand it."""
    proxy = serve()

    assert make_transport({"http_proxy": proxy.address}).send(make_request("capi.invalid")).body == b"ok"


@pytest.mark.parametrize("exception", ["capi.invalid", "localhost,capi.invalid:1", ".invalid", "*"])
def test_no_proxy_is_obeyed(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, exception: str
) -> None:
    """Hosts that are reached directly; this one can't be."""
    proxy = serve()
    transport = make_transport({"HTTP_PROXY": f"http://{proxy.address}", "NO_PROXY": exception})

    with pytest.raises(TransportError, match=r"the name capi\.invalid could not be resolved"):
        transport.send(make_request("capi.invalid:1"))

    assert proxy.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
@pytest.mark.parametrize("variable", VARIABLES)
def test_what_goes_to_this_machine_takes_no_proxy(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, variable: str, host: str
) -> None:
    """The sandbox, in a company's network: the proxy would look for it on its own machine, and see the token."""
    proxy, server = serve(), serve()
    transport = make_transport({variable: f"http://{proxy.address}"})

    transport.send(make_request(f"{host}:{server.address.rpartition(':')[2]}"))

    assert (len(proxy.requests), len(server.requests)) == (0, 1)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.1.2.3", "::1", "[::1]", "localhost")),
        *(
            (host, False)
            for host in ("localhost.example.com", "128.0.0.1", "10.0.0.1", "::2", "graph.facebook.com")
        ),
    ],
)
def test_hosts_of_this_machine(host: str, expected: bool) -> None:
    """No others: a proxy is often the only way out of a network."""
    assert expected is _is_this_machine(host)


def test_the_proxies_in_use_are_told_without_their_passwords(make_transport: MakeTransport) -> None:
    """`capi check` prints it."""
    transport = make_transport(
        {"HTTPS_PROXY": "http://user:PROXYMARKER@proxy.example.com:3128", "ALL_PROXY": "p:1"}
    )

    assert [
        "requests over http go through the proxy p:1, which ALL_PROXY names",
        "requests over https go through the proxy proxy.example.com:3128, which HTTPS_PROXY names",
    ] == transport.notes
    assert [] == make_transport().notes


def tunnel(target: str) -> Callable[[socket.socket], None]:
    """Answer CONNECT by passing bytes on to a target."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)

    def answer(connection: socket.socket) -> None:
        host, _, port = target.partition(":")
        with socket.create_connection((host, int(port))) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(beyond, connection))
            back.start()
            pump(connection, beyond)
            back.join()

    return answer


def test_https_goes_through_a_tunnel(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, tls: ssl.SSLContext, ca_file: str
) -> None:
    """The proxy sees the host's name and nothing else; the certificate is still the platform's."""
    server = serve(tls=tls)
    proxy = serve(tunnel(server.address))
    transport = make_transport({"HTTPS_PROXY": f"http://{proxy.address}"}, ca_file=ca_file)

    assert transport.send(make_request("capi.invalid", "https")).body == b"ok"

    transport.close()
    assert len(server.requests) == 1
    assert proxy.requests[0][0].startswith(b"CONNECT capi.invalid:443 HTTP/1.")
    assert b"TOKENMARKER" not in proxy.requests[0][0]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n",
            "the proxy refused to connect to capi.invalid",
        ),
        (None, "the connection to capi.invalid broke before the complete response came"),
    ],
)
def test_a_proxy_that_refuses_gets_no_request(
    serve: Serve, make_transport: MakeTransport, make_request: MakeRequest, answer: bytes | None, problem: str
) -> None:
    """Without its password, which its URL holds."""
    proxy = serve(answer or (lambda connection: connection.shutdown(socket.SHUT_RDWR)))
    transport = make_transport({"HTTPS_PROXY": f"http://user:PROXYMARKER@{proxy.address}"})

    with pytest.raises(TransportError) as raised:
        transport.send(make_request("capi.invalid", "https"))

    assert raised.value.problem == problem
    assert not raised.value.sent


def test_a_kind_of_proxy_that_does_not_work_is_refused_at_once(make_transport: MakeTransport) -> None:
    """Rather than at the first event; without its password."""
    with pytest.raises(ConfigError, match="a proxy of the kind 'socks5'; only http and https work") as raised:
        make_transport({"HTTPS_PROXY": "socks5://user:PROXYMARKER@127.0.0.1:1"})

    assert "PROXYMARKER" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [
        "garbage",
        "PROXYMARKER",
        "http://",
        "://",
        "http://:8080",
        "http://[bad",
        "http://proxy.example.com:99999999",
        "http://proxy.example.com:port",
        "http://user:PROXYMARKER@",
        "http://proxy.example.com\\@127.0.0.1:1",
        "http://proxy example.com:1",
        "http://proxy.example.com:1/path?PROXYMARKER",
        "{'http': 'PROXYMARKER:1'}",
        "'http://PROXYMARKER:1'",
        "http://proxy.example.com:1\t",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_variable_that_holds_no_address_is_named(
    make_transport: MakeTransport, name: str, value: str
) -> None:
    """With what would be right; its value may hold a password."""
    with pytest.raises(ConfigError) as raised:
        make_transport({name: value})

    expected = (
        f"the environment variable {name.upper()} holds no address of a proxy: it should be like"
        " http://proxy.example.com:8080; correct or unset it"
    )
    assert expected == str(raised.value)


@pytest.mark.parametrize(
    "value", ["proxy:3128", "http://proxy", "https://user:p%40ss@proxy.example.com:1/", "http://[::1]:1"]
)
def test_usual_proxy_addresses_are_accepted(make_transport: MakeTransport, value: str) -> None:
    """Nothing is connected before something is sent."""
    make_transport({"HTTPS_PROXY": value})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_makes_its_own_connections(
    serve: Serve, transport: Urllib3Transport, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes on one connection would get each other's answers; the process number stands for the fork."""
    server = serve()
    transport.send(make_request(server.address))
    parent = transport._direct
    monkeypatch.setattr(os, "getpid", lambda: -1)

    transport.send(make_request(server.address))

    assert server.connections == 2
    parent.clear()
