"""Find, import and call installed plugins.

pluggy's own loader isn't used: it silently drops the second of two entry points of one name, and
one broken import stops the host without saying which plugin it was.

Nor is pluggy's hook call: each plugin's functions are called by themselves, so that an error names
its plugin and doesn't hide the others.  Options of ``hookimpl`` that order or wrap calls have no
effect then, and are refused.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pluggy
from attrs import evolve, frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from capi_actions import hookspecs
from capi_actions.errors import PluginError, source_line
from capi_actions.plugins.files import load_file
from capi_actions.plugins.selection import Selection
from capi_actions.text import did_you_mean

GROUP = "capi_actions"
CORE = "capi-actions"
BUILTIN = "core"
"""The name of the core's own plugin, which can't be disabled."""

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("capi_"))
"""The hooks' names, in the order of ``hookspecs.py``."""


@frozen
class Candidate:
    """A plugin that is not loaded yet.

    :ivar name: its entry point's name.
    :ivar distribution: name and version of the package that it came with; "" when unknown.
    :ivar load: imports and returns it; raises PluginError when that fails.
    :ivar summary: returns what its package says of itself; "" when there is no package.
    :ivar disabled_by: what disables it, so that it isn't loaded; "" when nothing does.
    :ivar source: returns the text of its module; "" when that can't be found.
    :ivar is_named: whether the configuration names it, and so uses it.
    """

    name: str
    distribution: str
    load: Callable[[], Any]
    summary: Callable[[], str] = str
    disabled_by: str = ""
    source: Callable[[], str] = str
    is_named: bool = False


def find_candidates(selection: Selection | None = None) -> Sequence[Candidate]:
    """Return all plugins that are installed or named as files: the core's own first, the others by name.

    :param selection: by default nothing is disabled but by the environment.
    """
    selection = selection or Selection.make()
    entries = sorted(
        entry_points(group=GROUP), key=lambda entry: (entry.name != BUILTIN, entry.name, entry.value)
    )
    candidates = [
        Candidate(
            entry.name,
            _distribution(entry),
            partial(_load, entry),
            partial(_summary, entry),
            source=partial(_source, entry),
        )
        for entry in entries
    ]
    candidates += [
        Candidate(path.stem, str(path), partial(load_file, path), is_named=True) for path in selection.files
    ]
    return [
        evolve(candidate, disabled_by=selection.disabled[candidate.name])
        if candidate.name in selection.disabled and candidate.name != BUILTIN
        else candidate
        for candidate in candidates
    ]


def mentioned_hooks(candidate: Candidate) -> frozenset[str]:
    """Return the hooks that a plugin may implement: those of its module, or else those that the text of it names.

    All of them if nothing can be found out, or if the configuration names the plugin.
    """
    if candidate.is_named:
        return frozenset(HOOKS)
    try:
        loaded = candidate.load()
    except PluginError:
        text = candidate.source()
        return frozenset(hook for hook in HOOKS if hook in text) or frozenset(HOOKS)
    return frozenset(hook for hook in HOOKS if hasattr(loaded, hook))


