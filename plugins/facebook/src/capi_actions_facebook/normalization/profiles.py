"""The normalizers of this package, by profile and key."""

from collections.abc import Mapping
from typing import Final

from capi_actions import Normalizer
from capi_actions_facebook.normalization import documented, pixel

REPEATING: Final = frozenset({"fn", "ln", "ct", "st", "country", "ge"})
"""Keys whose values come again and again.

Measured: a remembered hash saves 0.9 to 1.3 µs, one that isn't known yet costs 0.25 more, so that
remembering pays when more than one in five is known.  Addresses, phones and ids rarely come back
within a few thousand events, and there are as many dates of birth as days.  A country has tens of
thousands of zip codes: spread evenly, remembering them made each 1 µs dearer.
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
        # What Meta's rules call invalid can't match by them: hashing it would only add noise.
        Normalizer(profile="documented", key=key, normalize=rule, otherwise="drop", repeats=key in REPEATING)
        for key, rule in documented.RULES.items()
    ),
)
"""All normalizers that this package offers through the hook ``capi_normalizers``."""

PROFILES: Final = ("pixel", "documented", "pixel+documented")
"""What a destination's ``normalization`` can be, as far as this package goes."""


def normalizers_of(profile: str) -> Mapping[str, tuple[Normalizer, ...]]:
    """Give the normalizers of one of :data:`PROFILES`, by key, each in the profiles' order."""
    names = profile.split("+")
    return {
        key: tuple(each for name in names for each in NORMALIZERS if (each.profile, each.key) == (name, key))
        for key in pixel.RULES
    }
