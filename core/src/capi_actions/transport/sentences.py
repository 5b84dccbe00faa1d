"""What went wrong on the way, in sentences without URL, header or body."""

import os
import ssl

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)


def sentence(error: Exception, host: str, seconds: float) -> str:
    """Say what an error means.

    :param seconds: how long each wait was allowed to take.
    """
    match error:
        case ProxyError():
            return f"the proxy let nothing through to {host}"
        case NameResolutionError():
            return f"the name {host} could not be resolved"
        case NewConnectionError():
            return f"{host} accepted no connection{_system_says(error.__cause__)}"
        case ConnectTimeoutError():
            return f"{host} accepted no connection within {seconds:g} seconds"
        case ReadTimeoutError():
            return f"{host} sent nothing for {seconds:g} seconds"
        case SSLError():
            return f"no secure connection to {host} came about{_tls_says(error.args[0])}"
        case ValueError():
            return f"the request to {host} can't be sent: a header or the URL holds what HTTP doesn't allow"
        case _:
            return f"the connection to {host} broke before a whole answer came"


def _system_says(cause: BaseException | None) -> str:
    return f": {os.strerror(cause.errno)}" if isinstance(cause, OSError) and cause.errno else ""


def _tls_says(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f": its certificate is not accepted ({cause.verify_message})"
    return f" ({cause.reason})" if isinstance(cause, ssl.SSLError) and cause.reason else ""
