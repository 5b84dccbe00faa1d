"""The built-in transport: HTTP through urllib3, in :mod:`capi_actions.builtin.transport.urllib3`."""

from typing import Annotated

from capi_actions.bounds import Between
from capi_actions.model import Transport


def open_transport(
    connections: Annotated[int, Between(1, 10_000)] = 32,
    max_answer_bytes: Annotated[int, Between(1_000, 1_000_000_000)] = 1_048_576,
    max_seconds: Annotated[float, Between(0.1, 30)] = 30.0,
    ca_file: str | None = None,
) -> Transport:
    """Return a transport.  Urllib3 is imported now, as it takes 22 ms, which what sends nothing needn't wait for.

    :param connections: how many connections to one host are kept open.
    :param max_answer_bytes: a longer response body is an error.
    :param max_seconds: how long one request may take in total, from connecting to the last byte of the response;
        at most half of delivery's lease, or another process sends its items, too.
    :param ca_file: certificates (PEM) to trust instead of the system's.
    :raises ConfigError: if a proxy of the environment can't be used.
    """
    from capi_actions.builtin.transport.urllib3 import Urllib3Transport

    return Urllib3Transport(connections, max_answer_bytes, max_seconds, ca_file)
