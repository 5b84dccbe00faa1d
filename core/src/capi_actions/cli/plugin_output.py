"""Keep what plugins print out of standard output, which holds the data that a command of the core writes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import FrameType
from typing import IO, Any

from capi_actions.cli.console import echo_error

_DRAWING = ("click", "rich")
"""Packages through which the core writes."""

_MAX_LINE = 8192  # characters; a longer line is written in parts


@contextmanager
def divert_plugin_output() -> Iterator[None]:
    """Have what anybody but the core prints go to standard error, as the core's own messages do."""
    divider = _Divider(sys.stdout)
    with redirect_stdout(divider):
        try:
            yield
        finally:
            divider.finish()


class _Divider:
    """Standard output for the core, standard error for whoever else writes text."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._line = ""  # that somebody else has begun

    def write(self, text: str) -> int:
        """Write a text, by whose code it is written."""
        if _is_written_by_core(sys._getframe(1)):
            return self._stream.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            echo_error(line)
        if len(self._line) > _MAX_LINE:
            self.finish()
        return len(text)

    def finish(self) -> None:
        """Write the line that has been begun."""
        line, self._line = self._line, ""
        if line:
            echo_error(line)

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
