"""What the server logs, without personal data."""

import logging
from traceback import format_tb

LOG = logging.getLogger("capi_actions.server")


def log_fault(what: str, error: BaseException) -> None:
    """Log a fault of the server's own: where it was raised, and not its text, which may quote an event.

    :param what: what failed.
    """
    LOG.error("%s: %s\n%s", what, type(error).__name__, "".join(format_tb(error.__traceback__)))
