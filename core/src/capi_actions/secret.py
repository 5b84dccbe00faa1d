"""A secret setting: a token that must never be printed."""

from typing import Final, NoReturn, final

_SHOWN: Final = "Secret('***')"


@final
class Secret:
    """A token.  Its text is in ``value`` and nowhere else: not in ``str``, ``repr`` or messages.

    It is no attrs class or dataclass, so that ``attrs.asdict`` and JSON encoders don't look inside.
    Copies are the same object; pickling raises :class:`TypeError`, as a pickle would show the token.

    :ivar value: the token itself.
    :ivar literal: True when it is written in the configuration file instead of the environment.
    """

    __slots__ = ("_literal", "_value")

    def __init__(self, value: str, literal: bool = False) -> None:
        self._value = value
        self._literal = literal

    @property
    def value(self) -> str:
        """The token itself."""
        return self._value

    @property
    def literal(self) -> bool:
        """Whether it is written in the configuration file."""
        return self._literal

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return (self._value, self._literal) == (other._value, other._literal)

    def __hash__(self) -> int:
        return hash((self._value, self._literal))

    def __repr__(self) -> str:
        return _SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(_SHOWN, spec)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret can't be pickled: the pickle would show the token; pass its value instead")
