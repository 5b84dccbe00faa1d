"""Keep what plugins print out of standard output, which holds the data that a command of the core writes."""

import sys
from contextlib import AbstractContextManager, redirect_stdout
from types import FrameType
from typing import IO, Any

_DRAWING = ("click", "rich")
"""Packages through which the core writes."""


def divert_plugin_output() -> AbstractContextManager[Any]:
    """Have what anybody but the core prints go to standard error."""
    return redirect_stdout(_Divider(sys.stdout))


class _Divider:
    """Standard output for the core, standard error for whoever else writes text."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, by whose code it is written."""
        if _is_written_by_core(sys._getframe(1)):
            return self._stream.write(text)
        length = sys.stderr.write(text)
        sys.stderr.flush()
        return length

    def __getattr__(self, name: str) -> Any:
        """Return everything else of the real stream: its bytes are written by the core alone."""
        return getattr(self._stream, name)


def _is_written_by_core(frame: FrameType | None) -> bool:
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _DRAWING:
            return package == "capi_actions"
        frame = frame.f_back
    return False
