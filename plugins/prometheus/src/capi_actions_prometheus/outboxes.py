"""The outboxes of a process, read at every scrape."""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from capi_actions import Stats

ReadStats: TypeAlias = Callable[[], Mapping[str, Stats]]
"""Returns what an outbox holds, by destination: the method ``stats`` of an outbox."""


class Outboxes:
    """The outboxes whose stats are read.  Usable from several threads.

    An outbox is read as long as it lives, even after a failure: a locked file or a full disk must not hide the next
    trouble.  References are weak, as a process may open many outboxes: one that was closed goes with its client.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._references: list[Callable[[], ReadStats | None]] = []

    def add(self, read: ReadStats) -> None:
        """Read this one, too; drop references to those that are gone."""
        with self._lock:
            self._references = [reference for reference in self._references if reference() is not None]
            self._references.append(_reference(read))

    def read(self) -> Iterator[Mapping[str, Stats]]:
        """Return the stats of each.  One that can't be read, or is closed, is left out this time."""
        for read in [reference() for reference in self._references]:
            if read is None:
                continue
            try:
                stats = read()
            except Exception:  # noqa: BLE001, S112  it may be any plugin's; the program's other metrics must be seen
                continue
            yield stats


def _reference(read: ReadStats) -> Callable[[], ReadStats | None]:
    """Return a weak reference to a method, or a strong one to what can't be held weakly."""
    try:
        return weakref.WeakMethod(read)
    except TypeError:  # no method, or one of an object without weak references
        return lambda: read
