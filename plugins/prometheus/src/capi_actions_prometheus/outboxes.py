"""The outboxes of a process, which are asked at every scrape for what they hold."""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

ReadOutbox = Callable[[], Mapping[str, Any]]


class Outboxes:
    """Functions that count what outboxes hold, by destination.  Usable from several threads.

    They are asked for as long as their outboxes live, whatever happened before: the answer to one failure
    (a locked file, a full disk) must not be that nobody sees the next.  Outboxes are held weakly, as a
    process may open many: one that was closed goes with its client.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._known: list[Callable[[], ReadOutbox | None]] = []

    def add(self, read: ReadOutbox) -> None:
        """Ask this one, too; forget those that are gone."""
        with self._lock:
            self._known = [each for each in self._known if each() is not None]
            self._known.append(_weakly(read))

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Ask each now; one that can't be read, or is closed, is left out this time."""
        for read in [each() for each in self._known]:
            if read is None:
                continue
            try:
                stats = read()
            except Exception:  # noqa: BLE001, S112  it may be anyone's; the program's other metrics must be seen
                continue
            yield stats


def _weakly(read: ReadOutbox) -> Callable[[], ReadOutbox | None]:
    try:
        return weakref.WeakMethod(read)
    except TypeError:  # no method, or one of an object that can't be held weakly
        return lambda: read
