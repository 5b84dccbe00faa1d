"""Find installed plugins.

pluggy's own loader isn't used: it silently drops the second of two entry points of one name, and
one broken import stops the host without saying which plugin it was.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import pluggy
from attrs import frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from capi_actions import hookspecs
from capi_actions.errors import PluginError
from capi_actions.text import did_you_mean

GROUP = "capi_actions"
CORE = "capi-actions"


@frozen
class Candidate:
    """An installed plugin that is not loaded yet.

    :ivar name: its entry point's name.
    :ivar distribution: name and version of the package that it came with.
    :ivar load: imports it; raises PluginError when that fails.
    """

    name: str
    distribution: str
    load: Callable[[], Any]


def installed_candidates() -> Sequence[Candidate]:
    """List installed plugins, the core's own first, then by name."""
    found = sorted(
        entry_points(group=GROUP), key=lambda entry: (entry.name != "core", entry.name, entry.value)
    )
    return [Candidate(entry.name, _distribution(entry), partial(_load, entry)) for entry in found]


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def _load(entry: EntryPoint) -> Any:
    _must_fit(entry)
    try:
        return entry.load()
    except (Exception, SystemExit) as error:  # a module may do anything when it is imported
        problem = f"can't be imported ({entry.value}): {type(error).__name__}: {error}"
        raise PluginError(entry.name, problem) from error


def _must_fit(entry: EntryPoint) -> None:
    """Refuse a plugin whose package asks for another version of the core."""
    ours = version(CORE)
    for text in (entry.dist.requires or []) if entry.dist else []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(requirement.name) != CORE or not _applies(requirement):
            continue
        if not requirement.specifier.contains(ours, prereleases=True):
            wanted = f"{CORE}{requirement.specifier}"
            raise PluginError(entry.name, f"it needs {wanted}, but {ours} is installed")


def _applies(requirement: Requirement) -> bool:
    """Tell whether its marker holds here; those of extras don't, as nobody knows which were asked for."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("capi_"))
"""The hooks' names, in the order of ``hookspecs.py``."""


class Register:
    """Plugins by name."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)

    def add(self, plugin: object, name: str) -> None:
        """Register a plugin.

        :param name: must be new.
        :raises PluginError: when a hook of it is misspelt, unmarked or takes arguments.
        """
        same = self._manager.get_name(plugin)
        if same is not None:
            raise PluginError(
                name, f"it is the same as the plugin {same!r}: keep one of the two entry points"
            )
        for attribute in dir(plugin):
            if problem := self._wrong_hook(plugin, attribute):
                raise PluginError(name, problem)
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            raise PluginError(name, " ".join(str(error).split())) from error

    def ask(self, name: str) -> dict[str, Sequence[Any]]:
        """Call a plugin's hooks.

        :returns: what each gave.
        :raises PluginError: when one fails or gives no list.
        """
        given: dict[str, list[Any]] = {}
        for hook in HOOKS:
            for each in getattr(self._manager.hook, hook).get_hookimpls():
                if each.plugin_name == name:
                    given.setdefault(hook, []).extend(_call(each.function, hook, name))
        return dict(given)

    def _wrong_hook(self, plugin: object, attribute: str) -> str:
        """Say what is wrong with an attribute of a plugin as a hook; nothing when it is fine, or is none."""
        options = self._manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            if attribute in HOOKS and callable(getattr(plugin, attribute)):
                return f"{attribute}() isn't marked: put @hookimpl above it"
            return ""
        hook = options.get("specname") or attribute
        if hook not in HOOKS:
            return f"there is no hook {hook!r}{did_you_mean(hook, HOOKS)}"
        needed = list(_needed(getattr(plugin, attribute)))
        return f"{attribute}() must take no arguments, but it takes {', '.join(needed)}" if needed else ""


def _needed(function: Any) -> Iterator[str]:
    """Name the arguments that a function can't do without."""
    for name, each in inspect.signature(function).parameters.items():
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            yield name


def _call(function: Any, hook: str, plugin: str) -> Sequence[Any]:
    try:
        offered = function()
    except Exception as error:
        raise PluginError(plugin, f"{hook}() failed with {type(error).__name__}: {error}") from error
    if not isinstance(offered, list | tuple):
        raise PluginError(plugin, f"{hook}() must return a list, but gave {type(offered).__name__}")
    return offered
