"""All that plugins bring, and all that is wrong with it: a broken plugin hides neither others nor their faults."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field, frozen

from capi_actions.errors import PluginError
from capi_actions.model import Normalizer
from capi_actions.plugins.loading import HOOKS, Candidate, Register, installed_candidates
from capi_actions.plugins.validate import read, title, wrong
from capi_actions.text import did_you_mean


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


_BUILTIN = "capi_actions.builtin"  # the core's own plugin: what it offers is never what is wrong


@frozen(kw_only=True)
class Offer:
    """What one plugin brings, for ``capi plugins``.

    :ivar name: the entry point's name.
    :ivar distribution: package name and version it came with; empty for unpackaged ones.
    :ivar hooks: the hooks it implements, and the names of what each offers.
    :ivar error: why the plugin is refused; None when it isn't.
    :ivar notes: what of it can't be used, though nothing is broken.
    """

    name: str
    distribution: str
    hooks: Mapping[str, tuple[str, ...]] = field(factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()


@define
class _Found:
    name: str
    distribution: str
    module: str = ""
    given: dict[str, Sequence[Any]] = field(factory=dict)
    error: str | None = None
    notes: list[str] = field(factory=list)

    @property
    def described(self) -> str:
        return f"{self.name!r} ({self.distribution})" if self.distribution else repr(self.name)


class Inventory:
    """Everything from all plugins.

    :ivar named: for every hook with names, what counts under each name.
    :ivar makers: makers of observers, and the plugins that they are from.
    :ivar faults: what is wrong, in the order in which it was found; more than one may be of one plugin.
    """

    def __init__(self, plugins: Iterable[object], candidates: Iterable[Candidate]) -> None:
        self._register = Register()
        self._found: list[_Found] = []
        self.faults: list[PluginError] = []
        for plugin in plugins:
            name = getattr(plugin, "__name__", type(plugin).__name__)
            self._add(Candidate(name, "", partial(_itself, plugin)))
        for each in candidates:
            self._add(each)
        self.named: dict[str, Mapping[str, Offered]] = {}
        for hook in HOOKS:
            self.named[hook] = {} if hook == "capi_report" else self._choose(hook)
        self.makers = list(self._offered("capi_report"))
        if not self.faults:  # else what is missing may be what couldn't be loaded
            self._must_find_what_it_needs()

    def offers(self) -> Iterator[Offer]:
        """Describe every plugin, in order of registration."""
        for each in self._found:
            hooks = {hook: tuple(sorted(map(title, given))) for hook, given in each.given.items() if given}
            yield Offer(
                name=each.name,
                distribution=each.distribution,
                hooks=hooks,
                error=each.error,
                notes=tuple(each.notes),
            )

    def _add(self, candidate: Candidate) -> None:
        found = _Found(candidate.name, candidate.distribution)
        same = [each for each in self._found if each.name == found.name]
        self._found.append(found)
        if same:
            both = [each.distribution or "another package" for each in (*same, found)]
            self._refuse([found, *same], f"two plugins have this name: one of {', one of '.join(both)}")
            return
        try:
            plugin = candidate.load()
            found.module = getattr(plugin, "__name__", "")
            self._register.add(plugin, found.name)
            given = self._register.ask(found.name)
        except PluginError as error:
            found.error = error.problem
            self.faults.append(error)
            return
        problems = (wrong(hook, thing) for hook, things in given.items() for thing in things)
        if problem := next(filter(None, problems), None):
            self._refuse([found], problem)
        else:
            found.given = {hook: [read(each) for each in things] for hook, things in given.items()}

    def _offered(self, hook: str) -> Iterator[Offered]:
        for plugin in self._found:
            yield from (Offered(plugin.name, each) for each in plugin.given.get(hook, ()))

    def _choose(self, hook: str) -> dict[str, Offered]:
        found = by_name(self._offered(hook))
        for clash in clashes(found, self._owners(hook)):
            rivals = [self._of(name) for name in clash.rivals]
            self._refuse(rivals, _describe(hook, clash, [each.described for each in rivals]))
        return {name: chosen(rivals) for name, rivals in found.items()}

    def _owners(self, hook: str) -> dict[str, str]:
        """Say to whom names of a hook belong: those of the core to the core, others with the destination type."""
        core = [each.name for each in self._found if each.module == _BUILTIN]
        owners = {"": core[0]} if core else {}
        for name, offered in self.named.get("capi_destinations", {}).items():
            if hook == "capi_actions":
                owners[name] = offered.plugin
            elif hook == "capi_normalizers":
                owners |= dict.fromkeys(names_in(offered.thing.default_profile()), offered.plugin)
        return owners

    def _must_find_what_it_needs(self) -> None:
        offered = by_name(self._offered("capi_normalizers"))
        for each in without_original(offered):
            hint = did_you_mean(title(each.thing), [name for name in offered if name != title(each.thing)])
            problem = (
                f"capi_normalizers(): {title(each.thing)!r} replaces nothing: nobody else offers it{hint}"
            )
            self._refuse([self._of(each.plugin)], problem)
        kinds = self.named["capi_destinations"]
        normalizers: list[Normalizer] = [each.thing for each in self.named["capi_normalizers"].values()]
        for each in kinds.values():
            try:
                normalizers_of(each.thing.default_profile(), normalizers)
            except KeyError as error:
                problem = f"its destination type {each.thing.name!r} is made for {error.args[0]}"
                self._refuse([self._of(each.plugin)], problem)
        for name, each in self.named["capi_actions"].items():
            kind = each.thing.destination
            if kind not in kinds:
                hint = did_you_mean(kind, list(kinds))
                note = (
                    f"the action {name!r} can't be used: no plugin offers the destination type {kind!r}{hint}"
                )
                self._of(each.plugin).notes.append(note)

    def _of(self, name: str) -> _Found:
        return next(each for each in self._found if each.name == name)

    def _refuse(self, plugins: Sequence[_Found], problem: str) -> None:
        for each in plugins:
            each.error = each.error or problem
            self.faults.append(PluginError(each.name, problem))


def survey() -> list[Offer]:
    """Describe every installed plugin, also those that are refused."""
    return list(Inventory((), installed_candidates()).offers())


def _itself(plugin: object) -> object:
    return plugin


def _describe(hook: str, clash: Clash, rivals: Sequence[str]) -> str:
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
        return f"{problem}; let the one that should be used say replaces=True, or {uninstall}"
    return f"{problem}; {rename}, or {uninstall}"
