"""Paths into an event: ``$.properties.products[0].product_id``."""

import re
from typing import Any, Final, Protocol, TypeAlias

from capi_actions.model import MISSING

Step: TypeAlias = tuple[str, int | None]
"""A key, and the same as an index into a list when it can be one."""

Steps: TypeAlias = tuple[Step, ...]

_SEPARATORS = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


class View(Protocol):
    """What a step looks into: a dict, or what stands in for one."""

    def __contains__(self, key: object, /) -> bool: ...
    def __getitem__(self, key: str, /) -> Any: ...
    def get(self, key: str, default: Any, /) -> Any:
        """Look up."""


def split(path: str) -> Steps:
    """Cut a path into steps: at dots, and at brackets around an index or a quoted key.

    Quotes are dropped from every key; a bracket around anything else belongs to the key.  No steps
    mean the whole payload.

    >>> split("products[0].id"), split("['a'].b")
    ((('products', None), ('0', 0), ('id', None)), (('a', None), ('b', None)))
    """
    keys = [piece.replace("'", "").replace('"', "") for piece in _SEPARATORS.split(path) if piece]
    return tuple((key, int(key) if _INDEX.fullmatch(key) else None) for key in keys)


def without_root(path: str) -> str:
    """Drop the first ``$.``, wherever it stands, as ``@path`` and ``@arrayPath`` do."""
    return path.replace("$.", "", 1)


class _Stuck:
    """A value that is nothing to look into, but isn't missing either: every step gives it again.

    The reference stops at the first null, false, 0 or "" on the way and takes that.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        return self.value

    def get(self, key: str, default: Any) -> Any:
        return self.value


NOTHING: Final[View] = {}
"""What is looked into where there is nothing."""


def as_view(value: Any) -> View:
    """Give what a key is looked up in, for any value."""
    if isinstance(value, dict):
        return value
    if value is None or value is False or value == "" or (type(value) in (int, float) and value == 0):
        return _Stuck(value)
    return NOTHING


def item(value: Any, key: str, index: int) -> Any:
    """Take one step whose key may be an index."""
    if isinstance(value, list):
        return value[index] if index < len(value) else MISSING
    return as_view(value).get(key, MISSING)


def look_up(value: Any, steps: Steps) -> Any:
    """Follow a path, MISSING when it leads nowhere."""
    for key, index in steps:
        if index is not None:
            value = item(value, key, index)
        else:
            value = (value if type(value) is dict else as_view(value)).get(key, MISSING)
        if value is MISSING:
            break
    return value
