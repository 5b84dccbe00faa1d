"""Compare this package's hashes with those of a pixel script."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from attrs import field, frozen

from capi_actions_facebook.normalization.users import normalize_user
from capi_actions_facebook.normalization.verify.engine import PixelScript
from capi_actions_facebook.normalization.verify.samples import KEYS

_AT_ONCE: Final = 100


@frozen
class Comparison:
    """One user object, asked on both sides.

    :ivar user: the object as given to ``init``.
    :ivar pixel: what the script sends, by canonical key; None when it sent no request.
    :ivar ours: what this package gives, by canonical key.
    """

    user: Mapping[str, Any]
    pixel: Mapping[str, str] | None
    ours: Mapping[str, Any]

    @property
    def differing(self) -> tuple[str, ...]:
        """The canonical keys on which the sides disagree."""
        pixel = self.pixel or {}
        return tuple(key for key in KEYS if pixel.get(key) != self.ours.get(key))


@frozen
class Tally:
    """What came of all comparisons.

    :ivar users: how many user objects were compared, and how many of them agree on all keys.
    :ivar sent: by key, how often the script sent it or this package would.
    :ivar differ: by key, how often they disagree.
    """

    users: Counter[bool] = field(factory=Counter)
    sent: Counter[str] = field(factory=Counter)
    differ: Counter[str] = field(factory=Counter)

    def add(self, one: Comparison) -> None:
        """Count one comparison."""
        self.users[not one.differing] += 1
        self.sent.update(key for key in KEYS if key in (one.pixel or {}) or key in one.ours)
        self.differ.update(one.differing)


def compare(script: PixelScript, users: Iterable[Mapping[str, Any]]) -> Iterator[Comparison]:
    """Ask both sides about every user object, in order.

    :raises PixelScriptError: when the script fails.
    """
    rest = iter(users)
    while batch := list(islice(rest, _AT_ONCE)):
        for user, answer in zip(batch, script.ask(batch), strict=True):
            pixel = None if answer is None else {key: answer[key] for key in KEYS if key in answer}
            yield Comparison(user, pixel, normalize_user(user))
