"""Load plugins, wherever they come from, and call their hooks.

pluggy's own loader isn't used: it silently drops the second of two entry points of one name, and
one broken import stops the host without saying which plugin it was; :mod:`~capi_actions.plugins.packages` does better.

Nor is pluggy's hook call: each plugin's functions are called by themselves, so that an error names
its plugin and doesn't hide the others.  Options of ``hookimpl`` that order or wrap calls have no
effect then, and are refused.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import Any

import pluggy
from attrs import evolve, frozen

from capi_actions import hookspecs
from capi_actions.errors import PluginError
from capi_actions.plugins.files import load_file
from capi_actions.plugins.packages import BUILTIN, find_plugins
from capi_actions.plugins.selection import Selection
from capi_actions.text import did_you_mean
from capi_actions.tracebacks import exception_text, source_line

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("capi_"))
"""The hooks' names, in the order of ``hookspecs.py``."""


@frozen
class Candidate:
    """A plugin that is not loaded yet.

    :ivar name: its entry point's name.
    :ivar distribution: name and version of the package that it came with; "" when unknown.
    :ivar load: imports and returns it; raises PluginError when that fails.
    :ivar summary: what its package says of itself; "" when there is no package.
    :ivar disabled_by: what disables it, so that it isn't loaded; "" when nothing does.
    :ivar source: returns the text of its module; "" when that can't be found.
    :ivar is_named: whether the configuration names it, and so uses it.
    :ivar notes: what is wrong with its package, though it can be loaded.
    """

    name: str
    distribution: str
    load: Callable[[], Any]
    summary: str = ""
    disabled_by: str = ""
    source: Callable[[], str] = str
    is_named: bool = False
    notes: tuple[str, ...] = ()


def find_candidates(selection: Selection | None = None) -> Sequence[Candidate]:
    """Return all plugins that are installed or named as files: the core's own first, the others by name.

    :param selection: by default nothing is disabled but by the environment.
    """
    selection = selection or Selection.make()
    candidates = [
        Candidate(
            plugin.name,
            str(plugin.package),
            plugin.load,
            summary=plugin.package.summary,
            source=plugin.read_source,
            notes=tuple(plugin.package.notes),
        )
        for plugin in find_plugins()
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
                name,
                f"it is the same as the plugin {same!r}: keep one of the two entry points, or, if two packages have a"
                " module of this name, rename one of the modules",
            )
        for attribute in dir(plugin):
            if problem := self._hook_error(plugin, attribute):
                raise PluginError(name, problem)
        if not any(self._manager.parse_hookimpl_opts(plugin, attribute) for attribute in dir(plugin)):
            raise PluginError(name, _describe_without_hooks(plugin))
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
        try:
            required = list(_required_parameters(getattr(plugin, attribute)))
        except ValueError:  # a method without a parameter for its object
            return f"{attribute}() of an object must take self, or be a static method"
        if required:
            hint = "; the plugin is a class: name an object of it" if inspect.isclass(plugin) else ""
            return f"{attribute}() must take no arguments, but it takes {', '.join(required)}{hint}"
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


def _describe_without_hooks(plugin: object) -> str:
    """Return why something without hooks is no plugin."""
    if inspect.isroutine(plugin):
        return f"it is the function {plugin.__name__}(): the entry point must name its module, {plugin.__module__!r}"
    if not inspect.ismodule(plugin):
        return f"it is {type(plugin).__name__}, but must be a module or an object with hooks"
    if plugin.__file__ is None:
        return (
            f"its module {plugin.__name__} is a folder without __init__.py, such as an uninstalled package may leave:"
            " install the package again, or uninstall it and remove the folder"
        )
    return f"it has no hook: mark a function that has the name of one with @hookimpl; there are: {', '.join(HOOKS)}"


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
        problem = f"{hook}() failed with {exception_text(error)}{source_line(error, _file(function))}"
        raise PluginError(plugin, problem) from error
    if not isinstance(offered, list | tuple):
        raise PluginError(plugin, f"{hook}() must return a list, but returned {type(offered).__name__}")
    return offered


def _file(function: Any) -> str:
    """Return the file that a hook is written in; "" for one that isn't written in Python."""
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))
