"""Settings and fixtures of all tests, whichever folder pytest is started for."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support.loopback import LoopbackGuard
from support.vectors import ROOT, read_vectors

GUARD = LoopbackGuard()
MEMORY = Path("/dev/shm")
LEAST_MEMORY = 4 * 2**30  # bytes; tests fill about one

# No deadline: a busy machine is no fault of the code.
settings.register_profile("thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=20)


def pytest_configure() -> None:
    """Choose the Hypothesis profile and guard the network, once a process."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
    GUARD.install()
    _keep_files_in_memory()


def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers `-n auto` means: one more than there are cores.

    A quarter of the time tests wait, for a server or a process: on two cores they take 132 s with three workers, and
    158 with two.
    """
    return (os.cpu_count() or 1) + 1


def _keep_files_in_memory() -> None:
    """Let temporary files be made in memory, unless TMPDIR names a folder.

    An outbox waits for the disk at each commit: to open and close one takes 2 ms instead of 12, and the tests of outbox
    and delivery together 89 s instead of 265.  What a killed process wrote is there afterwards in both.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= LEAST_MEMORY:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(autouse=True)
def loopback_guard() -> Iterator[LoopbackGuard]:
    """Fail a test that tried to reach another machine."""
    yield GUARD
    attempts = GUARD.take()
    assert not attempts, f"this test tried to reach another machine: {', '.join(attempts)}"


@pytest.fixture(scope="session", autouse=True)
def signals_work() -> None:
    """Whoever starts tests in the background of a script hands on an ignored SIGINT, nohup an ignored SIGHUP."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Read a file of vectors by its path below ``tests/data``."""
    return read_vectors
