"""Ctrl-C at the right moment."""

import signal
import threading
from types import FrameType
from typing import Self


class CtrlC:
    """Inside its ``with`` block Ctrl-C waits while something is held that must not be cut in two.

    A second one doesn't wait.  In other threads than the main one, and where Ctrl-C is ignored or the
    program handles it by itself, nothing changes.
    """

    def __init__(self) -> None:
        self._held = self._wanted = self._installed = False

    def __enter__(self) -> Self:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._interrupt)
            self._installed = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def hold(self) -> None:
        """Let Ctrl-C wait from here on."""
        self._held = True

    def release(self) -> None:
        """Let Ctrl-C act again.

        :raises KeyboardInterrupt: when it came meanwhile.
        """
        self._held = False
        if self._wanted:
            self._wanted = False
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self._held or self._wanted:
            raise KeyboardInterrupt
        self._wanted = True
