"""What delivery has to say, on standard error while it works."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import click

from capi_actions.cli.tables import printable

_EVERY = 60.0  # seconds between two lines of one kind: an outage must not fill the screen


@contextmanager
def told(verbose: bool = False) -> Iterator[None]:
    """Print what the library logs from warnings on, or with ``verbose`` everything.

    Of what says the same about the same destination one line a minute is printed, and how many were not.
    """
    logger = logging.getLogger("capi_actions")
    handler = _Teller(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:
        handler.addFilter(_Repeats())
    former = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(handler.level, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former)


class _Teller(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        more = getattr(record, "unsaid", 0)
        suffix = f" ({more} more like this since the last)" if more else ""
        with suppress(OSError):  # nobody reads any more: that is no reason to stop sending
            click.echo(
                f"capi: {record.levelname.lower()}: {printable(record.getMessage())}{suffix}", err=True
            )


class _Repeats(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[object, ...], float] = {}
        self._unsaid: dict[tuple[object, ...], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (
            record.msg,
            getattr(record, "destination", record.args[:1] if isinstance(record.args, tuple) else None),
            *(getattr(record, name, None) for name in ("verdict", "code", "subcode")),
        )
        now = monotonic()
        if now - self._said.get(kind, -_EVERY) < _EVERY:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return False
        self._said[kind] = now
        record.unsaid = self._unsaid.pop(kind, 0)
        return True
