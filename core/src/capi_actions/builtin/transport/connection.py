"""Connections that are used again only if nothing of their last exchange can be left in them.

HTTP/1.1 doesn't number its answers: the next bytes in a connection are the next request's answer, whatever they were
meant for.  So a connection is closed after an exchange if

* bytes follow the answer: a second one, or a length that was too short;
* bytes came before the request was complete;
* its length isn't certain: two lengths, one beside ``Transfer-Encoding``, one that isn't a plain number;
* it changes the protocol (status 101).

urllib3 itself closes one in which bytes have come since.  Interim answers (1xx) are skipped: Python's parser skips only
100, and takes any other for the answer, so that the one that follows would be the next request's.
"""

import io
import socket
import ssl
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError
from urllib3.util.wait import wait_for_read

from capi_actions.builtin.transport.abort_timer import watch

_MAX_INTERIM_ANSWERS = 100


class RequestBody(io.BytesIO):
    """A request's body that knows whether sending it has started, and whether the server waited for its end.

    :ivar started: whether a part of it was sent.
    :ivar answered_early: whether bytes from the server came before the last part was sent.
    :ivar connection: where it is sent.
    """

    started = False
    answered_early = False
    connection: HTTPConnection | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next part to send."""
        part = super().read(size)
        if self.connection is not None and (part or not self.started):
            self.answered_early = self.answered_early or _has_bytes(self.connection.sock)
        self.started = True
        return part


def _has_bytes(connection: socket.socket | None) -> bool:
    if isinstance(connection, ssl.SSLSocket):  # its socket is readable for TLS's own messages, too
        return connection.pending() > 0
    return connection is not None and wait_for_read(connection, timeout=0.0)


class _Connection(HTTPConnection):
    """A connection that closes itself after an uncertain exchange, and that the deadline of a request can shut down.

    It keeps a duplicate of the socket for the latter: TLS detaches the original from its descriptor.
    """

    _duplicate: socket.socket | None = None
    _body: object = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.response_class: Any = self._open_response

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._close_duplicate()
        self._duplicate = connection.dup()
        watch(self._duplicate)
        return connection

    def request(self, method: str, url: str, body: Any = None, *arguments: Any, **options: Any) -> None:
        watch(self._duplicate)  # the connection may be one that another request has left open
        self._body = body
        if isinstance(body, RequestBody):
            body.connection = self
        super().request(method, url, body, *arguments, **options)

    def close(self) -> None:
        self._close_duplicate()
        super().close()

    def end_exchange(self, *, uncertain: bool) -> None:
        """Close the connection if something may be left in it."""
        if uncertain or (isinstance(self._body, RequestBody) and self._body.answered_early):
            self.close()

    def _open_response(self, connection: socket.socket, *arguments: Any, **options: Any) -> "_Response":
        return _Response(self, connection, *arguments, **options)

    def _close_duplicate(self) -> None:
        duplicate, self._duplicate = self._duplicate, None
        if duplicate is not None:
            duplicate.close()


class _Response(HTTPResponse):
    """An answer that tells its connection at the end whether it can be used again."""

    def __init__(
        self, connection: _Connection, transport: socket.socket, *arguments: Any, **options: Any
    ) -> None:
        super().__init__(transport, *arguments, **options)
        self._connection = connection
        self._has_uncertain_length = False
        self.fp = _Input(self.fp.detach(), transport, self._end)

    def begin(self) -> None:
        """Read the head of the final answer."""
        for _ in range(_MAX_INTERIM_ANSWERS):
            super().begin()
            if not HTTPStatus.CONTINUE < self.status < HTTPStatus.OK or self._switches_protocol:
                self._has_uncertain_length = self._is_length_uncertain()
                return
            self.headers: Any = None  # else begin() would do nothing
        raise ProtocolError("too many interim answers")

    @property
    def _switches_protocol(self) -> bool:
        return self.status == HTTPStatus.SWITCHING_PROTOCOLS

    def _is_length_uncertain(self) -> bool:
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", ())}
        encodings = self.headers.get_all("Transfer-Encoding", ())
        if encodings:
            return bool(lengths) or [encoding.strip().lower() for encoding in encodings] != ["chunked"]
        return len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths)

    def _end(self, has_more: bool) -> None:
        uncertain = has_more or self._has_uncertain_length or self._switches_protocol
        self._connection.end_exchange(uncertain=uncertain)


class _Input(io.BufferedReader):
    """What an answer is read from; looks whether anything follows it when it is closed."""

    def __init__(self, raw: io.RawIOBase, transport: socket.socket, end: Any) -> None:
        super().__init__(raw)
        self._transport = transport
        self._end = end

    def close(self) -> None:
        if self.closed:
            return
        has_more = self._has_more()
        super().close()
        self._end(has_more)

    def _has_more(self) -> bool:
        """Return whether bytes are in this buffer, in that of TLS, or in the socket."""
        with suppress(OSError, ValueError):  # it would have to wait, or was closed already
            timeout = self._transport.gettimeout()
            self._transport.settimeout(0.0)
            try:
                return bool(self.peek(1))
            finally:
                self._transport.settimeout(timeout)
        return False


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools of such connections, for ``PoolManager.pool_classes_by_scheme``."""
