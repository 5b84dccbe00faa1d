"""Paths into an event: ``$.properties.products[0].product_id``."""

import re
from typing import Any, Final, Protocol, TypeAlias

from capi_actions.model import MISSING

Step: TypeAlias = tuple[str, int | None]
"""A key, and the same as an index into a list if it can be one."""

Steps: TypeAlias = tuple[Step, ...]

_SEPARATORS = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


def parse_path(path: str) -> Steps:
    """Return the steps of a path, split at dots and at brackets around an index or a quoted key.

    Quotes are dropped from every key; a bracket around anything else belongs to the key.  No steps
    mean the whole payload.

    >>> parse_path("products[0].id"), parse_path("['a'].b")
    ((('products', None), ('0', 0), ('id', None)), (('a', None), ('b', None)))
    """
    keys = [piece.replace("'", "").replace('"', "") for piece in _SEPARATORS.split(path) if piece]
    return tuple((key, int(key) if _INDEX.fullmatch(key) else None) for key in keys)


def without_root(path: str) -> str:
    """Return a path without its first ``$.``, wherever that stands, as ``@path`` and ``@arrayPath`` read it."""
    return path.replace("$.", "", 1)


def look_up(value: Any, steps: Steps) -> Any:
    """Return what a path leads to, or MISSING."""
    for key, index in steps:
        if index is not None:
            value = item_or_member(value, key, index)
        else:
            value = (value if type(value) is dict else as_view(value)).get(key, MISSING)
        if value is MISSING:
            break
    return value


def item_or_member(value: Any, key: str, index: int) -> Any:
    """Return what a step leads to whose key may be an index, or MISSING."""
    if isinstance(value, list):
        return value[index] if index < len(value) else MISSING
    return as_view(value).get(key, MISSING)


class View(Protocol):
    """What a key is looked up in: a dict, or what stands in for one."""

    def __contains__(self, key: object, /) -> bool: ...
    def __getitem__(self, key: str, /) -> Any: ...
    def get(self, key: str, default: Any, /) -> Any:
        """Return the member, or the default."""


def as_view(value: Any) -> View:
    """Return what a key is looked up in, for any value."""
    if isinstance(value, dict):
        return value
    if value is None or value is False or value == "" or (type(value) in (int, float) and value == 0):
        return FalsyStop(value)
    return EMPTY_VIEW


EMPTY_VIEW: Final[View] = {}
"""Of values that have no members."""


class FalsyStop:
    """The view of null, false, 0 and "": every step leads to the value itself.

    The reference stops at the first such value of a path and takes it.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        return self.value

    def get(self, key: str, default: Any) -> Any:
        """Return the value itself."""
        return self.value
