"""What one rendering may cost."""

from typing import Final

MAX_WORK: Final = 1_000_000
"""Characters read and written, list items gone through (some count for several), ten for every
filter and look-up.

Of 40 templates made to be slow, on events made to be big, the slowest ran for 0.3 s on a slow core
before it was stopped; the reference stops at 0.5 s.
"""


class TooMuchWorkError(Exception):
    """The allowance is used up."""


class Work:
    """The allowance of one rendering."""

    __slots__ = ("left",)

    def __init__(self, left: int = MAX_WORK) -> None:
        self.left = left

    def spend(self, units: int) -> None:
        """Pay before doing something.

        :raises TooMuchWorkError: when it costs more than is left.
        """
        self.left -= units
        if self.left < 0:
            raise TooMuchWorkError
