"""What protects the process from mappings and events that are too big.

No real mapping comes near: the largest preset of the reference's 276 destinations has 272
values and is 8 levels deep.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from capi_actions.errors import EventError

MAX_DEPTH: Final = 100
"""Objects and lists inside one another in a mapping; resolving takes at most two calls a level."""

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


def too_long(path: str, what: str = "result") -> EventError:
    """Say that a directive's text passes :data:`MAX_TEXT`."""
    return EventError.of(f"the {what} is longer than {MAX_TEXT:,} characters", path)


def too_many(path: str) -> EventError:
    """Say that a directive's object or list passes :data:`MAX_ITEMS`."""
    return EventError.of(f"the result has more than {MAX_ITEMS:,} values", path)


class _Counter(threading.local):
    depth: int = 0
    items: int = 0


_counter = _Counter()


@contextmanager
def counted_items(count: int, path: str) -> Iterator[None]:
    """Bound what lists inside lists multiply to: ten in ten in ten… items.

    :param count: items that the body is going to go through.
    :raises EventError: when the outermost body has led to more than :data:`MAX_ITEMS`.
    """
    if _counter.depth == 0:
        _counter.items = 0
    _counter.items += count
    if _counter.items > MAX_ITEMS:
        raise too_many(path)
    _counter.depth += 1
    try:
        yield
    finally:
        _counter.depth -= 1
