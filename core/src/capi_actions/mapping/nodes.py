"""What a mapping is compiled to: a tree of resolvers.

Every node can be called with a payload.  :mod:`~capi_actions.pipeline.codegen` writes the nodes
defined here as Python source; a plugin's directive is just some other callable.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from capi_actions.errors import EventError
from capi_actions.mapping.js_values import is_blank
from capi_actions.mapping.limits import counted_items, spend
from capi_actions.mapping.paths import Steps, look_up
from capi_actions.model import MISSING, Json, Resolver
from capi_actions.tracebacks import where


class Node(ABC):
    """A resolver whose parts are known."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, payload: Any) -> Any:
        """Return the value for a payload, or MISSING."""

    def with_missing(self, *, deep: bool) -> "Node":
        """Return a resolver whose object or list has MISSING where a value is missing.

        In a merge such a key takes the place of an earlier one before it disappears.

        :param deep: also in the objects and lists inside.
        """
        return self


def with_missing(resolver: Resolver, *, deep: bool = False) -> Resolver:
    """Return :meth:`Node.with_missing` of a node, and any other resolver as it is."""
    return resolver.with_missing(deep=deep) if isinstance(resolver, Node) else resolver


@frozen
class Constant(Node):
    """A value that stands in the mapping; objects and lists are copied for every caller."""

    value: Json

    def __call__(self, payload: Any) -> Any:
        """Return the value."""
        return _copy(self.value)


def _copy(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copy(member) for key, member in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


@frozen
class Path(Node):
    """A value of the event.  Objects and lists are the event's own, not copies."""

    steps: Steps

    def __call__(self, payload: Any) -> Any:
        """Return what the path leads to."""
        return look_up(payload, self.steps)


@frozen
class Object(Node):
    """An object whose members are resolved.

    :ivar keep_missing: whether missing members are MISSING instead of being left out.
    """

    members: tuple[tuple[str, Resolver], ...]
    keep_missing: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all members."""
        resolved = {}
        for key, resolve in self.members:
            value = resolve(payload)
            if value is not MISSING or self.keep_missing:
                resolved[key] = value
        return resolved

    def with_missing(self, *, deep: bool) -> Node:
        """Keep missing members."""
        members = self.members
        if deep:
            members = tuple((key, with_missing(member, deep=True)) for key, member in members)
        return evolve(self, members=members, keep_missing=True)


@frozen
class List(Node):
    """A list whose items are resolved.

    :ivar keep_missing: whether missing items are MISSING instead of null.
    """

    items: tuple[Resolver, ...]
    keep_missing: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all items."""
        if self.keep_missing:
            return [resolve(payload) for resolve in self.items]
        return [none_if_missing(resolve(payload)) for resolve in self.items]

    def with_missing(self, *, deep: bool) -> Node:
        """Keep missing items."""
        items = tuple(with_missing(item, deep=True) for item in self.items) if deep else self.items
        return evolve(self, items=items, keep_missing=True)


def none_if_missing(value: Any) -> Any:
    """Return null for a missing value, and any other as it is."""
    return None if value is MISSING else value


@frozen
class If(Node):
    """One of two values, by whether a third exists.

    :ivar blank: whether null, false, "" and what equals them count as "no value", too.
    :ivar usable: whether something is sent of a value; None for any.  Of which nothing is sent counts as "no value",
        too, if the other one is a value; else it is taken, and it is for the field to say what is wrong with it.
        ``then`` is the tested value itself in that case.
    """

    test: Resolver
    blank: bool
    then: Resolver
    otherwise: Resolver
    usable: Callable[[Any], bool] | None = None

    def __call__(self, payload: Any) -> Any:
        """Resolve the test, then one of the values."""
        value = self.test(payload)
        if value is None or value is MISSING or (self.blank and is_blank(value)):
            return self.otherwise(payload)
        if self.usable is not None and not self.usable(value):
            other = self.otherwise(payload)
            if other is not None and other is not MISSING and not is_blank(other):
                return other
        return self.then(payload)

    def with_missing(self, *, deep: bool) -> Node:
        """Keep what is missing in either value."""
        then, otherwise = (with_missing(branch, deep=deep) for branch in (self.then, self.otherwise))
        return evolve(self, then=then, otherwise=otherwise)


@frozen
class Guarded(Node):
    """A plugin's directive, whose failures are errors of the one event.

    :ivar name: the directive's.
    :ivar path: where it stands.
    """

    resolver: Resolver
    name: str
    path: str

    def __call__(self, payload: Any) -> Any:
        """Call the plugin.

        :raises EventError: also when the plugin raises anything else.
        """
        try:
            return self.resolver(payload)
        except (EventError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything; other events go on
            fault = where(error)
        # Out here the error has no context: the original's text may quote the event.
        raise EventError.of(f"{self.name} failed on this event ({fault})", self.path)


@frozen
class Items(Node):
    """A value for :class:`ForEach`: missing items of a list stay, missing members of an object don't.

    A path that leads nowhere is missing below a missing item, but null below null.  An object is an item itself, and
    a path may lead to all of it.

    :ivar value: keeps what is missing.
    """

    value: Resolver

    def __call__(self, payload: Any) -> Any:
        """Resolve the value."""
        value = self.value(payload)
        if not isinstance(value, dict):
            return value
        return {key: member for key, member in value.items() if member is not MISSING}


@frozen
class ForEach(Node):
    """A list's items, each resolved with a shape; a single object counts as a list of one.

    :ivar items: resolves the list.
    :ivar shape: resolves one item, which is its whole payload.
    :ivar path: where the directive stands.
    :ivar width: values in the shape as the mapping has it, itself included.
    :ivar keep_missing: whether missing items are MISSING instead of null.
    """

    items: Resolver
    shape: Resolver
    path: str
    width: int = 1
    keep_missing: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve the list and its items."""
        items = self.items(payload)
        if isinstance(items, dict):
            items = [items]
        if not isinstance(items, list):
            return items
        spend(len(items) * self.width, self.path)
        if self.lists_payload:
            values = [self.shape(item) for item in items]
        else:
            with counted_items(len(items), self.path):
                values = [self.shape(item) for item in items]
        return values if self.keep_missing else [none_if_missing(value) for value in values]

    def with_missing(self, *, deep: bool) -> Node:
        """Keep missing items."""
        shape = with_missing(self.shape, deep=True) if deep else self.shape
        return evolve(self, shape=shape, keep_missing=True)

    @property
    def lists_payload(self) -> bool:
        """Whether the list can only be a part of the payload, so that nothing multiplies its items."""
        return _is_part_of_payload(self.items)


def _is_part_of_payload(resolver: Resolver) -> bool:
    if isinstance(resolver, If):
        return _is_part_of_payload(resolver.then) and _is_part_of_payload(resolver.otherwise)
    return isinstance(resolver, Path) or (isinstance(resolver, Constant) and not resolver.value)
