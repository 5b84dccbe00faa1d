"""The bounds of a number in a configuration."""

from typing import Any

from attrs import Attribute, frozen


@frozen
class Between:
    """The smallest and the largest number that a setting may have.

    The annotation of an outbox's or transport's option holds it: ``seconds: Annotated[float, Between(0.1, 30)]``.
    A class of settings has it as validator: ``field(default=1, validator=Between(1, 64))``.

    >>> Between(1, 1_000).problem(0), Between(1, 1_000).problem(float("nan")), Between(0, 0.5).problem(0)
    ('should be from 1 to 1,000', 'should be from 1 to 1,000', None)
    """

    low: float
    high: float

    def problem(self, value: Any) -> str | None:
        """Return what would be right; None if the number is within the bounds."""
        # NaN is neither smaller nor larger than anything, but isn't between two numbers either.
        return None if self.low <= value <= self.high else f"should be from {self.low:,} to {self.high:,}"

    def __call__(self, _: object, attribute: "Attribute[Any]", value: float) -> None:
        """Validate an attribute of a class of settings.

        :raises ValueError: when it is out of bounds.
        """
        if problem := self.problem(value):
            raise ValueError(f"{attribute.name} {problem}")
