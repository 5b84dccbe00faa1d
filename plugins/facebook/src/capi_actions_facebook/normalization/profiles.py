"""The normalizers of this package, by profile and key."""

from collections.abc import Mapping
from typing import Final

from capi_actions import Normalizer
from capi_actions_facebook.normalization import documented, pixel

REPEATING: Final = frozenset({"fn", "ln", "ct", "st", "country", "ge"})
"""Keys whose values repeat, so that their hashes are cached.

Measured: a hit in the cache saves 0.9 to 1.3 µs and a miss costs 0.25, so it pays when more than one in
five values is a hit.  Addresses, phones and ids rarely come back within a few thousand events, and there
are as many dates of birth as days.  A country has tens of thousands of zip codes: spread evenly, each
became 1 µs slower with a cache.
"""

NORMALIZERS: Final[tuple[Normalizer, ...]] = (
    *(
        Normalizer(
            profile="pixel",
            key=key,
            normalize=rule,
            otherwise="drop" if key == "em" else "raw",
            repeats=key in REPEATING,
        )
        for key, rule in pixel.RULES.items()
    ),
    *(
        # What is invalid by Meta's rules matches nothing by them: its hash would only be noise.
        Normalizer(
            profile="documented",
            key=key,
            normalize=rule,
            otherwise="drop",
            repeats=key in REPEATING,
            trims_hashes=True,  # the pixel hashes such a text again, or drops it
        )
        for key, rule in documented.RULES.items()
    ),
)
"""All normalizers that this package offers through the hook ``capi_normalizers``."""


def normalizers_of(profile: str) -> Mapping[str, tuple[Normalizer, ...]]:
    """Return the normalizers of one of this package's profiles by key; two each of ``pixel+documented``."""
    names = profile.split("+")
    by_name = {(normalizer.profile, normalizer.key): normalizer for normalizer in NORMALIZERS}
    return {key: tuple(by_name[name, key] for name in names) for key in pixel.RULES}
