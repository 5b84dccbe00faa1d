"""What a program sees that has not set logging up: the worst, once, on standard error; and what counts as once."""

import logging
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from time import monotonic

_INTERVAL = 3600.0  # seconds between two lines of one kind
_MAX_KINDS = 1000  # remembered; then the oldest is forgotten
_MAX_TEXT = 200  # characters of a part of a kind

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
        self._rate_limit = RateLimit(_INTERVAL)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless another handler gets it or its kind was written within the last hour."""
        if has_other_handler(record.name, self) or self._rate_limit.admit(record) is None:
            return
        line = "".join(
            char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in record_message(record)
        )
        with suppress(OSError, ValueError, AttributeError):  # standard error may be closed, or None
            sys.stderr.write(f"capi_actions: {record.levelname.lower()}: {line}\n")
            sys.stderr.flush()


class RateLimit:
    """Lets one record of each kind pass in an interval.  Usable from several threads."""

    def __init__(self, interval: float) -> None:
        """Start without records.

        :param interval: seconds.
        """
        self._interval = interval
        self._lock = threading.Lock()
        self._kinds: OrderedDict[tuple[str, ...], _Kind] = OrderedDict()

    def admit(self, record: logging.LogRecord) -> int | None:
        """Return how many records of this kind were held back since the last; None to hold this one back, too."""
        key = record_kind(record)
        now = monotonic()
        with self._lock:
            kind = self._kinds.get(key)
            if kind is not None and now - kind.admitted_at < self._interval:
                kind.held_back += 1
                return None
            self._kinds[key] = _Kind(now)
            self._kinds.move_to_end(key)
            if len(self._kinds) > _MAX_KINDS:
                self._kinds.popitem(last=False)
        return 0 if kind is None else kind.held_back


class _Kind:
    """A kind of record: when one was admitted, in monotonic seconds, and how many were held back since."""

    def __init__(self, admitted_at: float) -> None:
        self.admitted_at = admitted_at
        self.held_back = 0


def record_kind(record: logging.LogRecord) -> tuple[str, ...]:
    """Return what records that say the same of the same destination, or of the same first argument, have in common.

    As texts: anybody may log anything, such as a list, or an error that would keep its frames alive.
    """
    first = record.args[0] if isinstance(record.args, tuple) and record.args else None
    parts = [record.msg, getattr(record, "destination", first)]
    parts += (getattr(record, name, None) for name in ("verdict", "code", "subcode"))
    return tuple(map(_short_text, parts))


def _short_text(value: object) -> str:
    try:
        return str(value)[:_MAX_TEXT]
    except Exception:  # noqa: BLE001  an object's own method may raise anything
        return type(value).__name__


def record_message(record: logging.LogRecord) -> str:
    """Return a record's message, without the arguments if they don't fit it."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  whoever logs a wrong message isn't to fail for it
        return _short_text(record.msg)


def has_other_handler(name: str, own: logging.Handler) -> bool:
    """Return whether any handler but one gets the records of a logger."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(handler is not own for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
