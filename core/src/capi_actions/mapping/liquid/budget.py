"""What one rendering may cost."""

from typing import Final

MAX_WORK: Final = 1_000_000
"""Units of a rendering's budget: one for each character read or written and each list item gone
through (some count for several), ten for each filter and look-up.

Of 40 templates made to be slow, on events made to be big, the slowest ran for 0.3 s on a slow core
before it was stopped; the reference stops at 0.5 s.
"""


class BudgetExceededError(Exception):
    """A rendering costs more than its budget."""


class Budget:
    """What is left of one rendering's budget.

    :ivar left: in units, see :data:`MAX_WORK`.
    """

    __slots__ = ("left",)

    def __init__(self, left: int = MAX_WORK) -> None:
        self.left = left

    def spend(self, units: int) -> None:
        """Charge *units* to the budget, before the work is done.

        :raises BudgetExceededError: when fewer units are left.
        """
        self.left -= units
        if self.left < 0:
            raise BudgetExceededError
