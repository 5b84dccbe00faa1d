"""The port, as processes find it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from capi_actions import ConfigError
from capi_actions_prometheus import serving
from capi_actions_prometheus.serving import PORT, shared_metrics
from support.ports import free_port

PROGRAM = f"""
import logging, os, urllib.request
import capi_actions_prometheus.plugin
from capi_actions import CapiError, Plugins, builtin

logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
((_, make),) = Plugins(builtin, capi_actions_prometheus.plugin).observer_factories()
for _ in range(2):
    try:
        print(make() is make())
    except CapiError as error:
        print(type(error).__name__, error)
if "FETCH" in os.environ:
    with urllib.request.urlopen(f"http://127.0.0.1:{{os.environ['{PORT}']}}/metrics") as answer:
        print(b"capi_paused" in answer.read())
"""


def run(port: str, **environment: str) -> tuple[list[str], list[str]]:
    """Run a program that gets the metrics four times; return its lines on both outputs."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, PORT: port, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines(), done.stderr.splitlines()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_process_has_one_observer_and_serves_it() -> None:
    """The client library's registry refuses the same metric twice; the port is that of loopback."""
    assert run(str(free_port()), FETCH="1") == (["True"] * 3, [])


@pytest.mark.parametrize("nothing", ["", " "])
def test_without_a_port_nothing_is_served(nothing: str) -> None:
    """A program may serve its registry itself."""
    assert run(nothing) == (["True"] * 2, [])


def test_a_port_in_use_is_a_warning(taken: int) -> None:
    """`capi send` beside `capi deliver --forever`, in one environment: deliveries don't fail for want of a port."""
    out, err = run(str(taken))

    assert out == ["True", "True"]
    (line,) = err
    assert line.startswith("WARNING capi_actions_prometheus metrics of this process aren't served: port")
    assert f"port {taken} is in use" in line
    assert PORT in line


@pytest.mark.parametrize("value", ["none", "-1", "0", "65536", "9464.0", "9" * 5_000, "٣", "127.0.0.1:9464"])
def test_what_is_no_port_is_refused_each_time(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """In a sentence that names the variable; a second client in the process must not go on without."""
    monkeypatch.setattr(serving, "_shared", None)
    monkeypatch.setenv(PORT, value)

    for _ in range(2):
        with pytest.raises(ConfigError, match=f"^{PORT} should be a port number from 1 to 65535, not '"):
            shared_metrics()


def test_a_port_that_may_not_be_used_is_refused_each_time() -> None:
    """Nothing but a port in use passes: it is a mistake that somebody should see."""
    program = """
import errno, socket
class Refusing(socket.socket):
    def bind(self, address):
        raise OSError(errno.EACCES, "Permission denied")
socket.socket = Refusing
"""
    done = subprocess.run(
        [sys.executable, "-c", program + PROGRAM],
        env={**os.environ, PORT: "80"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [f"ConfigError {PORT}: port 80 can't be used: Permission denied"] * 2
