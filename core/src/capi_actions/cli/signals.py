"""Ctrl-C, and being told to end, at the right moment."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_USUAL = (signal.SIG_DFL, signal.default_int_handler)


class CtrlC:
    """Inside its ``with`` block Ctrl-C waits while something is held that must not be cut in two.

    So do SIGTERM, by which containers and services are ended, and SIGHUP, when a terminal closes; they
    raise KeyboardInterrupt, too.  A second one doesn't wait.  In other threads than the main one, and where a
    signal is ignored or the program handles it by itself, nothing changes.

    :ivar number: the signal that came; SIGINT until one did.
    """

    def __init__(self) -> None:
        self.number: int = signal.SIGINT
        self._held = self._wanted = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.getsignal(number) for number in _SIGNALS}
            for number in self._ours():
                signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *error: object) -> None:
        for number in self._ours():
            signal.signal(number, self._former[number])

    def hold(self) -> None:
        """Let signals wait from here on."""
        self._held = True

    def release(self) -> None:
        """Let signals act again.

        :raises KeyboardInterrupt: when one came meanwhile.
        """
        self._held = False
        if self._wanted:
            self._wanted = False
            raise KeyboardInterrupt

    def _ours(self) -> list[int]:
        return [number for number, former in self._former.items() if former in _USUAL]

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        if not self._held or self._wanted:
            raise KeyboardInterrupt
        self._wanted = True


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let the first signal ask for an end; a second one raises KeyboardInterrupt."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    former = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
