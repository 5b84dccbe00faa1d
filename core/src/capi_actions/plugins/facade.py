"""What plugins offer, by name."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from capi_actions.errors import PluginError
from capi_actions.hashing import Hasher, make_hasher
from capi_actions.model import (
    Action,
    ConfigTable,
    Destination,
    Directive,
    EventFilter,
    InputFormat,
    Normalizer,
    Observer,
    OutboxFactory,
    TransportFactory,
)
from capi_actions.plugins.loading import find_candidates, mentioned_hooks
from capi_actions.plugins.registry import PluginInfo, Registry, normalizers_by_key
from capi_actions.plugins.selection import DISABLED_VARIABLE, Selection


class Plugins:
    """All plugins of this process and what they offer, by name.

    ``Plugins.installed()`` is for programs; ``Plugins(builtin, mine)`` for tests.

    :ivar destinations: destination types by name.
    :ivar actions: actions by full name.
    :ivar directives: mapping directives by name, at sign included.
    :ivar transports: transport factories by name.
    :ivar outboxes: outbox factories by name.
    :ivar inputs: formats of files, by name.
    :ivar tables: tables of the configuration that plugins read, by name.
    :ivar commands: commands for ``capi``, by name.
    :ivar refused: what is wrong with plugins that are left out; only :meth:`configured` leaves any out.
    :ivar missing_hooks: hooks that these may implement.
    """

    refused: Sequence[PluginError] = ()
    missing_hooks: frozenset[str] = frozenset()
    _refused_files: frozenset[str] = frozenset()  # names of those that the configuration's ``files`` are

    def __init__(self, *plugins: object) -> None:
        """Register plugins.

        :param plugins: modules or objects with hooks; those that must be loaded first are the core's own business.

        :raises PluginError: for the first plugin that breaks its contract, with the others.
        """
        registry = Registry(plugins)
        if registry.faults:
            raise _join(registry.faults)
        self._use(registry)

    def _use(self, registry: Registry) -> None:
        self._registry = registry
        self.destinations: Mapping[str, type[Destination]] = self._values_by_name("capi_destinations")
        self.actions: Mapping[str, Action] = self._values_by_name("capi_actions")
        self.directives: Mapping[str, Directive] = self._values_by_name("capi_directives")
        self.transports: Mapping[str, TransportFactory] = self._values_by_name("capi_transports")
        self.outboxes: Mapping[str, OutboxFactory] = self._values_by_name("capi_outboxes")
        self.inputs: Mapping[str, InputFormat] = self._values_by_name("capi_inputs")
        self.tables: Mapping[str, ConfigTable] = self._values_by_name("capi_tables")
        self.commands: Mapping[str, click.Command] = self._values_by_name("capi_commands")
        self._normalizers: Mapping[str, Normalizer] = self._values_by_name("capi_normalizers")

    @classmethod
    def installed(cls, selection: Selection | None = None) -> "Plugins":
        """Load every plugin that is installed.

        :param selection: which ones not to load, and files to load besides; by default those that the environment
            variable CAPI_DISABLED_PLUGINS names aren't loaded.
        :raises PluginError: naming those that can't be loaded or break their contract.
        """
        return cls(*find_candidates(selection))

    @classmethod
    def configured(cls, path: Path) -> "Plugins":
        """Load the plugins that a configuration file selects: those that are installed, and its own files.

        Those that are refused are left out, as by :meth:`usable`.
        """
        return cls.usable(Selection.read(path))

    @classmethod
    def usable(cls, selection: Selection | None = None) -> "Plugins":
        """Load every plugin that is installed, without those that are refused: perhaps nobody needs them.

        They are in ``refused``, and ``missing_hooks`` says what they may have offered.

        :param selection: as for :meth:`installed`.
        """
        selected = find_candidates(selection)
        refused: dict[str, PluginError] = {}
        while (registry := Registry([plugin for plugin in selected if plugin.name not in refused])).faults:
            for fault in registry.faults:
                refused.setdefault(fault.plugin, fault)
        plugins = cls.__new__(cls)
        plugins._use(registry)
        plugins.refused = list(refused.values())
        left_out = [candidate for candidate in selected if candidate.name in refused]
        plugins._refused_files = frozenset(candidate.name for candidate in left_out if candidate.is_named)
        plugins.missing_hooks = frozenset().union(*map(mentioned_hooks, left_out))
        return plugins

    def require_all(self) -> None:
        """Raise what is wrong with the plugins that are left out, if there are any.

        :raises PluginError: for the first of them, with the others.
        """
        if self.refused:
            raise evolve(_join(self.refused), advice=self.advice) from self.refused[0].__cause__

    @property
    def advice(self) -> str:
        """How to go on without the plugins that are left out."""
        names = [fault.plugin for fault in self.refused]
        ways = []
        if not self._refused_files.issuperset(names):
            ways.append("`capi uninstall`")
        if self._refused_files:
            ways.append("take the file out of `files`")
        ways.append(f"`disabled = {json.dumps(names)}` below [plugins] in the configuration")
        ways.append(f"{DISABLED_VARIABLE}={shlex.quote(','.join(names))}")
        return f"to go on without {', '.join(map(repr, names))}: {', or '.join(ways)}"

    def actions_of(self, destination: str) -> Mapping[str, Action]:
        """Return the actions of one destination type, by full name."""
        return {name: action for name, action in self.actions.items() if action.destination == destination}

    def hashers(self, profile: str) -> Mapping[str, Hasher]:
        """Return the hashers of a normalization profile by key.

        :param profile: a profile's name, or several joined by ``+``: then a hasher returns the
            distinct hashes of all, the first profile's first.  "" has no hashers.
        :raises KeyError: when no plugin offers one of the profiles; its text lists the known ones.
        """
        return {key: make_hasher(normalizers) for key, normalizers in self.normalizers(profile).items()}

    def normalizers(self, profile: str) -> Mapping[str, Sequence[Normalizer]]:
        """Return the normalizers behind :meth:`hashers`, by key, in the profiles' order."""
        return normalizers_by_key(profile, self._normalizers.values())

    def event_filters(self) -> Sequence[tuple[str, EventFilter]]:
        """Return the filters of events in the order in which they are called, each with the name of its plugin.

        Those with ``apply`` come first, then those with ``apply_for``; each in alphabetical order, but the core's last.
        """
        core = self._registry.core_plugin
        offers = self._registry.by_name["capi_events"].values()
        filters = [(offer.plugin, offer.value) for offer in offers]
        return sorted(filters, key=lambda offer: (offer[1].apply is None, offer[0] == core, offer[1].name))

    def is_core(self, plugin: str) -> bool:
        """Return whether a plugin's name is that of the core's own plugin."""
        return plugin == self._registry.core_plugin

    def observer_factories(self) -> Iterator[tuple[str, Callable[[], Observer]]]:
        """Return the factories of observers, each with the name of its plugin."""
        for offer in self._registry.observer_factories:
            yield offer.plugin, offer.value

    def describe(self) -> Iterator[PluginInfo]:
        """Return a description of every plugin and what it offers, in order of registration."""
        return self._registry.describe()

    def provider(self, hook: str, name: str) -> str:
        """Return the name of the plugin that offers something.

        :param hook: the hook that it is offered through: ``capi_actions``.
        :param name: its name: ``acme.purchase``.
        """
        return self._registry.by_name[hook][name].plugin

    def _values_by_name(self, hook: str) -> dict[str, Any]:
        return {name: offer.value for name, offer in self._registry.by_name[hook].items()}


def _join(faults: Sequence[PluginError]) -> PluginError:
    """Return the first of several errors, with the others; a clash, which is noted for each of its plugins, once."""
    distinct: dict[tuple[str, str], PluginError] = {}
    for fault in faults:
        is_clash = repr(fault.plugin) in fault.problem
        distinct.setdefault(("" if is_clash else fault.plugin, fault.problem), fault)
    first, *others = distinct.values()
    joined = evolve(first, others=tuple(others))
    joined.__cause__ = first.__cause__
    return joined
