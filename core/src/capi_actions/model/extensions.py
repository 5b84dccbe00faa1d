"""A directive: an ``@``-key of the mapping language."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeAlias

from attrs import frozen

from capi_actions.codec import Json
from capi_actions.model.delivery import Transport
from capi_actions.model.outbox import Outbox

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


@frozen(kw_only=True)
class Normalizer:
    """Raw value in, the string that is hashed out.

    :ivar profile: the set of rules it belongs to, such as ``pixel``.
    :ivar key: the kind of value, in the platform's word: ``em``, ``ph``.
    :ivar normalize: the raw string to the string to hash, or None when there is no such string.
    :ivar otherwise: what to do when there is no normalized string: ``"drop"`` the value or hash it ``"raw"``.
    :ivar repeats: True when few values make up most of the traffic (countries, given names): their
        hashes are then remembered.  Leave it False for e-mail addresses, phones and ids.
    :ivar replaces: True to take the place of another plugin's normalizer of the same profile and key.
    """

    profile: str
    key: str
    normalize: Callable[[str], str | None]
    otherwise: Literal["drop", "raw"] = "raw"
    repeats: bool = False
    replaces: bool = False


@frozen(kw_only=True)
class TransportFactory:
    """A named way to open a transport.

    :ivar name: its ``type`` in the configuration's ``[transport]``.
    :ivar make: called with the other options of that table as keyword arguments.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    make: Callable[..., Transport]
    description: str = ""


@frozen(kw_only=True)
class OutboxFactory:
    """A named way to open an outbox.

    :ivar name: its ``type`` in the configuration's ``[outbox]``.
    :ivar make: called with the other options of that table as keyword arguments; returns a
        :class:`Outbox`.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    make: Callable[..., Outbox]
    description: str = ""
