"""A destination type: what the core must know about a platform."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from attrs import fields_dict

from capi_actions.codec import JsonObject
from capi_actions.errors import Problem
from capi_actions.model.delivery import Judgement, Request, Response
from capi_actions.model.outbox import Batch


class Destination(ABC):
    """One account at a platform, made from its settings.

    To offer a type, subclass this and return the class from the hook ``capi_destinations``.  All methods are pure: no
    I/O, and no clock but the time passed in.
    """

    name: ClassVar[str]
    """The type's name in the configuration: ``acme``."""

    settings_type: ClassVar[type]
    """An attrs class; the destination's table in the configuration is structured into it by its annotations.

    They may be ``str``, ``bool``, numbers, lists, enumerations, nested attrs classes, ``pathlib.Path`` (relative to the
    configuration's folder), and :class:`~capi_actions.Secret` for what must not be printed.

    An attribute ``normalization`` with a default selects how fields with ``hashed`` are normalized.  ``capi init``
    writes each attribute with its ``:ivar name:`` text from the docstring, and with its default; if that is None,
    with ``metadata={"example": ...}``.
    """

    integration_names: ClassVar[Sequence[str]] = ()
    """Names that mean this platform in an event's ``integrations``.

    With ``All: false``, only an event that has one of them with true goes there.  A destination's table can set others.
    """

    cookies: ClassVar[Mapping[str, str]] = {}
    """First-party cookies of the platform's script in the browser: where an event has each one's value, by its name.

    A path below the event, such as ``{"_acme": "context.acme"}``.  What receives events from browsers fills in cookies
    that the event itself lacks.
    """

    max_items: ClassVar[int] = 1000
    """The greatest number of items in one request."""

    max_bytes: ClassVar[int] = 4_000_000
    """The greatest length of a request's body, in bytes."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def profile(self) -> str:
        """The normalization profile of this account: its setting ``normalization``, or ""."""
        return str(getattr(self.settings, "normalization", ""))

    @classmethod
    def default_profile(cls) -> str:
        """Return the profile of accounts that don't select one; "" for platforms without hashing."""
        attribute = fields_dict(cls.settings_type).get("normalization")
        return attribute.default if attribute and isinstance(attribute.default, str) else ""

    @classmethod
    def action_template(cls) -> str:
        """Return the source of a module with an action for this platform, for ``capi new --kind action``; "" for none.

        It has the hook ``capi_actions``.  Its names contain ``Acme`` and ``acme``, where the new plugin's name is put.
        """
        return ""

    @property
    def account(self) -> str:
        """The account that items go to, as the platform names it: destinations with equal ones send to one place.

        "" if that can't be said.
        """
        return ""

    def match_keys(self, data: JsonObject) -> Mapping[str, bool]:
        """Return every key by which the platform recognises people, with True for those that an item has.

        ``capi preview --summary`` counts them.  Keys that don't apply to this item are left out; the default has none.

        :param data: the platform's object, as it would be sent.
        """
        return {}

    def value_warning(self, key: str, value: str) -> str:
        """Return why a personal value will hardly be recognised although it can be sent, or "".

        Called by ``capi preview --summary`` for every value that is going to be hashed.

        :param key: of the value's normalizer: ``ph``.
        :param value: the raw value.  It must not be quoted.
        """
        return ""

    def probe(self, now: float) -> Request | None:
        """Return a request that shows whether this account may be sent to, without storing anything there.

        ``capi check --online`` sends it.  None, the default, if the platform offers no such request.

        :param now: Unix seconds.
        """
        return None

    def judge_probe(self, response: Response) -> Judgement:
        """Return what the answer to :meth:`probe` means: DONE if the account may be sent to.

        With any other verdict, reason and advice are shown.
        """
        return self.judge(response)

    def lint_settings(self) -> Iterable[Problem]:
        """Return warnings about settings that work but are likely to be a mistake, or won't work for much longer."""
        return ()

    def lint_mapping(self, action: str, mapping: Mapping[str, Any]) -> Iterable[Problem]:
        """Return what the platform would refuse about every item that this mapping produces.

        ``capi check`` reports it as errors; a problem of the severity ``"warning"`` stays a warning.

        :param action: the action's full name.
        :param mapping: the whole mapping, prebuilt parts included.  Literals can be checked here.
        """
        return ()

    @abstractmethod
    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> "Prepared":
        """Complete what an action built, in place, and return what else the item needs.

        The same object gives an equal result.  For an event that :meth:`check` accepts, the deadline must not have
        passed: it would be buried at once.

        :param data: the platform's object, as the action built it.  May be changed.
        :param group: the value of the action's field with ``groups``; empty if there is none.
        :param content_id: returns an id made from the source event's content, for events without one; equal content
            gives an equal id.
        :raises EventError: if the event has no usable time.
        """

    @abstractmethod
    def check(self, data: JsonObject, now: float) -> Iterable[Problem]:
        """Return what the platform would refuse about this object; called before it is stored.

        :param now: Unix seconds.
        """

    @abstractmethod
    def envelope(self, batch: Batch) -> Request:
        """Return a request with every item of a batch, in its order, each body as it is, byte for byte.

        A batch that was refused is tried again in parts, and a failed one as a whole: the items may be other ones
        together next time.  A repeated item has the same ``event_id`` and body, but ``now`` has passed on.

        A batch's bodies, with one byte more for each, are at most ``max_bytes`` less 1,024 long together: what
        surrounds them may take that much.  The address begins with ``https://`` and holds no secret, as it ends up in
        logs; http is for this machine alone.  The same batch gives an equal request.
        """

    @abstractmethod
    def judge(self, response: Response) -> Judgement:
        """Return what a response means, judged by its codes and never by its texts.

        It gets every answer, whatever its status, headers and body: also the error page of a proxy, an empty body or
        half a JSON text.  Such an answer is ``LATER``; DONE is only what the platform itself
        has said.  Every other verdict has a ``reason``, which quotes nothing of the answer.
        """


class Prepared(NamedTuple):
    """What an item needs besides its body.

    :ivar event_id: the id by which the platform drops duplicates.
    :ivar event_time: whole Unix seconds.
    :ivar deadline: the last Unix second at which the platform takes the event.
    :ivar group: items share a request only if their groups are equal; mostly empty.
    """

    event_id: str
    event_time: int
    deadline: int
    group: str
