"""Standard streams that were closed before the program began, as by ``<&-`` and ``>&-``."""

import io
import sys
from typing import Any, Never

from capi_actions.errors import ConfigError


class ClosedStreamError(ConfigError):
    """A standard stream is closed, but needed."""


class _Closed(io.TextIOBase):
    """Stands for a closed stream, where Python has None: says so when it is used."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    @property
    def buffer(self) -> Never:
        raise ClosedStreamError.of(self._problem, "")

    def write(self, text: str, /) -> Never:
        raise ClosedStreamError.of(self._problem, "")


def replace_closed() -> None:
    """Put something that explains itself in the place of closed streams."""
    streams: Any = sys
    if streams.stdin is None:
        streams.stdin = _Closed("standard input is closed; name a FILE, or pipe lines in")
    if streams.stdout is None:
        streams.stdout = _Closed(
            "standard output is closed; leave it open, or redirect it to a file or /dev/null"
        )
