"""What a program sees that has not set logging up: the worst, once, on standard error."""

import logging
import sys
import threading
from contextlib import suppress
from time import monotonic

_INTERVAL = 3600.0  # seconds between two lines of one kind
_MAX_KINDS = 1000

LOGGER = "capi_actions"


class UnconfiguredHandler(logging.Handler):
    """Writes errors to standard error, but only while nothing else handles the library's records.

    By itself, Python would print all warnings of a library without handlers, and none if it has a NullHandler.  A
    paused destination or a full disk must be seen in either case: each kind once an hour, in one line.  As soon as
    the program has a handler at the root, or at this library's loggers, that one gets everything and this one is
    silent, so that nothing is written twice.  uvicorn and gunicorn only set up loggers of their own.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._seen: dict[tuple[object, ...], float] = {}
        self._seen_lock = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless another handler gets it or its kind was written within the last hour."""
        if has_other_handler(record.name, self) or not self._is_due(record):
            return
        line = "".join(
            char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in record.getMessage()
        )
        with suppress(OSError, ValueError, AttributeError):  # standard error may be closed, or None
            sys.stderr.write(f"capi_actions: {record.levelname.lower()}: {line}\n")
            sys.stderr.flush()

    def _is_due(self, record: logging.LogRecord) -> bool:
        first = record.args[:1] if isinstance(record.args, tuple) else None
        codes = (getattr(record, name, None) for name in ("destination", "verdict", "code", "subcode"))
        kind = (record.msg, first, *codes)
        now = monotonic()
        with self._seen_lock:
            if now - self._seen.get(kind, -_INTERVAL) < _INTERVAL:
                return False
            if len(self._seen) >= _MAX_KINDS:
                self._seen.clear()
            self._seen[kind] = now
            return True


def has_other_handler(name: str, own: logging.Handler) -> bool:
    """Return whether any handler but one gets the records of a logger."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(handler is not own for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
