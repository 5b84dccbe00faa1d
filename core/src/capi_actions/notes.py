"""What was left out or assumed while items were built, for those who count it.

Where nobody counts, as in a program that sends, a note costs a look at a thread-local variable.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from attrs import Factory, define

Finding: TypeAlias = tuple[str, str]
"""The path of a field, and what is to be said about it."""

_MAX_FINDINGS = 1_000  # of each kind: a path may have a name of the sender's in it
_OTHERS: Finding = ("others", "")


@define
class Notes:
    """Counts of notes.

    :ivar dropped: how often a field's value was left out, and why.
    :ivar uncertain: how often a value was sent although something about it is uncertain, and what.
    """

    dropped: "Counter[Finding]" = Factory(Counter)
    uncertain: "Counter[Finding]" = Factory(Counter)

    def add(self, other: "Notes") -> None:
        """Count what others have counted, too."""
        for counter, counts in ((self.dropped, other.dropped), (self.uncertain, other.uncertain)):
            for finding, number in counts.items():
                count_finding(counter, finding, number)

    def take(self) -> "Notes | None":
        """Return what was counted since the last call, and start anew; None if nothing was."""
        if not (self.dropped or self.uncertain):
            return None
        taken = Notes(self.dropped, self.uncertain)
        self.dropped, self.uncertain = Counter(), Counter()
        return taken


def note_dropped(path: str, reason: str) -> None:
    """Note that the value of a field is left out, as the platform would not take it.

    For ``build``, directives and a destination's ``prepare``: ``capi preview --summary`` and ``capi send`` count it.

    :param path: of the field, as ``$.user_data.fbp``.
    :param reason: why, as it stands after "left out:"; without the value.
    """
    if _thread.notes is not None:
        count_finding(_thread.notes.dropped, (path, reason))


def note_uncertain(path: str, uncertainty: str) -> None:
    """Note that a value is sent although something about it is uncertain.

    :param path: of the field.
    :param uncertainty: what is uncertain, as it stands after "a value"; without the value.
    """
    if _thread.notes is not None:
        count_finding(_thread.notes.uncertain, (path, uncertainty))


@contextmanager
def collect_notes(notes: Notes) -> Iterator[None]:
    """Count the notes of this thread."""
    outer, _thread.notes = _thread.notes, notes
    try:
        yield
    finally:
        _thread.notes = outer


def count_finding(counter: "Counter[Finding]", finding: Finding, number: int = 1) -> None:
    """Count a finding; past 1,000 different ones, others count as one."""
    if finding not in counter and len(counter) >= _MAX_FINDINGS:
        finding = _OTHERS
    counter[finding] += number


class _Thread(threading.local):
    notes: Notes | None = None


_thread = _Thread()
