"""Run one call of a plugin while another runs in a second thread, between any two of its lines."""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from time import monotonic
from types import FrameType, ModuleType
from typing import Any, TypeVar

from capi_actions.testing.resources import KIT_THREAD

_MOST = 60
"""Lines of a call between which another call is made."""
_Value = TypeVar("_Value")
_LONGEST_WAIT = 30.0  # seconds
_PATIENCE, _PATIENCE_FOR_ONE = 2.0, 0.5
"""Seconds to wait for all other calls, and for one: it may itself wait for a lock that the first call holds."""


def source_folder(plugin: object) -> str:
    """Return the folder of a plugin's package, or the file of one that is a single module; "" if there is none."""
    return module_folder(plugin.__name__) if isinstance(plugin, ModuleType) else ""


def module_folder(name: str) -> str:
    """Return the folder of a module's package, or its file, without importing it; "" if there is none."""
    try:
        spec = find_spec(name.partition(".")[0])
    except ValueError:  # a module that no import has made
        return ""
    folders = list((spec and spec.submodule_search_locations) or ())
    return folders[0] if folders else str((spec and spec.origin) or "")


def call_with_another(call: Callable[[], _Value], other: Callable[[], object], folder: str) -> _Value:
    """Return what a call returns if another thread makes ``other`` before each line that it runs.

    :param folder: where the plugin's files are, whose lines count.
    """
    left, threads, patience = [_MOST], list[threading.Thread](), [_PATIENCE]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        return step if frame.f_code.co_filename.startswith(folder) else None

    def step(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line" and left[0] > 0:
            left[0] -= 1
            thread = threading.Thread(target=_quietly, args=(other,), name=KIT_THREAD, daemon=True)
            threads.append(thread)
            thread.start()
            started = monotonic()
            thread.join(min(_PATIENCE_FOR_ONE, max(0.0, patience[0])))
            patience[0] -= monotonic() - started
        return step

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)
        for thread in threads:
            thread.join(_LONGEST_WAIT)


def _quietly(call: Callable[[], object]) -> None:
    with suppress(BaseException):  # the other tests report it
        call()
