"""Ports for programs that are told where to listen."""

import random
import socket


def free_port() -> int:
    """Return a port of this machine that nobody listens at.

    Not one that the system chooses: until the program listens there, other tests get theirs from the same range.
    """
    while True:
        with socket.socket() as trial:
            port = random.randint(
                10_000, 30_000
            )  # below 32,768, where Linux begins; macOS and Windows begin later
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
