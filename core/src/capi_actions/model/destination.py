"""A destination type: what the core must know about one platform."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from attrs import fields_dict

from capi_actions.codec import JsonObject
from capi_actions.errors import Problem
from capi_actions.model.delivery import Judgement, Request, Response


class Prepared(NamedTuple):
    """What an item needs besides its body.

    :ivar event_id: the id by which the platform drops repeats.
    :ivar event_time: whole Unix seconds.
    :ivar deadline: the last Unix second at which the platform takes the event.
    :ivar group: items of one request share it; mostly empty.
    """

    event_id: str
    event_time: int
    deadline: int
    group: str


class Destination(ABC):
    """One platform account: made from its settings, it knows how to talk to the platform.

    Subclass it in a plugin and offer the class through the hook ``capi_destinations``.
    All methods are pure but for the clock passed in: no I/O.
    """

    name: ClassVar[str]
    """The type's name in the configuration: ``facebook``."""

    settings_type: ClassVar[type]
    """An attrs class; the destination's table in the configuration is structured into it.

    An attribute ``normalization`` with a default chooses how fields with ``hashed`` are normalized.
    ``capi init`` writes each attribute with what the docstring says of it as ``:ivar name:``, and with
    its default; for None, with ``metadata={"example": ...}``.
    """

    max_items: ClassVar[int] = 1000
    """How many items one request may hold."""

    max_bytes: ClassVar[int] = 4_000_000
    """How long one request's body may be, in bytes."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def profile(self) -> str:
        """The normalization profile of this account: its setting ``normalization``, if it has one."""
        return str(getattr(self.settings, "normalization", ""))

    @classmethod
    def default_profile(cls) -> str:
        """Give the profile of accounts that don't choose one; "" for platforms without hashing."""
        attribute = fields_dict(cls.settings_type).get("normalization")
        return attribute.default if attribute and isinstance(attribute.default, str) else ""

    def lint_settings(self) -> Iterable[Problem]:
        """Warn about settings that work today but should be looked at."""
        return ()

    def lint_mapping(self, action: str, mapping: Mapping[str, Any]) -> Iterable[Problem]:
        """Say what the platform would refuse of everything that this mapping produces.

        :param action: the action's full name.
        :param mapping: the whole mapping, prebuilt parts included; literals can be judged here.
        """
        return ()

    @abstractmethod
    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Complete what an action built, in place, and say what the item needs.

        :param data: the platform's object, as the action built it.  May be changed.
        :param group: the value of the action's grouping field; empty when there is none.
        :param content_id: makes an id from the source event's content, for events without any;
            the same content gives the same id.
        :raises EventError: when the event has no usable time.
        """

    @abstractmethod
    def check(self, data: JsonObject, now: float) -> Iterable[Problem]:
        """Say what the platform would refuse about this object, before it is stored.

        :param now: Unix seconds.
        """

    @abstractmethod
    def envelope(self, group: str, bodies: Sequence[bytes]) -> Request:
        """Put encoded items of one group into a request, joined and not encoded again."""

    @abstractmethod
    def judge(self, response: Response) -> Judgement:
        """Say what an answer means, by its codes and never by its texts."""
