"""What a plugin can offer besides actions and destinations, such as directives, normalizers, transports and formats."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeAlias

from attrs import frozen

from capi_actions.codec import Json, JsonObject
from capi_actions.errors import Problem
from capi_actions.model.action import Field
from capi_actions.model.delivery import Transport
from capi_actions.model.outbox import Outbox


@frozen(kw_only=True)
class Directive:
    """An ``@``-key of the mapping language.

    :ivar name: with the at sign: ``@phone_e164``.
    :ivar compile: called once for each use in a mapping, with the directive's value.  Reports what is malformed through
        the compiler, and returns the resolver, which is called for each event.  The resolver may raise EventError; it
        must neither keep nor change the payload.
    :ivar description: a sentence for the docs.
    :ivar copies_event: True to run a mapping that uses it on a copy of the event, so that a resolver that changes its
        payload in spite of the above does no harm elsewhere.  False saves the copy, some 6 µs an event; set it when
        your tests show that the resolver changes nothing.
    """

    name: str
    compile: "Callable[[Json, Compiler], Resolver]"
    description: str = ""
    copies_event: bool = True


Resolver: TypeAlias = Callable[[Any], Any]
"""Returns the value that a directive makes of an event, as JSON, or :data:`MISSING` if it makes none.

It gets what the mapping runs on: the event, an object with ``properties``, ``context`` and so on, or inside
``@arrayPath`` an item of a list; so it must cope with any JSON value.  A nested mapping is resolved by calling the
resolver that :meth:`Compiler.compile` returned with the same payload.  It is called from several threads, must be pure,
and raises EventError for an event that can never be sent.
"""


@frozen(kw_only=True)
class CleanResolver:
    """A resolver that knows of most events' values that a field's check would leave them as they are.

    For directives that make a list of objects or of texts.  Where a field takes just that, lists that ``clean`` returns
    aren't looked through again.  Without it nothing changes but the time: each object is checked member by member.

    :ivar resolve: the resolver itself.
    :ivar clean: returns what ``resolve`` would for the same payload, if it is a list that such a field passes on as it
        is, the order of keys included; None if it isn't, or finding out takes too long.  The list and its objects are
        new ones.  Tests should hold both equal.
    :ivar properties: of a field that takes objects; None for one of texts without a limit.  The texts aren't empty.
    """

    resolve: Resolver
    clean: Callable[[Any], "list[Any] | None"]
    properties: Mapping[str, Field] | None = None

    def __call__(self, payload: Any) -> Any:
        """Resolve the value."""
        return self.resolve(payload)


class Compiler(Protocol):
    """Compiles what is nested in a directive, and collects problems.

    In all methods ``at`` is the place in the directive's value: ``"value"`` for its member of that name,
    ``"objects/1"`` for the second item of its member ``objects``, empty for the value itself.
    """

    @property
    def path(self) -> str:
        """The directive's path in the mapping, for errors of its resolver: ``$.user.em.@upper``."""

    def compile(self, mapping: Json, at: str = "") -> Resolver:
        """Compile a nested mapping: a literal, a directive, or an object or list that contains some."""

    def problem(self, message: str, at: str = "") -> None:
        """Report that the directive's value is malformed; compiling continues, to find further problems.

        :param message: what would be right.  If it begins with ``should``, ``shouldn't`` or ``has``, the place
            becomes its subject.
        """

    def reads(self, path: str) -> None:
        """Declare that the directive reads the event at a path, such as ``context.ip``."""


class _Missing(Enum):
    MISSING = frozenset[object]()  # JSON encoders write an enumeration's value, and must fail on this one

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""No value at all, which is not the same as null (None): compare with ``is``.

