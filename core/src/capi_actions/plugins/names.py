"""Bring what all plugins offer under names, and find names that two of them use."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from capi_actions.model import Normalizer
from capi_actions.plugins.checks import title


@frozen
class Offered:
    """One thing, and the name of the plugin that it is from."""

    plugin: str
    thing: Any

    @property
    def replaces(self) -> bool:
        """Whether it takes another's place."""
        return bool(getattr(self.thing, "replaces", False))


@frozen
class Clash:
    """One name for things of several plugins, or for several of one plugin.

    :ivar rivals: the plugins, each once; the one that the name belongs to comes last.
    :ivar owned: whether it belongs to one.
    :ivar replacing: whether all of them want to replace the same normalizer.
    """

    name: str
    rivals: tuple[str, ...]
    owned: bool
    replacing: bool


def by_name(offered: Iterable[Offered]) -> dict[str, list[Offered]]:
    """Sort by name, in the order of coming."""
    found: dict[str, list[Offered]] = {}
    for each in offered:
        found.setdefault(title(each.thing), []).append(each)
    return found


def chosen(rivals: Iterable[Offered]) -> Offered:
    """Say which of several of one name counts: the one that replaces, else the first."""
    return max(rivals, key=lambda each: each.replaces)


def clashes(found: Mapping[str, list[Offered]], owners: Mapping[str, str]) -> list[Clash]:
    """Find names that are used twice.

    :param owners: which plugin a destination type or profile belongs to.
    """
    clashing = []
    for name, each in found.items():
        for replacing in (False, True):
            same = [one for one in each if one.replaces is replacing]
            if len(same) < 2:
                continue
            owner = owners.get(_whose(same[0].thing))
            rivals = sorted({one.plugin: None for one in same}, key=lambda plugin: plugin == owner)
            clashing.append(Clash(name, tuple(rivals), owner in rivals, replacing))
    return clashing


def without_original(found: Mapping[str, list[Offered]]) -> list[Offered]:
    """Find what replaces nothing."""
    return [each[0] for each in found.values() if all(one.replaces for one in each)]


def _whose(thing: Any) -> str:
    """Give the destination type that an action belongs to, or the profile that a normalizer is of."""
    return thing.profile if isinstance(thing, Normalizer) else str(getattr(thing, "destination", ""))
