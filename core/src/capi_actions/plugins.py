"""The one door to plugins: registers them, refuses broken ones by name, hands out what they offer.

This is the only module that uses pluggy's manager.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
import pluggy
from attrs import field, frozen, has

from capi_actions import hookspecs
from capi_actions.declare import as_action
from capi_actions.errors import PluginError
from capi_actions.hashing import Hasher, make_hasher
from capi_actions.loading import Candidate, installed_candidates
from capi_actions.model import (
    Action,
    Destination,
    Directive,
    Normalizer,
    Observer,
    OutboxFactory,
    TransportFactory,
)

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("capi_"))
"""The hooks' names, in the order of ``hookspecs.py``."""


@frozen(kw_only=True)
class Offer:
    """What one plugin brings, for ``capi plugins``.

    :ivar name: the entry point's name.
    :ivar distribution: package name and version it came with; empty for unpackaged ones.
    :ivar hooks: the hooks it implements, and the names of what each offers.
    """

    name: str
    distribution: str
    hooks: Mapping[str, tuple[str, ...]] = field(factory=dict)


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
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._distributions: dict[str, str] = {}
        for plugin in plugins:
            self._register(plugin, getattr(plugin, "__name__", type(plugin).__name__), "")
        for candidate in candidates:
            self._register(candidate.load(), candidate.name, candidate.distribution)
        self._offered = {hook: list(self._ask(hook)) for hook in HOOKS}
        self.destinations: Mapping[str, type[Destination]] = self._named(
            "capi_destinations", _wrong_destination
        )
        self.actions: Mapping[str, Action] = self._named("capi_actions", _is(Action), as_action)
        self.directives: Mapping[str, Directive] = self._named("capi_directives", _is(Directive))
        self.transports: Mapping[str, TransportFactory] = self._named(
            "capi_transports", _is(TransportFactory)
        )
        self.outboxes: Mapping[str, OutboxFactory] = self._named("capi_outboxes", _is(OutboxFactory))
        self.commands: Mapping[str, click.Command] = self._named("capi_commands", _is(click.Command))
        self.observers: Sequence[Callable[[], Observer]] = list(self._checked("capi_report", _wrong_maker))
        self._normalizers: Mapping[str, Normalizer] = self._named("capi_normalizers", _is(Normalizer))
        self._must_know_default_profiles()

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
        wanted = [name.strip() for name in profile.split("+")] if profile else []
        known = {each.profile for each in self._normalizers.values()}
        for name in wanted:
            if name not in known:
                raise KeyError(
                    f"no normalization profile {name!r}; there are: {', '.join(sorted(known)) or 'none'}"
                    f"{'; several can be joined with +' if known else ''}"
                )
        by_key: dict[str, list[Normalizer]] = {}
        for name in wanted:
            for each in self._normalizers.values():
                if each.profile == name:
                    by_key.setdefault(each.key, []).append(each)
        return by_key

    def offers(self) -> Iterator[Offer]:
        """Describe every plugin and what it brings, in order of registration."""
        for name, _ in self._manager.list_name_plugin():
            hooks: dict[str, tuple[str, ...]] = {}
            for hook in HOOKS:
                titles = [_title(each) for plugin, each in self._offered[hook] if plugin == name]
                if titles:
                    hooks[hook] = tuple(sorted(titles))
            yield Offer(name=name, distribution=self._distributions[name], hooks=hooks)

    def _register(self, plugin: object, name: str, distribution: str) -> None:
        if self._manager.has_plugin(name):
            other = self._distributions.get(name) or "another package"
            raise PluginError(name, f"two plugins have this name: one of {other}, one of {distribution}")
        for hook in HOOKS:
            found = getattr(plugin, hook, None)
            if callable(found) and not hasattr(found, f"{hookspecs.PROJECT}_impl"):
                raise PluginError(name, f"{hook}() isn't marked: put @hookimpl above it")
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(name, f"{error}; the hooks are: {', '.join(HOOKS)}") from error
        self._distributions[name] = distribution

    def _ask(self, hook: str) -> Iterator[tuple[str, Any]]:
        """Ask every plugin, in order of registration."""
        order = [name for name, _ in self._manager.list_name_plugin()]
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for each in sorted(implementations, key=lambda each: order.index(each.plugin_name)):
            try:
                offered = each.function()
            except Exception as error:
                problem = f"{hook}() failed with {type(error).__name__}: {error}"
                raise PluginError(each.plugin_name, problem) from error
            if not isinstance(offered, list | tuple):
                problem = f"{hook}() must return a list, but gave {type(offered).__name__}"
                raise PluginError(each.plugin_name, problem)
            yield from ((each.plugin_name, one) for one in offered)

    def _checked(
        self, hook: str, wrong: Callable[[Any], str], read: Callable[[Any], Any] = lambda each: each
    ) -> Iterator[Any]:
        for plugin, given in self._offered[hook]:
            each = read(given)
            if wanted := wrong(each):
                problem = f"{hook}() must offer {wanted}, but gave {_described(given)}"
                raise PluginError(plugin, problem)
            yield each

    def _named(
        self, hook: str, wrong: Callable[[Any], str], read: Callable[[Any], Any] = lambda each: each
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        owners: dict[str, str] = {}
        plugins = [plugin for plugin, _ in self._offered[hook]]
        offered = list(zip(plugins, self._checked(hook, wrong, read), strict=True))
        for replacing in (False, True):
            for plugin, each in offered:
                if getattr(each, "replaces", False) is not replacing:
                    continue
                name = _title(each)
                if name in found and (not replacing or found[name].replaces):
                    raise PluginError(
                        plugin, f"{hook}(): the name {name!r} is already used by {owners[name]!r}"
                    )
                found[name], owners[name] = each, plugin
        return found

    def _must_know_default_profiles(self) -> None:
        for plugin, kind in self._offered["capi_destinations"]:
            try:
                self.hashers(kind.default_profile())
            except KeyError as error:
                problem = f"its destination type {kind.name!r} is made for {error.args[0]}"
                raise PluginError(plugin, problem) from None


def _is(kind: type) -> Callable[[Any], str]:
    """Make a check that says what is wanted instead, or nothing."""
    return lambda each: "" if isinstance(each, kind) else f"objects of {kind.__module__}.{kind.__name__}"


def _wrong_destination(each: Any) -> str:
    if not (isinstance(each, type) and issubclass(each, Destination)):
        return "subclasses of capi_actions.Destination"
    missing = sorted(each.__abstractmethods__)
    if not isinstance(getattr(each, "name", None), str):
        missing.append("name")
    if not has(getattr(each, "settings_type", None) or object):
        missing.append("settings_type, an attrs class")
    return f"destinations that have {', '.join(missing)}" if missing else ""


def _wrong_maker(each: Any) -> str:
    return "" if callable(each) else "callables that make observers"


def _described(given: Any) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__


def _title(offered: Any) -> str:
    offered = as_action(offered) or offered
    if isinstance(offered, Normalizer):
        return f"{offered.profile}/{offered.key}"
    return str(getattr(offered, "name", None) or getattr(offered, "__name__", offered))
