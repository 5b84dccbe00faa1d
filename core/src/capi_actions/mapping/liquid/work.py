"""What one rendering may cost."""

from typing import Final

MAX_WORK: Final = 1_000_000
"""Characters read and written, list items gone through, and ten for every filter and look-up.

The slowest unit found (an item of a list compared by ``contains``) takes 0.3 µs on a slow core, so
that no template runs much longer than 300 ms; the reference stops at 500 ms.
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
