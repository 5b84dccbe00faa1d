"""What a transport, outbox or observer leaves behind when it is closed, and what it tells of what is secret."""

import io
import logging
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from capi_actions.testing.base import require

KIT_THREAD = "capi-actions-test"
"""The name of the tests' own threads."""

_PATIENCE = 5.0  # seconds in which threads may end after close()


@contextmanager
def clean_after_close(name: str, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Fail if what was made in this context, and closed, has left a thread, or has printed or logged a secret.

    :param name: what it is, for the message.
    """
    before, handler, root = set(threading.enumerate()), _Collector(), logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stdout(handler.output), redirect_stderr(handler.output):
            yield
    finally:
        root.removeHandler(handler)
    output = handler.output.getvalue()
    for secret in secrets:
        require(secret not in output, f"{name} prints or logs {secret}, which is secret")
    deadline = time.monotonic() + _PATIENCE
    while left := [thread.name for thread in threading.enumerate() if _is_left(thread, before)]:
        require(
            time.monotonic() < deadline,
            f"{name} leaves {len(left)} threads behind after close(), such as {left[0]}: the program may never end",
        )
        time.sleep(0.01)


@contextmanager
def threads_that_alternate() -> Iterator[None]:
    """Have Python change threads very often, so that what isn't locked is found."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def _is_left(thread: threading.Thread, before: set[threading.Thread]) -> bool:
    return thread not in before and not thread.name.startswith(KIT_THREAD)


class _Collector(logging.Handler):
    """Collects what is logged from the level INFO on, and what is printed."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.output = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.output.write(f"{record.getMessage()} {record.exc_info and record.exc_info[1]}\n")
