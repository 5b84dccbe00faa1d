"""Comparison of this package's hashes with those of a pixel script."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from attrs import field, frozen

from capi_actions_facebook.normalization.users import normalize_user
from capi_actions_facebook.normalization.verify.engine import PixelScript
from capi_actions_facebook.normalization.verify.samples import KEYS

_BATCH: Final = 100  # user objects in one call of V8


@frozen
class Comparison:
    """The hashes of one user object by both sides.

    :ivar user: the object as passed to ``init``.
    :ivar pixel: what the script sends, by canonical key; None when it sent no request.
    :ivar ours: this package's hashes, by canonical key.
    """

    user: Mapping[str, Any]
    pixel: Mapping[str, str] | None
    ours: Mapping[str, Any]

    @property
    def different_keys(self) -> tuple[str, ...]:
        """The canonical keys on which the two sides differ."""
        pixel = self.pixel or {}
        return tuple(key for key in KEYS if pixel.get(key) != self.ours.get(key))


@frozen
class Statistics:
    """Counts over all comparisons.

    :ivar users: user objects, by whether both sides agree on all keys.
    :ivar sent: by key, user objects for which the script or this package has a hash.
    :ivar differ: by key, user objects for which the two differ.
    """

    users: Counter[bool] = field(factory=Counter)
    sent: Counter[str] = field(factory=Counter)
    differ: Counter[str] = field(factory=Counter)

    def add(self, comparison: Comparison) -> None:
        """Count one comparison."""
        different_keys, pixel = comparison.different_keys, comparison.pixel or {}
        self.users[not different_keys] += 1
        self.sent.update(key for key in KEYS if key in pixel or key in comparison.ours)
        self.differ.update(different_keys)


def compare(script: PixelScript, users: Iterable[Mapping[str, Any]]) -> Iterator[Comparison]:
    """Yield the comparison of every user object, in order.

    :raises PixelScriptError: when the script fails.
    """
    remaining = iter(users)
    while batch := list(islice(remaining, _BATCH)):
        for user, sent in zip(batch, script.user_data(batch), strict=True):
            pixel = None if sent is None else {key: sent[key] for key in KEYS if key in sent}
            yield Comparison(user, pixel, normalize_user(user))
