"""Find the plugins of installed packages, and import them, however damaged a package is.

The files that an installer writes are read one package at a time: one that can't be read must not hide all plugins, as
it would with :func:`importlib.metadata.entry_points`.  Nothing is imported before :meth:`PackagedPlugin.load`.
"""

import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import reduce
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from attrs import frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from capi_actions.errors import PluginError
from capi_actions.files import read_regular_file
from capi_actions.text import closest, did_you_mean
from capi_actions.tracebacks import exception_text, source_line

GROUP = "capi_actions"
CORE = "capi-actions"
BUILTIN = "core"
"""The name of the core's own plugin, which can't be disabled."""

BUILTIN_MODULE = "capi_actions.builtin"

_TARGET = re.compile(r"\w+(\.\w+)*(\s*:\s*\w+(\.\w+)*)?\s*(\[[^\]]*\])?")
"""What an entry point may lead to: a module, and perhaps an object in it and an extra of its package."""


_METADATA = ("Name", "Version", "Summary", "Requires-Python")


class Package:
    """What the installer has written of a package; any of it may be missing or damaged.

    :ivar folder: where its metadata is.
    :ivar name: as its author spells it, or as that folder does.
    :ivar summary: what it says of itself; "" when it says nothing.
    :ivar python: the versions of Python that it is for; "" when any will do.
    :ivar requirements: what it needs here; what can't be read is left out, as pip reports it.
    :ivar notes: what is wrong with its metadata.
    """

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        # No public attribute has it, and it may be in a zip file, where it is no path of pathlib.
        self.folder = Path(str(getattr(distribution, "_path", "")))
        self.notes: list[str] = []
        texts: dict[str, str] = {}
        needed: Sequence[str] = ()
        try:
            metadata = distribution.metadata
            texts = {key: metadata[key] for key in _METADATA if key in metadata}
            needed = distribution.requires or ()
        except Exception as error:  # noqa: BLE001  whatever the parser stumbles over
            self.notes.append(
                f"METADATA of its package can't be read ({type(error).__name__}); install it again"
            )
        else:
            if missing := [key for key in ("Name", "Version") if key not in texts]:
                self.notes.append(f"METADATA of its package lacks {' and '.join(missing)}; install it again")
        name, _, folder_version = self.folder.stem.partition("-")
        self.name = texts.get("Name", name)
        self.version = texts.get("Version", folder_version)
        self.summary = texts.get("Summary", "")
        self.python = texts.get("Requires-Python", "")
        self.requirements = [requirement for text in needed for requirement in _requirements(text)]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def key(self) -> str:
        """Its name as installers compare it."""
        return canonicalize_name(self.name)

    @property
    def is_leftover(self) -> bool:
        """Whether pip was interrupted while it removed it: then it gives the folder a name with a tilde."""
        return self.folder.name.startswith("~")

    @property
    def editable_folder(self) -> Path | None:
        """The folder whose package was installed as editable, or None."""
        try:
            origin = json.loads(self._distribution.read_text("direct_url.json") or "{}")
            is_editable = origin["dir_info"]["editable"] is True
            return Path(unquote(urlsplit(origin["url"]).path)) if is_editable else None
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    @property
    def modules(self) -> list[str]:
        """The modules that it has installed."""
        paths = [
            path for path in self._distribution.files or () if path.suffix == ".py" and ".." not in path.parts
        ]
        return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]

    def unmet(self) -> Iterator[str]:
        """Return what it needs and doesn't find, each in a sentence that says what would help."""
        for requirement in self.requirements:
            try:
                installed = version(requirement.name)
            except PackageNotFoundError:
                yield f"its package needs {requirement}, which isn't installed: install it"
                continue
            if not requirement.specifier.contains(installed, prereleases=True):
                yield f"its package needs {requirement}, but {installed} is installed: install that"


