"""Keep what is secret out of urllib3's log."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Discreet(logging.Filter):
    """Takes URLs out of what urllib3 logs about our requests, for their query may hold a token.

    What other code of the program sends is logged as ever.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_ours, "sending", False):
            record.msg, record.args, record.exc_info = "about a request of capi-actions", None, None
        return True


_ours = threading.local()
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Discreet())


@contextmanager
def discreetly() -> Iterator[None]:
    """Mark what this thread logs meanwhile as ours."""
    _ours.sending = True
    try:
        yield
    finally:
        _ours.sending = False
