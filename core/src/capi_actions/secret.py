"""A secret setting: a token that must never be printed."""

from attrs import frozen


@frozen(repr=False)
class Secret:
    """A token.  Its text is in ``value`` and nowhere else: not in ``str``, ``repr`` or messages.

    :ivar value: the token itself.
    :ivar literal: True when it is written in the configuration file instead of the environment.
    """

    value: str
    literal: bool = False

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__
