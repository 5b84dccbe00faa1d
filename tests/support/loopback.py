"""Tests talk to this machine alone: whatever connects elsewhere fails, even if the code under test hides it."""

import ipaddress
import socket
import sys
from typing import Any

_INTERNET = {socket.AF_INET, socket.AF_INET6}
_SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname"}


class LoopbackGuard:
    """Refuses connections to other machines in this process, and remembers them.

    An audit hook sees every socket of the interpreter, also those of libraries that keep their own reference to
    ``socket.socket.connect``.  It can't be removed, so there is one guard a process.

    :ivar attempts: what was refused since they were last taken, such as ``connect to 192.0.2.1``.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def install(self) -> None:
        """Watch this process until it ends."""
        sys.addaudithook(self._check)

    def take(self) -> list[str]:
        """Return the attempts since the last call, and forget them."""
        attempts, self.attempts = self.attempts, []
        return attempts

    def _check(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SENDING:
            connection, address = arguments[:2]
            if connection.family in _INTERNET and address and not _is_loopback(address[0]):
                self._refuse(f"{event.removeprefix('socket.')} to {address[0]}")
        elif event in _RESOLVING:
            host = arguments[0]
            if isinstance(host, bytes):
                host = host.decode()
            if host and host.endswith(".invalid"):  # no name server knows it (RFC 2606), so none is asked
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if host and not _is_address(host) and host != "localhost":
                self._refuse(f"look up {host}")

    def _refuse(self, attempt: str) -> None:
        self.attempts.append(attempt)
        raise PermissionError(f"a test may not leave this machine, but tried to {attempt}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
