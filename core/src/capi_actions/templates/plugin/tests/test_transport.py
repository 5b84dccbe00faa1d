"""The transport's own answers."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from capi_actions import Request

from capi_actions_acme.transport import NamedTransport


class Handler(BaseHTTPRequestHandler):
    """Answers with the header that names the sender."""

    def do_POST(self) -> None:
        """Take the body, and answer."""
        self.rfile.read(int(self.headers["content-length"]))
        body = self.headers["user-agent"].encode()
        self.send_response(418)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    """Return the address of a server on this machine."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_requests_name_the_sender(url: str) -> None:
    """And an error status is an answer like any other."""
    transport = NamedTransport(user_agent="shop/1.0")
    try:
        response = transport.send(Request(method="POST", url=url, headers={}, body=b"{}"))
    finally:
        transport.close()

    assert (response.status, response.body) == (418, b"shop/1.0")
