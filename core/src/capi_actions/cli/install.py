"""``capi install`` and ``capi uninstall``: plugins of this environment, by its own pip."""

import importlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path

import click
from attrs import frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from capi_actions.cli.console import echo, echo_error
from capi_actions.errors import CapiError, ConfigError
from capi_actions.plugins.packages import CORE, find_plugins
from capi_actions.text import did_you_mean

_UNKNOWN_PACKAGE = "No matching distribution found for "  # how pip's message begins, up to the package's name

_VERBOSE = click.option(
    "--verbose", "-v", is_flag=True, help="Print all that pip says, not only what goes wrong."
)


@click.command()
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...")
@click.option(
    "--editable",
    "-e",
    "folders",
    multiple=True,
    metavar="FOLDER",
    help="Install the package in a folder; later changes of it take effect without another install.",
)
@click.option("--upgrade", "-U", is_flag=True, help="Install the newest versions, if older ones are there.")
@_VERBOSE
def install(packages: Sequence[str], folders: Sequence[str], upgrade: bool, verbose: bool) -> int:
    """Install plugins with pip, and show what they bring.

    PACKAGE is what pip takes: a name with or without a version, a wheel, a folder.  pip's own settings hold, such as
    PIP_INDEX_URL.
    """
    if not packages and not folders:
        raise click.UsageError("name a PACKAGE, or a folder with --editable")
    for folder in folders:
        if "://" not in folder and not Path(_without_extras(folder)).is_dir():
            raise click.UsageError(f"--editable: there is no folder {folder}")
    _check_pip()
    before = set(_find_plugins())
    editable = [word for folder in folders for word in ("--editable", folder)]
    upgrading = ["--upgrade"] if upgrade else []
    _run_pip("install", *_quiet(verbose), *upgrading, *editable, "--", *packages)
    named = {identity for word in (*packages, *folders) for identity in _identities(word)}
    plugins = [
        plugin
        for plugin in _find_plugins()
        if plugin not in before or not named.isdisjoint(plugin.identities)
    ]
    if not plugins:
        echo_error(
            "capi: what was installed offers nothing to capi, so it is no plugin; `pip uninstall` removes it"
        )
        return 2
    for package in sorted({f"{plugin.package} {plugin.version}" for plugin in plugins if plugin in before}):
        echo_error(f"{package} was installed before.")
    return max([_show(name) for name in sorted({plugin.name for plugin in plugins})])


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_VERBOSE
def uninstall(names: Sequence[str], verbose: bool) -> None:
    """Uninstall plugins with pip.

    NAME is a plugin, as `capi plugins` lists it, or its package.  What isn't a plugin is refused.
    """
    packages = list(dict.fromkeys(_find_package(name) for name in names))
    _check_pip()
    _run_pip("uninstall", *_quiet(verbose), "--yes", "--", *packages)
    for package in packages:
        echo_error(f"Uninstalled {package}.")


class _PipError(CapiError):
    """pip couldn't do what was asked."""


@frozen
class _Plugin:
    """An installed plugin.

    :ivar package: the name of its package.
    :ivar version: the package's.
    :ivar origin: the address of what the package was installed from, "" for an index.
    """

    name: str
    package: str
    version: str
    origin: str

    @property
    def identities(self) -> Collection[str]:
        """What a person may call its package; see :func:`_identities`."""
        return (canonicalize_name(self.package), self.origin)


def _find_plugins() -> Iterator[_Plugin]:
    """Return all installed plugins, without importing them."""
    importlib.invalidate_caches()
    for plugin in find_plugins():
        package = plugin.package
        yield _Plugin(plugin.name, package.name, package.version, _read_origin(package.folder))


