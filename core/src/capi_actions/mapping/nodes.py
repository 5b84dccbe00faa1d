"""What a mapping is compiled to: a tree of resolvers.

Every node can be called with a payload.  :mod:`~capi_actions.mapping.source` writes the same as
faster Python for the nodes defined here; a third party's directive is just some other callable.
"""

from abc import ABC, abstractmethod
from typing import Any

from attrs import evolve, frozen

from capi_actions.mapping.js_values import is_blank
from capi_actions.mapping.limits import counted_items
from capi_actions.mapping.paths import Steps, look_up
from capi_actions.model import MISSING, Json, Resolver


class Node(ABC):
    """A resolver that this package knows the inside of."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, payload: Any) -> Any:
        """Resolve."""

    def with_gaps(self, *, deep: bool) -> "Node":
        """Give a resolver whose object or list has MISSING where a value is missing.

        In a merge such a key takes the place of an earlier one before it disappears.

        :param deep: also in objects and lists below.
        """
        return self


def with_gaps(resolver: Resolver, *, deep: bool = False) -> Resolver:
    """Give :meth:`Node.with_gaps` of a node, and any other resolver as it is."""
    return resolver.with_gaps(deep=deep) if isinstance(resolver, Node) else resolver


@frozen
class Constant(Node):
    """A value that stands in the mapping; objects and lists are copied for every caller."""

    value: Json

    def __call__(self, payload: Any) -> Any:
        """Give the value."""
        return _copy(self.value)


def _copy(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


@frozen
class Path(Node):
    """A value of the event.  Objects and lists are the event's own, not copies."""

    steps: Steps

    def __call__(self, payload: Any) -> Any:
        """Look up."""
        return look_up(payload, self.steps)


@frozen
class Object(Node):
    """An object whose members are resolved; missing ones are left out."""

    members: tuple[tuple[str, Resolver], ...]
    gaps: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all members."""
        resolved = {}
        for key, resolve in self.members:
            value = resolve(payload)
            if value is not MISSING or self.gaps:
                resolved[key] = value
        return resolved

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep missing members."""
        members = tuple((key, with_gaps(each, deep=True) if deep else each) for key, each in self.members)
        return evolve(self, members=members, gaps=True)


@frozen
class List(Node):
    """A list whose items are resolved; missing ones become null."""

    items: tuple[Resolver, ...]
    gaps: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all items."""
        if self.gaps:
            return [resolve(payload) for resolve in self.items]
        return [filled(resolve(payload)) for resolve in self.items]

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep missing items."""
        items = tuple(with_gaps(each, deep=True) for each in self.items) if deep else self.items
        return evolve(self, items=items, gaps=True)


def filled(value: Any) -> Any:
    """Put null where a list would have a hole."""
    return None if value is MISSING else value


@frozen
class If(Node):
    """One of two resolvers.

    :ivar blank: also take 0, false, "" and what equals them for "there is no value".
    """

    test: Resolver
    blank: bool
    then: Resolver
    other: Resolver

    def __call__(self, payload: Any) -> Any:
        """Decide and resolve."""
        value = self.test(payload)
        if value is None or value is MISSING or (self.blank and is_blank(value)):
            return self.other(payload)
        return self.then(payload)

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep what is missing in either outcome."""
        return evolve(self, then=with_gaps(self.then, deep=deep), other=with_gaps(self.other, deep=deep))


@frozen
class Each(Node):
    """A list's items, each resolved with a shape; a single object counts as a list of one.

    :ivar shape: resolves one item, which is its whole payload.
    :ivar path: where the directive stands.
    """

    root: Resolver
    shape: Resolver
    path: str
    gaps: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve the list and its items."""
        root = self.root(payload)
        if isinstance(root, dict):
            root = [root]
        if not isinstance(root, list):
            return root
        if self.plain:
            items = [self.shape(each) for each in root]
        else:
            with counted_items(len(root), self.path):
                items = [self.shape(each) for each in root]
        return items if self.gaps else [filled(each) for each in items]

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep missing items."""
        return evolve(self, shape=with_gaps(self.shape, deep=True) if deep else self.shape, gaps=True)

    @property
    def plain(self) -> bool:
        """Whether its list can only be a part of the payload, which nothing multiplies."""
        return _is_part(self.root)


def _is_part(resolver: Resolver) -> bool:
    if isinstance(resolver, If):
        return _is_part(resolver.then) and _is_part(resolver.other)
    return isinstance(resolver, Path) or (isinstance(resolver, Constant) and not resolver.value)
