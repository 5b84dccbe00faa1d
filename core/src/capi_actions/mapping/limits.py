"""Limits that protect the process from mappings and events that are too big.

No real mapping comes near: the largest preset of the reference's 276 destinations has 272
values and is 8 levels deep.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from capi_actions.errors import EventError

MAX_DEPTH: Final = 100
"""Objects and lists nested in a mapping; resolving takes at most two calls a level."""

MAX_VALUES: Final = 10_000
"""Values of all kinds in a mapping, objects and lists counted too."""

MAX_CHARACTERS: Final = 1_000_000
"""Characters of all texts and keys of a mapping together."""

MAX_TEXT: Final = 1_000_000
"""Characters of a text that a directive makes."""

MAX_ITEMS: Final = 100_000
"""Values in an object or list that a directive makes."""

MAX_STEPS: Final = 100
"""Keys and indices in a path of a mapping."""

MAX_PATH: Final = 10_000
"""Characters of a path that comes out of the event."""


def text_too_long(path: str, what: str = "result") -> EventError:
    """Return the error for a directive's text of more than :data:`MAX_TEXT` characters."""
    return EventError.of(f"the {what} is longer than {MAX_TEXT:,} characters", path)


def too_many_values(path: str) -> EventError:
    """Return the error for a directive's object or list of more than :data:`MAX_ITEMS` values."""
    return EventError.of(f"the result has more than {MAX_ITEMS:,} values", path)


@contextmanager
def counted_items(count: int, path: str) -> Iterator[None]:
    """Limit the number of items that lists inside lists multiply to, such as ten in ten in ten.

    :param count: items that the body is going to resolve.
    :raises EventError: when the outermost body and those inside it resolve more than :data:`MAX_ITEMS`.
    """
    if _counter.depth == 0:
        _counter.items = 0
    _counter.items += count
    if _counter.items > MAX_ITEMS:
        raise too_many_values(path)
    _counter.depth += 1
    try:
        yield
    finally:
        _counter.depth -= 1


class _Counter(threading.local):
    depth: int = 0
    items: int = 0


_counter = _Counter()