def _read_origin(folder: Path) -> str:
    """Return where a package comes from, as pip has written it beside the metadata; "" if it hasn't."""
    try:
        origin: object = json.loads((folder / "direct_url.json").read_bytes())["url"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    return origin.rstrip("/") if isinstance(origin, str) else ""


def _identities(word: str) -> Iterator[str]:
    """Return by what an installed package is recognised that pip was asked for: its name, or what it comes from.

    :param word: as pip takes it: a name with or without a version, an address, a wheel, a folder.
    """
    with suppress(InvalidRequirement):
        requirement = Requirement(word)
        yield canonicalize_name(requirement.name)
        word = requirement.url or word
    place = _without_extras(word).partition("#")[0].rstrip("/")
    file = Path(place).name
    with suppress(InvalidWheelFilename):
        yield parse_wheel_filename(file)[0]
    with suppress(InvalidSdistFilename):
        yield parse_sdist_filename(file)[0]
    if "://" not in place:
        yield Path(os.path.abspath(place)).as_uri()  # noqa: PTH100  as pip does: no link is followed
        return
    scheme, _, address = place.partition("://")
    folder, slash, end = address.rpartition("/")
    yield f"{scheme.rpartition('+')[2]}://{folder}{slash}{end.partition('@')[0] if '+' in scheme else end}"


def _without_extras(word: str) -> str:
    return word.rpartition("[")[0] if word.endswith("]") else word


def _find_package(name: str) -> str:
    """Return the package that a plugin's name or a package's name stands for.

    :raises click.UsageError: when it is none, or the core's.
    """
    plugins = list(_find_plugins())
    packages = {plugin.package for plugin in plugins if plugin.name == name}
    packages |= {
        plugin.package for plugin in plugins if canonicalize_name(plugin.package) == canonicalize_name(name)
    }
    if CORE in packages:
        raise click.UsageError(f"{name!r} is capi itself; `pip uninstall {CORE}` removes it")
    if len(packages) > 1:
        raise click.UsageError(
            f"several packages have a plugin {name!r}: name one of {', '.join(sorted(packages))}"
        )
    if packages:
        return packages.pop()
    if _is_installed(name):
        raise click.UsageError(f"{name!r} is no plugin of capi: `pip uninstall {name}` removes it")
    others = sorted(plugin.name for plugin in plugins if plugin.package != CORE)
    raise click.UsageError(f"there is no plugin {name!r}{did_you_mean(name, others)}")


def _is_installed(name: str) -> bool:
    installed: Iterator[Distribution] = iter(distributions())
    return any(canonicalize_name(distribution.name) == canonicalize_name(name) for distribution in installed)


def _check_pip() -> None:
    """Refuse an environment that pip can't or shouldn't change, before it is tried.

    :raises ConfigError: with what would help.
    """
    if find_spec("pip") is None:
        raise ConfigError.of(
            f"there is no pip for {sys.executable}: `{sys.executable} -m ensurepip` installs it, or use the tool that"
            f" made this environment, such as `uv pip install --python {sys.executable} PACKAGE`",
            "",
        )
    marker = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    if sys.prefix == sys.base_prefix and marker.exists():
        raise ConfigError.of(
            f"{sys.executable} belongs to the operating system, whose packages pip must not change: make a virtual"
            " environment with `python3 -m venv .venv`, install capi into it as you did here, and use its capi",
            "",
        )


def _quiet(verbose: bool) -> Sequence[str]:
    return () if verbose else ("--quiet",)


def _run_pip(command: str, *arguments: str) -> None:
    """Run pip and pass its output on to standard error.

    :raises CapiError: when it fails.
    """
    options = ("--disable-pip-version-check", "--no-input")
    process = subprocess.Popen(  # noqa: S603  the words are arguments of pip, not of a shell
        [sys.executable, "-m", "pip", command, *options, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    unknown = ""
    with process:
        for line in process.stdout or ():
            echo_error(line.rstrip("\n"))
            if _UNKNOWN_PACKAGE in line:
                unknown = line.partition(_UNKNOWN_PACKAGE)[2].strip()
    if unknown:
        raise _PipError(
            f"pip finds no package {unknown!r} that fits this Python and the installed {CORE}; nothing was changed"
        )
    if process.returncode != 0:
        raise _PipError(f"`pip {command}` failed; what it printed says why")


def _show(plugin: str) -> int:
    """Describe a plugin as another process sees it: this one may have loaded a former version.

    :returns: the exit status: 2 if the plugin is refused.
    """
    command = [sys.executable, "-m", "capi_actions.cli", "plugins", plugin]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  as above
    echo(result.stdout.rstrip("\n"))
    for line in result.stderr.splitlines():
        echo_error(line)
    return result.returncode