def _requirements(text: str) -> Iterator[Requirement]:
    """Yield a requirement if it can be read and holds here.

    Those of extras don't: which extras were installed isn't recorded.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return
    if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
        yield requirement


@frozen
class PackagedPlugin:
    """A plugin that a package brings.

    :ivar name: its entry point's; its package's when the entry point has none of its own.
    :ivar target: what its entry point leads to: a module, or ``module:object``.
    :ivar problem: why it can't be loaded; "" when nothing is known against it.
    """

    name: str
    target: str
    package: Package
    problem: str = ""

    @property
    def module(self) -> str:
        """The module that its entry point leads to."""
        return self.target.partition(":")[0].partition("[")[0].strip()

    def load(self) -> Any:
        """Import it.

        :raises PluginError: saying what would help.
        """
        if problem := self.problem or _version_problem(self.package):
            raise PluginError(self.name, problem)
        try:
            with redirect_stdout(sys.stderr):  # standard output holds data, and nothing that a plugin prints
                module = import_module(self.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may do anything when it is imported
            problem = f"can't be imported ({self.target}): {exception_text(error)}{source_line(error)}"
            raise PluginError(self.name, "; ".join([problem, *self._remedies(error)])) from error
        return self._find_object(module)

    def _find_object(self, module: ModuleType) -> Any:
        path = self.target.partition(":")[2].partition("[")[0].strip()
        try:
            return reduce(getattr, path.split(".") if path else (), module)
        except AttributeError as error:
            hint = did_you_mean(path, [name for name in vars(module) if not name.startswith("_")])
            problem = f"its entry point is {self.target}, but {module.__name__} has no {path!r}{hint}"
            raise PluginError(self.name, problem) from error

    def read_source(self) -> str:
        """Return the text of its module; "" when that can't be found."""
        try:
            spec = find_spec(self.module)
            if not spec or not spec.origin:
                return ""
            return read_regular_file(Path(spec.origin), spec.origin).decode("utf-8", "replace")
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  the package around it is imported, and may do anything
            return ""

    def _remedies(self, error: BaseException) -> Iterator[str]:
        """Return what would help against an exception of the import."""
        if not isinstance(error, ImportError):
            return
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{self.module}.".startswith(f"{missing}."):
            yield self._missing_module()
            return
        unmet = list(self.package.unmet())
        yield from unmet
        if missing and not unmet:
            yield f"its package doesn't name what brings {missing!r} among what it needs: tell its author"
        elif error.name and error.name.partition(".")[0] == GROUP:
            yield f"it may be written for another version of {CORE} than {version(CORE)}, which is installed"
        elif missing is None and not unmet and not source_line(error):  # Python can't read the file itself
            yield f"install {self.package.name} again, with this Python"

    def _missing_module(self) -> str:
        """Return why its own module may be missing."""
        package, folder = self.package, self.package.editable_folder
        if folder is not None and not folder.exists():
            return f"it was installed as editable from {folder}, which is gone: install it again, or uninstall it"
        if self.module.startswith(f"{GROUP}."):
            return f"the package {GROUP} is the core's own, and plugins can't add modules to it: rename the module"
        likely = closest(self.module, package.modules)
        if likely:
            return f"did you mean {likely!r}?"
        return "its package was installed or removed only in part: install it again, or uninstall it"


def find_plugins() -> list[PackagedPlugin]:
    """Return the plugins of all installed packages: the core's own first, the others by name.

    :raises PluginError: when the core's own isn't there.
    """
    installations = _first_of_each(_find_packages())
    plugins = [plugin for installation in installations for plugin in _plugins_of(installation)]
    plugins.sort(key=lambda plugin: (plugin.target != BUILTIN_MODULE, plugin.name, plugin.target))
    if not plugins or plugins[0].target != BUILTIN_MODULE:
        raise PluginError(
            BUILTIN,
            f"the package {CORE} isn't installed properly, though its modules are on the import path: install it again",
        )
    return plugins


_Installation = tuple[Package, Sequence[EntryPoint], str]
"""A package with plugins, its entry points, and what is wrong with their file."""


