"""What every plugin offers and every fault found.  One broken plugin doesn't hide the others.

Names are resolved across plugins: a name that two plugins offer is a clash, and all of them are
refused, unless it is a normalizer that replaces another.
"""

import inspect
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from capi_actions.errors import PluginError
from capi_actions.model import Normalizer
from capi_actions.plugins.loading import HOOKS, Candidate, HookCaller, find_candidates
from capi_actions.plugins.packages import BUILTIN_MODULE
from capi_actions.plugins.selection import Selection
from capi_actions.plugins.validate import normalize_offer, offer_name, validate_offer
from capi_actions.text import closest, did_you_mean
from capi_actions.tracebacks import exception_text, source_line


@frozen(kw_only=True)
class PluginInfo:
    """Description of one plugin, for ``capi plugins``.

    :ivar name: the entry point's name.
    :ivar distribution: package name and version it came with; empty for unpackaged ones.
    :ivar hooks: the hooks it implements, and the names of what each offers.
    :ivar error: why the plugin is refused; None when it isn't.
    :ivar notes: offers that can't be used here, though nothing is wrong with them.
    :ivar description: what its package, or else its module, says of itself.
    :ivar offers: what it offers, one by one.
    :ivar disabled_by: what disables it, so that it wasn't loaded; "" when nothing does.
    :ivar traceback: of the exception for which it is refused; "" when there was none.
    """

    name: str
    distribution: str
    hooks: Mapping[str, tuple[str, ...]] = field(factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()
    description: str = ""
    offers: "tuple[OfferInfo, ...]" = ()
    disabled_by: str = ""
    traceback: str = ""


@frozen(kw_only=True)
class OfferInfo:
    """Description of one thing that a plugin offers.

    :ivar hook: the hook that it is offered through.
    :ivar description: a sentence; "" when its author wrote none.
    :ivar replaces: the plugin whose offer of the same name it replaces; "" for none.
    """

    hook: str
    name: str
    description: str = ""
    replaces: str = ""


def inspect_installed(selection: Selection | None = None) -> list[PluginInfo]:
    """Return a description of every plugin, including those that are refused or disabled.

    :param selection: as for :meth:`~capi_actions.Plugins.installed`.
    """
    return list(Registry(find_candidates(selection)).describe())


@frozen
class Offer:
    """One thing that a plugin offers.

    :ivar plugin: the plugin's name.
    :ivar value: the destination type, action, directive and so on.
    """

    plugin: str
    value: Any

    @property
    def replaces(self) -> bool:
        """Whether it replaces another plugin's offer of the same name."""
        return bool(getattr(self.value, "replaces", False))


_NUMBERS = {1: "one", 2: "two"}


@define
class _Plugin:
    """A plugin and what became of it.

    :ivar module: the plugin's module; "" when the plugin is no module or couldn't be loaded.
    :ivar package: that which is named with it in messages; "" for a file, whose name is the plugin's.
    :ivar summary: what its package says of itself; "" when there is no package.
    :ivar docstring: the module's; "" when the plugin is no module or couldn't be loaded.
    :ivar offered: what it offers, by hook.
    :ivar cause: the exception for which it is refused; None when there was none.
    """

    name: str
    distribution: str
    package: str = ""
    summary: str = ""
    disabled_by: str = ""
    module: str = ""
    docstring: str = ""
    cause: BaseException | None = None
    offered: dict[str, Sequence[Any]] = field(factory=dict)
    error: str | None = None
    notes: list[str] = field(factory=list)

    @property
    def description(self) -> str:
        return f"{self.name!r} ({self.distribution})" if self.distribution else repr(self.name)


class Registry:
    """Everything that all plugins offer.

    :ivar by_name: for every hook whose offers have names, the offer that is used under each name.
    :ivar observer_factories: what ``capi_report`` offers.
    :ivar faults: what is wrong, in the order in which it was found; one plugin may have several.
    """

    def __init__(self, plugins: Iterable[object]) -> None:
        """Load and check plugins.

        :param plugins: objects, or :class:`Candidate` for those that aren't loaded yet.
        """
        self._hooks = HookCaller()
        self._plugins: list[_Plugin] = []
        self.faults: list[PluginError] = []
        for plugin in plugins:
            self._add(plugin if isinstance(plugin, Candidate) else _candidate(plugin))
        self.by_name: dict[str, Mapping[str, Offer]] = {}
        for hook in HOOKS:
            self.by_name[hook] = {} if hook == "capi_report" else self._resolve_names(hook)
        self.observer_factories = list(self._offers("capi_report"))
        if not self.faults:  # otherwise what is missing may be in a plugin that couldn't be loaded
            self._check_replacements()
            self._check_default_profiles()
            self._note_unusable_actions()

    @property
    def core_plugin(self) -> str | None:
        """The name of the core's own plugin; None if it isn't there."""
        return next((plugin.name for plugin in self._plugins if plugin.module == BUILTIN_MODULE), None)

    def describe(self) -> Iterator[PluginInfo]:
        """Return a description of every plugin, in order of registration."""
        replaced = self._replaced_plugins()
        for plugin in self._plugins:
            yield PluginInfo(
                name=plugin.name,
                description=plugin.summary or _first_line(plugin.docstring),
                distribution=plugin.distribution,
                hooks={
                    hook: tuple(sorted(map(offer_name, values)))
                    for hook, values in plugin.offered.items()
                    if values
                },
                error=plugin.error,
                notes=tuple(plugin.notes),
                offers=tuple(_describe_offers(plugin, replaced)),
                disabled_by=plugin.disabled_by,
                traceback="".join(traceback.format_exception(plugin.cause)) if plugin.cause else "",
            )

    def _replaced_plugins(self) -> Mapping[str, str]:
        """Return the plugins whose normalizers are replaced, by the normalizers' names."""
        by_name = group_by_name(self._offers("capi_normalizers"))
        return {
            name: next((offer.plugin for offer in offers if not offer.replaces), "")
            for name, offers in by_name.items()
            if winner(offers).replaces
        }

    def _add(self, candidate: Candidate) -> None:
        plugin = _Plugin(
            name=candidate.name,
            distribution=candidate.distribution,
            package="" if candidate.is_named else candidate.distribution,
            summary=candidate.summary,
            disabled_by=candidate.disabled_by,
            notes=list(candidate.notes),
        )
        if plugin.disabled_by:
            self._plugins.append(plugin)
            return
        namesakes = [other for other in self._plugins if other.name == plugin.name and not other.disabled_by]
        self._plugins.append(plugin)
        if namesakes:
            packages = Counter(other.distribution or "no package" for other in (*namesakes, plugin))
            owners = ", ".join(
                f"{_NUMBERS.get(count, count)} of {package}" for package, count in packages.items()
            )
            self._refuse([plugin, *namesakes], f"several plugins have this name: {owners}")
            return
        try:
            self._load(plugin, candidate)
        except PluginError as error:
            self._refuse([plugin], error.problem, error.__cause__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  an object may do anything when it is looked at
            self._refuse([plugin], f"can't be loaded: {exception_text(error)}{source_line(error)}", error)

    def _load(self, plugin: _Plugin, candidate: Candidate) -> None:
        loaded = candidate.load()
        plugin.module = getattr(loaded, "__name__", "")
        plugin.docstring = (loaded.__doc__ or "") if inspect.ismodule(loaded) else ""
        self._hooks.add(loaded, plugin.name)
        offered = self._hooks.call(plugin.name)
        problems = (validate_offer(hook, value) for hook, values in offered.items() for value in values)
        if problem := next(filter(None, problems), None):
            raise PluginError(plugin.name, problem)
        plugin.offered = {hook: [*map(normalize_offer, values)] for hook, values in offered.items()}

    def _offers(self, hook: str) -> Iterator[Offer]:
        for plugin in self._plugins:
            yield from (Offer(plugin.name, value) for value in plugin.offered.get(hook, ()))

    def _resolve_names(self, hook: str) -> dict[str, Offer]:
        """Return the offer that is used under each name, and refuse plugins that clash, apart from the core's own."""
        by_name = group_by_name(self._offers(hook))
        for clash in find_clashes(by_name, self._owners(hook)):
            rivals = [self._plugin(name) for name in clash.rivals]
            message = _clash_message(hook, clash, [rival.description for rival in rivals])
            self._refuse([rival for rival in rivals if rival.name != self.core_plugin], message)
        return {name: winner(offers) for name, offers in by_name.items()}

    def _owners(self, hook: str) -> dict[str, str]:
        """Return which plugin each namespace of a hook belongs to.

        Actions are named after a destination type and normalizers after a profile: both belong to
        the plugin that offers the destination type.  The namespace "" is the core's.
        """
        owners = {"": self.core_plugin} if self.core_plugin else {}
        for name, offer in self.by_name.get("capi_destinations", {}).items():
            if hook == "capi_actions":
                owners[name] = offer.plugin
            elif hook == "capi_normalizers":
                owners |= dict.fromkeys(split_profiles(offer.value.default_profile()), offer.plugin)
        return owners

    def _check_replacements(self) -> None:
        """Refuse plugins with a normalizer that is to replace one that isn't there."""
        by_name = group_by_name(self._offers("capi_normalizers"))
        for name, offers in by_name.items():
            if all(offer.replaces for offer in offers):
                hint = did_you_mean(name, [other for other in by_name if other != name])
                problem = f"capi_normalizers(): {name!r} replaces nothing: no other plugin offers it{hint}"
                self._refuse([self._plugin(offers[0].plugin)], problem)

    def _check_default_profiles(self) -> None:
        """Refuse plugins with a destination type whose default profile isn't there."""
        normalizers: list[Normalizer] = [offer.value for offer in self.by_name["capi_normalizers"].values()]
        for name, offer in self.by_name["capi_destinations"].items():
            try:
                normalizers_by_key(offer.value.default_profile(), normalizers)
            except KeyError as error:
                problem = f"the default profile of its destination type {name!r}: {error.args[0]}"
                self._refuse([self._plugin(offer.plugin)], problem)

    def _note_unusable_actions(self) -> None:
        destination_types = self.by_name["capi_destinations"]
        for name, offer in self.by_name["capi_actions"].items():
            destination = offer.value.destination
            if destination not in destination_types:
                hint = did_you_mean(destination, list(destination_types))
                self._plugin(offer.plugin).notes.append(
                    f"the action {name!r} can't be used: no plugin offers the destination type"
                    f" {destination!r}{hint}"
                )

    def _plugin(self, name: str) -> _Plugin:
        return next(plugin for plugin in self._plugins if plugin.name == name)

    def _refuse(self, plugins: Sequence[_Plugin], problem: str, cause: BaseException | None = None) -> None:
        for plugin in plugins:
            plugin.error, plugin.cause = plugin.error or problem, plugin.cause or cause
            package = "" if plugin.package and plugin.package in problem else plugin.package
            fault = PluginError(plugin.name, problem, package=package)
            fault.__cause__ = cause
            self.faults.append(fault)


def _describe_offers(plugin: _Plugin, replaced: Mapping[str, str]) -> Iterator[OfferInfo]:
    """Describe what a plugin offers.

    :param replaced: the plugins whose normalizers are replaced, by the normalizers' names.
    """
    for hook, values in plugin.offered.items():
        for value in values:
            name = offer_name(value)
            replaces = replaced.get(name, "") if getattr(value, "replaces", False) else ""
            yield OfferInfo(hook=hook, name=name, description=_describe_offer(value), replaces=replaces)


def _describe_offer(value: Any) -> str:
    """Return an action's title, a command's help, another's description, or the first line of a docstring."""
    texts = [getattr(value, name, None) for name in ("title", "description", "help")]
    text = next((text for text in texts if isinstance(text, str) and text), None)
    return _first_line(
        text or (inspect.getdoc(value) or "" if inspect.isroutine(value) or inspect.isclass(value) else "")
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip(".")


def _candidate(plugin: object) -> Candidate:
    """Return a candidate for a plugin that is there as an object."""
    return Candidate(getattr(plugin, "__name__", type(plugin).__name__), "", lambda: plugin)


def split_profiles(profile: str) -> list[str]:
    """Return the names in what may be several profiles joined by ``+``; "" has none."""
    return [name.strip() for name in profile.split("+")] if profile else []


def normalizers_by_key(profile: str, normalizers: Iterable[Normalizer]) -> dict[str, list[Normalizer]]:
    """Return the normalizers of a profile by key, one for each of the joined profiles that has the key.

    :param normalizers: all that there are.
    :raises KeyError: when no normalizer is of one of the profiles; its text lists the known ones.
    """
    by_profile: dict[str, list[Normalizer]] = {}
    for normalizer in normalizers:
        by_profile.setdefault(normalizer.profile, []).append(normalizer)
    by_key: dict[str, list[Normalizer]] = {}
    for name in split_profiles(profile):
        if name not in by_profile:
            match = closest(name, by_profile)
            joined = ", or several joined by +" if len(by_profile) > 1 and not match else ""
            raise KeyError(f"no normalization profile {name!r}{did_you_mean(name, by_profile)}{joined}")
        for normalizer in by_profile[name]:
            by_key.setdefault(normalizer.key, []).append(normalizer)
    return by_key


def group_by_name(offers: Iterable[Offer]) -> dict[str, list[Offer]]:
    """Return offers by name, in the order of registration."""
    by_name: dict[str, list[Offer]] = {}
    for offer in offers:
        by_name.setdefault(offer_name(offer.value), []).append(offer)
    return by_name


def winner(offers: Iterable[Offer]) -> Offer:
    """Return which of several offers of one name is used: the one that replaces, or the first."""
    return max(offers, key=lambda offer: offer.replaces)


@frozen
class Clash:
    """One name for offers of several plugins, or for several of one plugin.

    :ivar rivals: the plugins, each once; the one that the name belongs to comes last.
    :ivar owned: whether the name belongs to one of them.
    :ivar replacing: whether they all want to replace the same normalizer.
    """

    name: str
    rivals: tuple[str, ...]
    owned: bool
    replacing: bool


def find_clashes(by_name: Mapping[str, list[Offer]], owners: Mapping[str, str]) -> list[Clash]:
    """Return all names that are offered twice.

    :param owners: the plugin that a namespace belongs to.
    """
    clashes = []
    for name, offers in by_name.items():
        for replacing in (False, True):
            rivals = [offer for offer in offers if offer.replaces is replacing]
            if len(rivals) < 2:
                continue
            owner = owners.get(_namespace(rivals[0].value))
            names = sorted({rival.plugin: None for rival in rivals}, key=lambda plugin: plugin == owner)
            clashes.append(Clash(name, tuple(names), owner in names, replacing))
    return clashes


def _namespace(value: Any) -> str:
    """Return the destination type of an action, the profile of a normalizer, "" of anything else."""
    return value.profile if isinstance(value, Normalizer) else str(getattr(value, "destination", ""))


def _clash_message(hook: str, clash: Clash, rivals: Sequence[str]) -> str:
    *others, last = rivals
    if not others:
        return f"{hook}(): it offers {clash.name!r} twice"
    if clash.owned:
        problem = f"{hook}(): {clash.name!r} of {last} is also offered by {' and '.join(others)}"
        rename, uninstall = "rename it there", "uninstall that"
    else:
        problem = f"{hook}(): {clash.name!r} is offered by {', '.join(others)} and {last}"
        rename, uninstall = "rename it in one of them", "uninstall one"
    if clash.replacing:
        return f"{problem}, each with replaces=True; {uninstall}"
    if hook == "capi_normalizers":
        return f"{problem}; set replaces=True on the one to use, or {uninstall}"
    return f"{problem}; {rename}, or {uninstall}"
