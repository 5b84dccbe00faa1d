"""React to Ctrl-C and other signals at a safe moment."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

TERMINATION_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_DEFAULT_HANDLERS = (signal.SIG_DFL, signal.default_int_handler)


class DeferredInterrupts:
    """A context manager in which Ctrl-C can be deferred while something must not be cut in two.

    The same holds for SIGTERM, which stops containers and services, and SIGHUP, when a terminal closes:
    they raise KeyboardInterrupt as well.  A second signal is never deferred.  Nothing changes in threads
    other than the main one, nor for signals that are ignored or that the program handles itself.

    :ivar number: the signal that was received; SIGINT before.
    """

    def __init__(self) -> None:
        self.number: int = signal.SIGINT
        self._deferring = self._pending = False
        self._former_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former_handlers = {number: signal.getsignal(number) for number in TERMINATION_SIGNALS}
            for number in self._signals_to_handle():
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        for number in self._signals_to_handle():
            signal.signal(number, self._former_handlers[number])

    def defer(self) -> None:
        """Defer signals from here on."""
        self._deferring = True

    def deliver(self) -> None:
        """Stop deferring signals.

        :raises KeyboardInterrupt: when one was received meanwhile.
        """
        self._deferring = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def _signals_to_handle(self) -> list[int]:
        return [number for number, handler in self._former_handlers.items() if handler in _DEFAULT_HANDLERS]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        if not self._deferring or self._pending:
            raise KeyboardInterrupt
        self._pending = True


@contextmanager
def stop_on_signal(stop: threading.Event) -> Iterator[None]:
    """Set an event at the first signal; a second one raises KeyboardInterrupt.

    :param stop: the main thread must not wait for it: it would hold the event's lock when the handler takes it.
    """
    received = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal received
        if received:  # not the event's own state: a second signal may come while the first one is setting it
            raise KeyboardInterrupt
        received = True
        stop.set()

    former_handlers = {number: signal.signal(number, handle) for number in TERMINATION_SIGNALS}
    try:
        yield
    finally:
        for number, handler in former_handlers.items():
            signal.signal(number, handler)