def _find_packages() -> Iterator[_Installation]:
    for distribution in distributions():
        entries, problem = _read_entries(distribution)
        if not entries and not problem:
            continue
        package = Package(distribution)
        # A file that can't be read doesn't say what is in it.
        has_plugins = entries or any(
            canonicalize_name(needed.name) == CORE for needed in package.requirements
        )
        if has_plugins and not package.is_leftover:
            yield package, entries, problem


def _read_entries(distribution: Distribution) -> tuple[Sequence[EntryPoint], str]:
    """Return a package's entry points that are ours, and what is wrong with their file."""
    try:
        text = distribution.read_text("entry_points.txt") or ""
        if not _may_have_plugins(text):
            return (), ""
        entries = [entry for entry in distribution.entry_points if _is_ours(entry.group)]
    except Exception as error:  # noqa: BLE001  whatever the parser stumbles over
        reason = f"can't be read ({type(error).__name__}): below [{GROUP}], each line must be `name = module`"
        return (), f"entry_points.txt of its package {reason}"
    if not entries and _lacks_group(text):
        return (), f"entry_points.txt of its package must begin with the line [{GROUP}]"
    return entries, ""


def _may_have_plugins(text: str) -> bool:
    """Return whether a file of entry points may have one of ours: most packages have other groups, or no file."""
    return "capi" in text.lower() or _lacks_group(text)


def _lacks_group(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith(("[", "#", ";"))


def _is_ours(group: str) -> bool:
    """Return whether entry points are in our group, or in one that can only be meant for it."""
    return group == GROUP or closest(group, [GROUP], certain=True) is not None


def _first_of_each(packages: Iterable[_Installation]) -> list[_Installation]:
    """Return each package once: the first on the import path, as that is the one whose modules are imported."""
    first: dict[str, _Installation] = {}
    for installation in packages:
        package, other = installation[0], first.setdefault(installation[0].key, installation)[0]
        if other.folder.parent == package.folder.parent and other.folder != package.folder:
            other.notes.append(
                f"its package is installed twice, as {other.version} and {package.version}: uninstall"
                f" {other.name} until none is left, and install it again"
            )
    return list(first.values())


def _plugins_of(installation: _Installation) -> Iterator[PackagedPlugin]:
    package, entries, problem = installation
    if problem:
        yield PackagedPlugin(package.name, "", package, problem)
    for entry in entries:
        problem = _entry_problem(entry)
        name = entry.name if problem not in (_UNNAMED, _NAMED_CORE) else package.name
        yield PackagedPlugin(name, entry.value, package, problem)


_UNNAMED = "its entry point has no name; it must be a line `name = module`"
_NAMED_CORE = f"its entry point is named {BUILTIN!r}, as the core's own plugin; give it another name"


def _entry_problem(entry: EntryPoint) -> str:
    """Return what is wrong with an entry point, or ""."""
    if entry.group != GROUP:
        return f"its entry point is in the group {entry.group!r}, which must be {GROUP!r}"
    if not entry.name:
        return _UNNAMED
    if entry.name == BUILTIN and entry.value != BUILTIN_MODULE:
        return _NAMED_CORE
    if not _TARGET.fullmatch(entry.value):
        example = "'acme_plugin', or an object in one, such as 'acme_plugin:plugin'"
        return f"its entry point leads to {entry.value!r}, which must be a module, such as {example}"
    return ""


def _version_problem(package: Package) -> str:
    """Return why a package isn't for this core or this Python, or ""."""
    installed = version(CORE)
    for requirement in package.requirements:
        if canonicalize_name(requirement.name) != CORE:
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            return f"it needs {CORE}{requirement.specifier}, but {installed} is installed"
    try:
        fits = SpecifierSet(package.python).contains(platform.python_version(), prereleases=True)
    except InvalidSpecifier:
        return ""
    return "" if fits else f"it needs Python {package.python}, but this is {platform.python_version()}"
