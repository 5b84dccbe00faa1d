"""A limit on the total time of a request.

Timeouts of sockets start anew with every byte: a server that sends one now and then would keep a thread for ever.  So
a timer shuts down a request's connection when its time is up, whatever the request's thread is doing then.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_thread = threading.local()  # .deadline: the one of the request that this thread is sending


@contextmanager
def abort_after(seconds: float) -> Iterator["Deadline"]:
    """Abort requests of this thread that take longer than *seconds* in total.

    Works for connections of :data:`POOLS`.  The timer's thread costs 0.05 ms, and a request carries up to a thousand
    events.
    """
    deadline = Deadline()
    timer = Timer(seconds, deadline.expire)
    timer.daemon = True
    _thread.deadline = deadline
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
        deadline.watch(None)
        _thread.deadline = None


class Deadline:
    """Shuts down the connection in use when the time is up.  Usable from several threads.

    :ivar expired: whether the time is up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.expired = False

    def watch(self, connection: socket.socket | None) -> None:
        """Watch this connection instead of the last one; if the time is up, shut it down at once."""
        with self._lock:
            self._socket = connection
        if self.expired:
            self._shut_down()

    def expire(self) -> None:
        """End the time now."""
        self.expired = True
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock, suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


class _AbortableConnection(HTTPConnection):
    """A connection that tells the thread's deadline its socket.

    It keeps a duplicate of the socket for that: TLS detaches the original from its descriptor.
    """

    _duplicate: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._close_duplicate()
        self._duplicate = connection.dup()
        self._start_deadline()
        return connection

    def request(self, *arguments: Any, **options: Any) -> None:
        self._start_deadline()  # the connection may be one that another request has left open
        super().request(*arguments, **options)

    def close(self) -> None:
        self._close_duplicate()
        super().close()

    def _start_deadline(self) -> None:
        deadline: Deadline | None = getattr(_thread, "deadline", None)
        if deadline is not None:
            deadline.watch(self._duplicate)

    def _close_duplicate(self) -> None:
        duplicate, self._duplicate = self._duplicate, None
        if duplicate is not None:
            duplicate.close()


class _AbortableTlsConnection(_AbortableConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _AbortableConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _AbortableTlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools of connections that a deadline can abort, for ``PoolManager.pool_classes_by_scheme``."""
