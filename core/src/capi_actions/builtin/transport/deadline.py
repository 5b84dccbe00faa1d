"""One request's time in all.

Timeouts of sockets count anew with every byte: a server that drips one now and then would keep a thread for
ever.  So a connection is cut from outside when a request's time is over, whatever it is doing then.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Deadline:
    """Cuts the connection that works for a request when its time is over.

    :ivar over: whether it was.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self.over = False

    def watch(self, handle: socket.socket | None) -> None:
        """Cut this connection, and none that was named before; at once if it is too late already."""
        with self._lock:
            self._handle = handle
        if self.over:
            self._cut()

    def end(self) -> None:
        """Cut now."""
        self.over = True
        self._cut()

    def _cut(self) -> None:
        with self._lock, suppress(OSError):
            if self._handle is not None:
                self._handle.shutdown(socket.SHUT_RDWR)


_ours = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Give what this thread sends meanwhile so many seconds.

    A timer's thread costs 0.05 ms, and a request carries up to a thousand events.
    """
    watched = Deadline()
    timer = threading.Timer(seconds, watched.end)
    timer.daemon = True
    _ours.deadline = watched
    timer.start()
    try:
        yield watched
    finally:
        timer.cancel()
        watched.watch(None)
        _ours.deadline = None


class _Cuttable(HTTPConnection):
    """A connection with a second handle on its socket: TLS takes the first one away from whoever had it."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        self._forget_handle()
        self._handle = made.dup()
        self._watch()
        return made

    def request(self, *arguments: Any, **options: Any) -> None:
        self._watch()
        super().request(*arguments, **options)

    def close(self) -> None:
        self._forget_handle()
        super().close()

    def _watch(self) -> None:
        watched = getattr(_ours, "deadline", None)
        if watched is not None:
            watched.watch(self._handle)

    def _forget_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()


class _CuttableTls(_Cuttable, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Cuttable


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CuttableTls


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools of connections that a deadline can cut, for ``PoolManager.pool_classes_by_scheme``."""
