"""No test reaches another machine.

The addresses are the broadcast one and a name that is reserved: with a broken guard, nothing would leave either.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from support.loopback import LoopbackGuard

ELSEWHERE = ("255.255.255.255", 9)
REFUSED = "a test may not leave this machine, but tried to "


def connect() -> None:
    """Open a TCP connection, as urllib3 does."""
    socket.create_connection(ELSEWHERE, timeout=1).close()


def connect_without_exceptions() -> None:
    """Ask for an error number instead."""
    with socket.socket() as connection:
        connection.connect_ex(ELSEWHERE)


def connect_with_asyncio() -> None:
    """Open a TCP connection on an event loop."""
    asyncio.run(asyncio.wait_for(asyncio.open_connection(*ELSEWHERE), 1))


def send_a_datagram() -> None:
    """Send without a connection."""
    with socket.socket(type=socket.SOCK_DGRAM) as connection:
        connection.sendto(b"", ELSEWHERE)


def connect_over_ipv6() -> None:
    """Use the other family; the address is one that no route leads to."""
    with socket.socket(socket.AF_INET6) as connection:
        connection.connect(("100::1", 9))


WAYS = {
    connect: "connect to 255.255.255.255",
    connect_without_exceptions: "connect to 255.255.255.255",
    connect_with_asyncio: "connect to 255.255.255.255",
    send_a_datagram: "sendto to 255.255.255.255",
    connect_over_ipv6: "connect to 100::1",
}


@pytest.mark.parametrize(("way", "attempt"), WAYS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_other_machines_are_out_of_reach(
    way: Callable[[], None], attempt: str, loopback_guard: LoopbackGuard
) -> None:
    """The call fails before a packet leaves, and the guard remembers it."""
    with pytest.raises(PermissionError, match=REFUSED + attempt):
        way()

    assert [attempt] == loopback_guard.take()


def test_names_are_not_looked_up(loopback_guard: LoopbackGuard) -> None:
    """A name server is another machine, and a log of what is tested."""
    with pytest.raises(PermissionError, match=f"{REFUSED}look up example.com"):
        socket.getaddrinfo("example.com", 443)

    assert ["look up example.com"] == loopback_guard.take()


def test_names_that_nobody_has_are_unknown_without_asking(loopback_guard: LoopbackGuard) -> None:
    """Tests of what is said about unknown names need one."""
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("capi.invalid", 443)

    assert [] == loopback_guard.take()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost"])
def test_this_machine_is_in_reach(host: str) -> None:
    """Tests of transports talk to real servers here."""
    with socket.create_server(("127.0.0.1" if host == "localhost" else host, 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_sockets_that_are_files_are_in_reach() -> None:
    """They lead nowhere else."""
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        left.sendmsg([b"x"])
        assert right.recv(1) == b"x"


HIDDEN = """
import socket
from contextlib import suppress

def test_it():
    with suppress(OSError), socket.socket() as connection:
        connection.connect(("255.255.255.255", 9))
"""


def test_a_test_that_hides_its_attempt_fails(tmp_path: Path, root: Path) -> None:
    """Code under test turns a failed connection into a retry; its test must not pass for that."""
    path = tmp_path / "test_hidden.py"
    path.write_text(HIDDEN, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "support.plugin", "-p", "no:cacheprovider"]
    options = ["-o", f"pythonpath={root / 'tests'}", "--rootdir", str(tmp_path), str(path)]
    result = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)

    assert "1 passed, 1 error" in result.stdout, result.stdout + result.stderr
    assert "this test tried to reach another machine: connect to 255.255.255.255" in result.stdout


def test_threads_are_watched_too(loopback_guard: LoopbackGuard) -> None:
    """Delivery sends from its own."""
    thread = Thread(target=connect_quietly)
    thread.start()
    thread.join()

    assert ["connect to 255.255.255.255"] == loopback_guard.take()


def connect_quietly() -> None:
    """Open a TCP connection and hide that it failed."""
    try:
        connect()
    except PermissionError:
        return
