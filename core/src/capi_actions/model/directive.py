"""A directive: an ``@``-key of the mapping language."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from attrs import frozen

from capi_actions.model.json import Json

Resolver: TypeAlias = Callable[[Any], Any]
"""Payload in, value out; MISSING when there is none."""


class _Missing(Enum):
    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""No value at all, which is not the same as null (None)."""


class Compiler(Protocol):
    """What a directive gets to compile its value with.

    ``at`` names the member of the directive's value that is meant: ``"value"``, or ``"objects/1"`` for
    the second item of its member ``objects``; empty for the value itself.
    """

    @property
    def path(self) -> str:
        """Where the directive stands in the mapping, for the errors of its resolver: ``$.user.em.@upper``."""

    def compile(self, mapping: Json, at: str = "") -> Resolver:
        """Compile a nested mapping: a literal, a directive, or an object or list that holds some."""

    def problem(self, message: str, at: str = "") -> None:
        """Report that the directive's value is malformed; compiling goes on to find further problems.

        :param message: what would be right.  When it begins with ``should``, ``shouldn't`` or ``has``,
            the place is put before it as its subject.
        """

    def reads(self, path: str) -> None:
        """Note that the directive reads the event at a path, such as ``context.ip``."""


@frozen(kw_only=True)
class Directive:
    """One ``@``-key.

    :ivar name: with the at sign: ``@phone_e164``.
    :ivar compile: called once per use in a mapping with the directive's value; reports what is
        malformed through the compiler and returns the resolver for events.  The resolver may raise
        EventError; it must not keep or change the payload.
    :ivar description: a sentence for the docs.
    """

    name: str
    compile: Callable[[Json, Compiler], Resolver]
    description: str = ""
