"""What plugins offer, by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from capi_actions.hashing import Hasher, make_hasher
from capi_actions.model import (
    Action,
    Destination,
    Directive,
    Normalizer,
    Observer,
    OutboxFactory,
    TransportFactory,
)
from capi_actions.plugins.loading import Candidate, installed_candidates
from capi_actions.plugins.registry import Inventory, Offer, normalizers_of


class Plugins:
    """All plugins of this process and what they offer, by name.

    ``Plugins.installed()`` is for programs; ``Plugins(builtin, mine)`` for tests.

    :ivar destinations: destination types by name.
    :ivar actions: actions by full name.
    :ivar directives: mapping directives by name, at sign included.
    :ivar transports: ways to send, by name.
    :ivar outboxes: stores, by name.
    :ivar commands: commands for ``capi``, by name.
    :ivar observers: makers of observers.
    """

    def __init__(self, *plugins: object, candidates: Sequence[Candidate] = ()) -> None:
        """Register plugins given as objects and as entry points.

        :raises PluginError: for the first plugin that breaks its contract.
        """
        self._inventory = Inventory(plugins, candidates)
        if self._inventory.faults:
            raise self._inventory.faults[0]
        self.destinations: Mapping[str, type[Destination]] = self._named("capi_destinations")
        self.actions: Mapping[str, Action] = self._named("capi_actions")
        self.directives: Mapping[str, Directive] = self._named("capi_directives")
        self.transports: Mapping[str, TransportFactory] = self._named("capi_transports")
        self.outboxes: Mapping[str, OutboxFactory] = self._named("capi_outboxes")
        self.commands: Mapping[str, click.Command] = self._named("capi_commands")
        self.observers: Sequence[Callable[[], Observer]] = [make for _, make in self.makers()]
        self._normalizers: Mapping[str, Normalizer] = self._named("capi_normalizers")

    @classmethod
    def installed(cls) -> "Plugins":
        """Load every plugin that is installed.

        :raises PluginError: naming the first one that can't be loaded or breaks its contract.
        """
        return cls(candidates=installed_candidates())

    def actions_of(self, destination: str) -> Mapping[str, Action]:
        """Actions of one destination type, by full name."""
        return {name: each for name, each in self.actions.items() if each.destination == destination}

    def hashers(self, profile: str) -> Mapping[str, Hasher]:
        """Give the hashers of a normalization profile by key.

        :param profile: a profile's name, or several joined by ``+``: then a value gives the
            distinct hashes of all, the first profile's first.  "" has no hashers.
        :raises KeyError: when no plugin offers one of the profiles; its text lists those there are.
        """
        return {key: make_hasher(normalizers) for key, normalizers in self.normalizers(profile).items()}

    def normalizers(self, profile: str) -> Mapping[str, Sequence[Normalizer]]:
        """Give the normalizers behind :meth:`hashers`, by key, in the profiles' order."""
        return normalizers_of(profile, self._normalizers.values())

    def offers(self) -> Iterator[Offer]:
        """Describe every plugin and what it brings, in order of registration."""
        return self._inventory.offers()

    def makers(self) -> Iterator[tuple[str, Callable[[], Observer]]]:
        """Give the makers of observers, each with its plugin's name."""
        for each in self._inventory.makers:
            yield each.plugin, each.thing

    def provider(self, hook: str, name: str) -> str:
        """Say which plugin something is from.

        :param hook: the hook that offers it: ``capi_actions``.
        :param name: its name.
        """
        return self._inventory.named[hook][name].plugin

    def _named(self, hook: str) -> dict[str, Any]:
        """Give what a hook offers, by name; actions as such, even where a class declares them."""
        return {name: each.thing for name, each in self._inventory.named[hook].items()}
