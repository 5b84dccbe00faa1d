"""Normalization profiles: which normalizers a profile's name, or several, stands for."""

from collections.abc import Iterable

from capi_actions.model import Normalizer


def names_in(profile: str) -> list[str]:
    """Take apart what may be several names joined by ``+``; "" has none."""
    return [name.strip() for name in profile.split("+")] if profile else []


def normalizers_of(profile: str, offered: Iterable[Normalizer]) -> dict[str, list[Normalizer]]:
    """Give a profile's normalizers by key, one for each of the joined profiles that has the key.

    :raises KeyError: when nobody offers one of the profiles; its text lists those there are.
    """
    normalizers = list(offered)
    known = {each.profile for each in normalizers}
    by_key: dict[str, list[Normalizer]] = {}
    for name in names_in(profile):
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            joined = ", or several joined by +" if len(known) > 1 else ""
            raise KeyError(f"no normalization profile {name!r}; there are: {listed}{joined}")
        for each in normalizers:
            if each.profile == name:
                by_key.setdefault(each.key, []).append(each)
    return by_key
