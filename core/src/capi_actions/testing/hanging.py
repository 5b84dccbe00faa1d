"""Abandon a call of a plugin that doesn't return, so that a test fails instead of running for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from capi_actions.tracebacks import may_be_of_plugin

_KIT = str(Path(__file__).parent)
_TOOLS = ("_pytest", "pytest", "pluggy", "hypothesis", "coverage")


class HangingError(AssertionError):
    """A call doesn't return."""


_AGAIN = 0.05  # seconds


@contextmanager
def hang_limit(suite: Any) -> Iterator[None]:
    """Raise :class:`HangingError` in the middle of a plugin's call that takes longer than the suite allows.

    A call has failed when it is the same one at two moments that are ``suite.longest_call`` seconds apart, however
    slow the machine is.  Where there are no signals, or in another thread than the main one, nothing is watched.

    :param suite: the class of tests.  After a call that hangs its further tests are skipped.
    """
    if suite._hanging:
        pytest.skip(f"another test failed: {suite._hanging}")
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[FrameType | None] = [None]
    faults: list[HangingError] = []

    def look(_: int, frame: FrameType | None) -> None:
        call = _plugin_call(frame)
        if call is not None and (call is seen[0] or faults):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)  # further calls of it won't return either
            code = call.f_code
            place = f"{Path(code.co_filename).name}, line {call.f_lineno}"
            suite._hanging = (
                f"{code.co_name}() ({place}) did not return within {suite.longest_call:g} seconds"
            )
            faults.append(HangingError(suite._hanging))
            raise faults[-1]
        seen[0] = call

    previous = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, suite.longest_call, suite.longest_call)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        seen.clear()
    if faults:  # the plugin, or what called it, has caught the error
        raise faults[0]


def _plugin_call(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame of a plugin that a test of this package has called, directly or not; or None."""
    outermost = None
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_KIT):
            return outermost
        if may_be_of_plugin(file) and not _is_tool(file):
            outermost = frame
        frame = frame.f_back
    return None


def _is_tool(file: str) -> bool:
    return any(f"site-packages/{tool}/" in Path(file).as_posix() for tool in _TOOLS)