class HookCaller:
    """Registers plugins under their names and calls the hooks of one at a time."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)

    def add(self, plugin: object, name: str) -> None:
        """Register a plugin.

        :param name: must be new.
        :raises PluginError: when the plugin is registered already, or one of its hooks is misspelt,
            unmarked, takes arguments, or has an option without effect.
        """
        same = self._manager.get_name(plugin)
        if same is not None:
            raise PluginError(
                name, f"it is the same as the plugin {same!r}: keep one of the two entry points"
            )
        for attribute in dir(plugin):
            if problem := self._hook_error(plugin, attribute):
                raise PluginError(name, problem)
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            raise PluginError(name, " ".join(str(error).split())) from error

    def call(self, name: str) -> dict[str, Sequence[Any]]:
        """Call all hooks of a plugin.

        :returns: what it offers, by hook.
        :raises PluginError: when a hook raises or doesn't return a list.
        """
        offered: dict[str, list[Any]] = {}
        for hook in HOOKS:
            for implementation in getattr(self._manager.hook, hook).get_hookimpls():
                if implementation.plugin_name == name:
                    offered.setdefault(hook, []).extend(_call(implementation.function, hook, name))
        return dict(offered)

    def _hook_error(self, plugin: object, attribute: str) -> str | None:
        """Return what is wrong with an attribute as a hook, or None when it is a good one or none."""
        options = self._manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            if attribute in HOOKS and callable(getattr(plugin, attribute)):
                return f"{attribute}() isn't marked: put @hookimpl above it"
            return None
        hook = options.get("specname") or attribute
        for option in _WITHOUT_EFFECT:
            if options.get(option):
                return (
                    f"{attribute}() is marked with {option}=True, which has no effect on {hook}():"
                    f" {_WITHOUT_EFFECT[option]}; remove the option"
                )
        if hook not in HOOKS:
            return None if options.get("optionalhook") else _unknown_hook(hook)
        if required := list(_required_parameters(getattr(plugin, attribute))):
            return f"{attribute}() must take no arguments, but it takes {', '.join(required)}"
        return None


_NO_ORDER = "the order of plugins doesn't matter"
_NO_WRAPPING = "each plugin is called by itself"
_WITHOUT_EFFECT = {
    "tryfirst": _NO_ORDER,
    "trylast": _NO_ORDER,
    "wrapper": _NO_WRAPPING,
    "hookwrapper": _NO_WRAPPING,
}
"""Options of ``hookimpl`` that change nothing, with the reason.  ``specname`` and ``optionalhook`` work."""


def _unknown_hook(hook: str) -> str:
    return f"there is no hook {hook!r}{did_you_mean(hook, HOOKS)}"


def _required_parameters(function: Any) -> Iterator[str]:
    for name, parameter in inspect.signature(function).parameters.items():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variadic:
            yield name


def _call(function: Any, hook: str, plugin: str) -> Sequence[Any]:
    try:
        with redirect_stdout(sys.stderr):  # standard output holds data, and nothing that a plugin prints
            offered = function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        problem = f"{hook}() failed with {type(error).__name__}: {error}{source_line(error, _file(function))}"
        raise PluginError(plugin, problem) from error
    if not isinstance(offered, list | tuple):
        raise PluginError(plugin, f"{hook}() must return a list, but returned {type(offered).__name__}")
    return offered


def _file(function: Any) -> str:
    """Return the file that a hook is written in; "" for one that isn't written in Python."""
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def _summary(entry: EntryPoint) -> str:
    metadata = entry.dist.metadata if entry.dist else None
    return metadata["Summary"] if metadata and "Summary" in metadata else ""


def _source(entry: EntryPoint) -> str:
    try:
        spec = find_spec(entry.module)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  the package around it is imported, and may do anything
        return ""
    return _read(Path(spec.origin)) if spec and spec.origin else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _load(entry: EntryPoint) -> Any:
    _check_core_version(entry)
    try:
        with redirect_stdout(sys.stderr):
            return entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may do anything when it is imported
        problem = f"can't be imported ({entry.value}): {type(error).__name__}: {error}{source_line(error)}"
        raise PluginError(entry.name, problem) from error


def _check_core_version(entry: EntryPoint) -> None:
    """Refuse a plugin whose package requires another version of the core."""
    installed = version(CORE)
    for text in (entry.dist.requires or []) if entry.dist else []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # pip's to report
            continue
        if canonicalize_name(requirement.name) != CORE or not _applies(requirement):
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            needed = f"{CORE}{requirement.specifier}"
            raise PluginError(entry.name, f"it needs {needed}, but {installed} is installed")


def _applies(requirement: Requirement) -> bool:
    """Return whether a requirement's marker holds here.

    Those of extras don't: which extras were installed isn't recorded.
    """
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