A resolver returns it, and gets it from nested ones, where the event has nothing: the field is left out then, and one
that is required refuses the event.  It is false, and no JSON encoder takes it.
"""


@frozen(kw_only=True)
class Normalizer:
    """Turns a raw value into the string that is hashed.

    :ivar profile: the set of rules it belongs to, such as ``pixel``.
    :ivar key: the kind of value, in the platform's word: ``em``, ``ph``.
    :ivar normalize: returns the string to hash for a raw string that isn't empty, or None if there is none.  Pure:
        the same for the same string, whatever the clock, the locale and the machine.  What it needs to know besides,
        such as a country, is read once, when it is offered.  It may raise EventError, with a text that doesn't quote
        the value: the event is refused then.
    :ivar otherwise: what to do if there is none: ``"drop"`` the value, which suits most, or hash it ``"raw"``, as a
        platform's own scripts may do.  There is no default: that decides whether something unreadable is sent.
    :ivar repeats: True if few values make up most of the traffic (countries, given names): their hashes are cached.
        Leave it False for e-mail addresses, phones and ids.
    :ivar replaces: True to take the place of another plugin's normalizer of the same profile and key.
    :ivar trims_hashes: True if a value that is hashed already is recognized with white space around it too.
    """

    profile: str
    key: str
    normalize: Callable[[str], str | None]
    otherwise: Literal["drop", "raw"]
    repeats: bool = False
    replaces: bool = False
    trims_hashes: bool = False


@frozen(kw_only=True)
class TransportFactory:
    """A named way to open a transport.

    :ivar name: its ``type`` in the configuration's ``[transport]``.
    :ivar make: opens one; called with the other options of that table as keyword arguments, each structured by the
        annotation of its parameter: a number, ``bool``, ``str``, a list, an enumeration, a ``pathlib.Path`` (relative
        to the configuration's folder), a :class:`~capi_actions.Secret` (``{ env = "NAME" }``).  What doesn't fit is
        refused when the configuration is read, and so is a number outside the bounds in
        ``Annotated[int, Between(1, 64)]``.  Must connect to nothing: ``capi check`` opens it, too.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    make: Callable[..., Transport]
    description: str = ""


@frozen(kw_only=True)
class OutboxFactory:
    """A named way to open an outbox.

    :ivar name: its ``type`` in the configuration's ``[outbox]``.
    :ivar make: opens one; called with the other options of that table as keyword arguments, structured as for a
        :class:`TransportFactory`.  The option ``path`` is relative to the configuration's folder, also as a ``str``.
        Raises OutboxError if the store can't be opened.
    :ivar description: a sentence for ``capi plugins``.
    :ivar check: for ``capi check``: returns why ``make`` couldn't open the store, one :class:`~capi_actions.Problem`
        for each reason, its path the option's (``$.path``).  Called with the same options as ``make``, but for those
        that don't fit, unless it names one of them; must create and change nothing, not even the store.  None for a
        store of which nothing can be said before it is opened.
    """

    name: str
    make: Callable[..., Outbox]
    description: str = ""
    check: Callable[..., Iterable[Problem]] | None = None


@frozen(kw_only=True)
class InputFormat:
    """A named form of JSON objects that events can be made of, such as a shop system's webhooks.

    :ivar name: what ``--format`` takes.
    :ivar convert: returns the events of one object.  Raises EventError if it has none of the expected parts, or one
        that can't be read.  The same object always makes the same events, with the same ``messageId``.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    convert: Callable[[JsonObject], Iterable[JsonObject]]
    description: str = ""


CORE_TABLES = ("destinations", "outbox", "transport", "delivery", "inputs", "plugins")
"""Tables of the configuration that the core reads itself."""


@frozen(kw_only=True)
class ConfigNames:
    """What a table of the configuration may refer to by name.

    :ivar destinations: those that are configured.
    :ivar inputs: formats of files that are installed.
    """

    destinations: Collection[str]
    inputs: Collection[str]


TableCheck: TypeAlias = Callable[[Any, ConfigNames], Iterable[Problem]]
"""Returns what is wrong with a table's settings beyond its form."""


@frozen(kw_only=True)
class ConfigTable:
    """A table of the configuration that a plugin reads, such as ``[server]``.

    :ivar name: the table's name.
    :ivar settings_type: an attrs class that the table is structured into.  ``capi init`` writes each attribute with its
        ``:ivar name:`` text from the docstring, except those with ``metadata={"init": False}``.
    :ivar example: TOML that ``capi init`` writes after the settings, such as tables below this one; may be empty.
    :ivar description: a sentence for ``capi plugins``.
    :ivar check: called by ``capi check`` with the settings and what they may refer to.  Returns errors and warnings
        that the form of the table doesn't show; their paths start at the table, as ``$.port`` does.  None checks
        nothing.  Where the table has errors in its form, settings that don't fit are missing: reading one is an
        AttributeError, which ends the check without a word.  Of a list of checks, the others go on.
    """

    name: str
    settings_type: type
    example: str = ""
    description: str = ""
    check: TableCheck | Sequence[TableCheck] | None = None

    @property
    def checks(self) -> Sequence[TableCheck]:
        """All checks, as a list."""
        if self.check is None:
            return ()
        return (self.check,) if callable(self.check) else self.check
