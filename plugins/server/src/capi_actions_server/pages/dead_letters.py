"""Dead letters, in groups of one cause each."""

from collections.abc import Sequence
from typing import Final

from attrs import define

from capi_actions import DeadFilter, DeadLetter, Outbox, Replayed

_MAX_IDS: Final = 500  # letters of a group that are replayed at once


@define
class LetterGroup:
    """Dead letters of one action with one code, subcode and reason.

    :ivar last: when the last one was buried, in Unix seconds.
    :ivar expired: how many the platform doesn't take any more.
    """

    destination: str
    action: str
    code: int | None
    subcode: int | None
    reason: str
    advice: str
    platform_message: str
    number: int = 0
    last: float = 0.0
    tries: int = 0
    expired: int = 0

    @property
    def replayable(self) -> int:
        """How many can be sent again."""
        return self.number - self.expired


def letter_groups(outbox: Outbox, now: float) -> Sequence[LetterGroup]:
    """Return the groups of all dead letters, those with the latest letter first.

    Reads every letter, at 6 µs each: an outbox returns them in the order of their ids, so that a limit would leave out
    the latest.

    :raises OutboxError: when the outbox can't be read.
    """
    groups: dict[tuple[object, ...], LetterGroup] = {}
    for letter in outbox.dead():
        key = (letter.item.destination, letter.item.action, letter.code, letter.subcode, letter.reason)
        group = groups.get(key)
        if group is None:
            group = groups[key] = _group(letter)
        group.number += 1
        group.last = max(group.last, letter.buried_at)
        group.tries = max(group.tries, letter.tries)
        group.expired += letter.item.deadline < now
    return sorted(groups.values(), key=lambda group: -group.last)


def replay_group(
    outbox: Outbox,
    destination: str,
    action: str,
    code: int | None,
    subcode: int | None,
    reason: str,
    now: float,
) -> Replayed:
    """Make all letters of a group wait again.

    :raises OutboxError: when the outbox can't be used.
    """
    # A filter without code or subcode takes letters with any.
    which = DeadFilter(destination=destination, action=action, code=code, subcode=subcode)
    ids = [
        letter.id
        for letter in outbox.dead(which)
        if letter.id is not None and (letter.code, letter.subcode, letter.reason) == (code, subcode, reason)
    ]
    moved = expired = 0
    for start in range(0, len(ids), _MAX_IDS):
        replayed = outbox.replay(DeadFilter(ids=ids[start : start + _MAX_IDS]), now)
        moved, expired = moved + replayed.moved, expired + replayed.expired
    return Replayed(moved=moved, expired=expired)


def _group(letter: DeadLetter) -> LetterGroup:
    return LetterGroup(
        destination=letter.item.destination,
        action=letter.item.action,
        code=letter.code,
        subcode=letter.subcode,
        reason=letter.reason,
        advice=letter.advice,
        platform_message=letter.platform_message,
    )
