"""The compiled form of a field: a quick check, and a slow one that explains.

Nearly every payload is right, so the quick check only says no; what is wrong, and where, is found by
running again with ``explain``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from capi_actions.errors import Problem
from capi_actions.fields.place import Place


class RefusedError(Exception):
    """A value is not what its field wants.  Never leaves this package.

    :ivar reasons: the ends of the sentences about it: "must be a string but it was an array".
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


class Problems:
    """What was found wrong so far, each thing once.

    >>> problems = Problems()
    >>> problems.add(Place(("price",)), "Price", "must be a number but it was a string")
    >>> [str(problem) for problem in problems]
    ['$.price: Price must be a number but it was a string.']

    :cvar MOST: a list of a million wrong items is reported by its first ones.
    """

    MOST = 100

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found = dict.fromkeys(found)

    def add(self, place: Place, label: str, reason: str, *, code: int | None = None) -> None:
        """Note one problem: a sentence about the value at a place."""
        self._found[Problem(f"{place.subject(label)} {reason}.", place.path, code)] = None

    def extend(self, others: "Problems") -> None:
        """Note the problems that were found elsewhere, too."""
        self._found.update(others._found)

    @property
    def enough(self) -> bool:
        """Whether there is no point in looking for more."""
        return len(self._found) >= self.MOST

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)


Check: TypeAlias = Callable[[Any], Any]
"""Raw value in, clean value out, or MISSING when it counts as absent; raises RefusedError."""

Explain: TypeAlias = Callable[[Any, Place, Problems], Any]
"""The same, but problems are noted, and the raw value is returned when there are any."""


@frozen
class Node:
    """A compiled field.

    What follows is for who wants to do a check's usual work without calling it.

    :ivar plain: a type whose values pass unchanged unless they are empty (None, "", 0, False); None
        when there is no such type.
    :ivar floats: whether finite floats pass unchanged, too.
    :ivar hasher: for strings that aren't empty, the check gives what this gives, or MISSING instead
        of None; None when the check does more.
    :ivar wraps: whether a single hash is put into a list.
    :ivar sent_as: the key under which an object hands the value over; None for the field's own.
    :ivar members: the nodes of an object's keys; None for everything else.
    :ivar required: the keys that the object must have.
    :ivar keeps_others: whether other keys are kept as they are.
    :ivar code: the platform's number for a problem with it.
    """

    check: Check
    explain: Explain
    plain: type | None = field(default=None)
    floats: bool = field(default=False, kw_only=True)
    hasher: "Callable[[str], str | list[str] | None] | None" = field(default=None, kw_only=True)
    wraps: bool = field(default=False, kw_only=True)
    sent_as: str | None = field(default=None, kw_only=True)
    members: "Mapping[str, Node] | None" = field(default=None, kw_only=True)
    required: tuple[str, ...] = field(default=(), kw_only=True)
    keeps_others: bool = field(default=False, kw_only=True)
    code: int | None = field(default=None, kw_only=True)


def leaf(check: Check, label: str, plain: type | None = None) -> Node:
    """Make the node of a value that has no parts."""

    def explain(value: Any, place: Place, problems: Problems) -> Any:
        try:
            return check(value)
        except RefusedError as refused:
            for reason in refused.reasons:
                problems.add(place, label, reason)
            return value

    return Node(check, explain, plain)


def coded(node: Node, code: int) -> Node:
    """Give a field's problems the number that the platform has for them."""

    def explain(value: Any, place: Place, problems: Problems) -> Any:
        found = Problems()
        clean = node.explain(value, place, found)
        problems.extend(Problems(evolve(each, code=each.code or code) for each in found))
        return clean

    return evolve(node, explain=explain, code=code)


def kind(value: Any) -> str:
    """Say what a value is, never the value itself."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float) and not isfinite(value):
        return "not a finite number"
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return "not a JSON value"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "a string"),
    ((int, float), "a number"),
    (list, "an array"),
    (dict, "an object"),
)
