"""``capi new``: begin a plugin with a complete distribution."""

import keyword
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import attrs
import click

from capi_actions.cli.console import echo_error
from capi_actions.cli.options import selection
from capi_actions.cli.scaffold import KINDS, Platform, class_name, module_name, render_plugin
from capi_actions.config.structure import read_values
from capi_actions.errors import ConfigError, Diagnostics
from capi_actions.plugins import Plugins
from capi_actions.plugins.packages import find_plugins
from capi_actions.text import did_you_mean, with_article

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAX_NAME_LENGTH = 30
"""Characters: names of modules are made of it, and lines must not get too long."""
_PREFIX = "capi-actions-"


@click.command()
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    required=True,
    help="What it offers to begin with; can be repeated.",
)
@click.option(
    "--for",
    "destination_type",
    metavar="TYPE",
    help="The destination type that its action is for; by default its own, or the first one that is installed.",
)
def new(name: str, kinds: Sequence[str], destination_type: str | None) -> None:
    """Write a folder NAME with a complete plugin to begin with.

    It is a Python package of its own, with an entry point, typed source, tests, a README, and checks for CI.  Nothing
    that exists is overwritten.
    """
    installed = Plugins.installed(selection())
    if "destination" in kinds and destination_type is None:
        kinds = (*kinds, "action")  # what takes nothing can't be tried
    kinds = [kind for kind in KINDS if kind in kinds]
    if problem := next(_name_problems(name, kinds, installed), None):
        raise click.UsageError(f"NAME: {problem}")
    platform = None
    if "action" in kinds and ("destination" not in kinds or destination_type is not None):
        platform = _find_platform(destination_type, installed)
    elif destination_type is not None:
        raise click.UsageError("--for says what an action is for: add --kind action")
    files = render_plugin(name, kinds, platform)
    _write(Path(name), files)
    _explain(name, kinds, platform, len(files))


def _name_problems(name: str, kinds: Sequence[str], installed: Plugins) -> Iterator[str]:
    """Return what is wrong with a name, the most important thing first."""
    if name.startswith(_PREFIX):
        yield f"{name!r} begins with {_PREFIX!r}, which is put before every name: {name.removeprefix(_PREFIX)!r}"
    if not _NAME.fullmatch(name) or len(name) > _MAX_NAME_LENGTH:
        suggestion = (
            re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:_MAX_NAME_LENGTH].strip("-")
        )
        hint = f"; {suggestion!r} would do" if _NAME.fullmatch(suggestion) else ""
        yield (
            f"{name!r} can't be a package's name: it should be lower-case letters, digits and single hyphens, begin"
            f" with a letter, and have at most {_MAX_NAME_LENGTH} characters{hint}"
        )
    for word in (name.replace("-", "_"), class_name(name)):
        if keyword.iskeyword(word):
            yield f"{word!r} is a word of Python: no function or class can have this name"
    package, module = _PREFIX + name, module_name(name)
    if name in {plugin.name for plugin in installed.describe()}:
        yield f"a plugin {name!r} is installed already; `capi plugins {name}` describes it"
    if module in packages_distributions():
        yield f"a package {package} is installed already"
    for kind, names in _offered_names(installed).items():
        if kind in kinds and name in names:
            yield f"there is {with_article(kind)} {name!r} already"
    if Path(name).exists():
        yield f"{name} exists in this folder already; nothing is overwritten"


def _offered_names(installed: Plugins) -> Mapping[str, Sequence[str]]:
    """Return the names that a new plugin's offers would clash with, by their kind."""
    root = click.get_current_context().find_root().command
    commands = [*installed.commands, *(root.commands if isinstance(root, click.Group) else ())]
    return {
        "destination": list(installed.destinations),
        "transport": list(installed.transports),
        "outbox": list(installed.outboxes),
        "command": commands,
    }


def _find_platform(name: str | None, installed: Plugins) -> Platform:
    """Return the destination type that an action is written for.

    :param name: None for the first one that is installed.
    """
    if not installed.destinations:
        raise click.UsageError(
            "an action is for a destination type, and none is installed: add --kind destination, or install one"
        )
    if name is None:
        name = next(iter(installed.destinations))
    if name not in installed.destinations:
        raise click.UsageError(
            f"--for: there is no destination type {name!r}{did_you_mean(name, installed.destinations)}"
        )
    plugin = installed.provider("capi_destinations", name)
    packaged = next((packaged for packaged in find_plugins() if packaged.name == plugin), None)
    if packaged is None:
        raise click.UsageError(
            f"--for: the plugin {plugin!r} is one file; an action for {name!r} can be written there, but no package"
            " can require it"
        )
    destination_type = installed.destinations[name]
    return Platform(
        name=name,
        module=packaged.module,
        package=(packaged.package.name, packaged.package.version),
        settings=_example_settings(destination_type.settings_type),
        action=destination_type.action_template(),
    )


_EXAMPLES: Sequence[object] = ("1234567890", "https://platform.example/events", "any", 1, True, [], {})


def _example_settings(settings_type: Any) -> dict[str, object]:
    """Return settings for tests: for each required one, the first example that its type and validator take."""
    settings: dict[str, object] = {}
    for attribute in attrs.fields(settings_type):
        if attribute.default is attrs.NOTHING and attribute.init:
            for example in _EXAMPLES:
                diagnostics = Diagnostics()
                read_values({attribute.name: example}, settings_type, diagnostics)
                if not any(problem.path.startswith(f"$.{attribute.name}") for problem in diagnostics.errors):
                    settings[attribute.name] = example
                    break
    return settings


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write all files into a new folder, or nothing.

    :raises ConfigError: when that fails.
    """
    try:
        folder.mkdir()
    except OSError as error:
        raise ConfigError.of(f"the folder {folder} can't be made: {error.strerror}", "") from error
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ConfigError.of(f"{path} can't be written: {error.strerror}", "") from error


def _explain(name: str, kinds: Sequence[str], platform: Platform | None, count: int) -> None:
    """Print what was written and what to do next."""
    echo_error(f"Wrote {name}: {count} files of the package {_PREFIX}{name}.")
    if platform is not None:
        echo_error(f"Its action is for the destination type {platform.name!r}; --for names another.")
    echo_error("Next:")
    for command, purpose in (
        (f"capi install --editable ./{name}", "changes take effect without another install"),
        (f"capi plugins {name}", "what it offers"),
        (f"python -m pytest {name}", "needs capi-actions[testing]"),
    ):
        echo_error(f"  {command:<{len(name) + 26}} # {purpose}")
    echo_error(f"Then change the modules in {name}/src/{module_name(name)}: {', '.join(kinds)}.")
