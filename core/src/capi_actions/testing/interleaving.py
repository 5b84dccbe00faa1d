"""Run one call of a plugin while another runs in a second thread, between any two of its lines."""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

_MOST = 60
"""Lines of a call between which another call is made."""
_PATIENCE = 0.2
"""Seconds to wait for the other call, which may itself wait for a lock that the first one holds."""


def source_folder(plugin: object) -> str:
    """Return the folder of a plugin's package, or the file of one that is a single module; "" if there is none."""
    if not isinstance(plugin, ModuleType) or not plugin.__file__:
        return ""
    package = sys.modules.get(plugin.__name__.partition(".")[0], plugin)
    is_package = hasattr(package, "__path__") and package.__file__
    return str(Path(str(package.__file__)).parent) if is_package else plugin.__file__


def call_with_another(call: Callable[[], str], other: Callable[[], object], folder: str) -> str:
    """Return what a call returns if another thread makes ``other`` before each line that it runs.

    :param folder: where the plugin's files are, whose lines count.
    """
    left = [_MOST]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        return step if frame.f_code.co_filename.startswith(folder) else None

    def step(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line" and left[0] > 0:
            left[0] -= 1
            thread = threading.Thread(target=_quietly, args=(other,), daemon=True)
            thread.start()
            thread.join(_PATIENCE)
        return step

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)


def _quietly(call: Callable[[], object]) -> None:
    with suppress(BaseException):  # the other tests report it
        call()
