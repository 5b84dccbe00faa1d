"""Make the files of a new plugin from the template, which is a plugin itself: with one thing of each kind.

A line of the template that ends in the comment ``# with KIND`` is there for these kinds only.  So are the modules and
tests named after a kind, and the sections of the README.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import frozen
from packaging.version import Version

KINDS = (
    "action",
    "destination",
    "directive",
    "filter",
    "normalizer",
    "transport",
    "outbox",
    "observer",
    "command",
)
"""What a plugin can be begun with."""

_TEMPLATE = files("capi_actions") / "templates" / "plugin"
_RENAMED = {"gitignore": ".gitignore", "github/ci.yml": ".github/workflows/ci.yml"}
"""Hidden files, which packaging tools would leave out of the template."""

_FOREIGN_TEST = "tests/test_foreign_action.py"
_MARK = re.compile(r"  # with ([a-z, ]+)$")
_KIND_OF_FILE = re.compile(rf"(?:^|/)(?:test_)?({'|'.join(KINDS)})\.py$")
_CONFIG = re.compile(r"^( +)config = .*\n", re.MULTILINE)


@frozen(kw_only=True)
class Platform:
    """An installed destination type that an action is written for.

    :ivar name: the type.
    :ivar module: the plugin that offers it, as a module.
    :ivar package: the package of that plugin, and its version.
    :ivar settings: of an account, for tests.
    :ivar action: the source of an action to begin with; "" if the platform has none.
    """

    name: str
    module: str
    package: tuple[str, str]
    settings: Mapping[str, object]
    action: str = ""


def render_plugin(name: str, kinds: Sequence[str], platform: Platform | None = None) -> Mapping[str, str]:
    """Return the files of a new plugin: texts by path.

    :param name: the entry point's name: lower-case letters, digits and hyphens.
    :param kinds: some of :data:`KINDS`.
    :param platform: what its action is for; None for its own destination type.
    """
    texts = {_rename(path, name): _rename(text, name) for path, text in _read(_TEMPLATE)}
    foreign_test = texts.pop(_FOREIGN_TEST)
    source = f"src/{module_name(name)}/action.py"
    if platform is not None:
        own = texts[source].replace(f'"{name}.ping"', f'"{platform.name}.{name}"')
        texts[source] = _rename(platform.action, name) if platform.action else own
        texts["tests/test_action.py"] = foreign_test
    rendered = {}
    for path, text in texts.items():
        kind = _KIND_OF_FILE.search(path)
        if kind is None or kind[1] in kinds:
            rendered[_RENAMED.get(path, path)] = _adapt(path, text, name, kinds, platform)
    return rendered


def class_name(name: str) -> str:
    """Return a plugin's name as a class is named: ``RentShop`` for ``rent-shop``."""
    return "".join(word.capitalize() for word in name.split("-"))


def module_name(name: str) -> str:
    """Return the name of a plugin's package for ``import``."""
    return f"capi_actions_{name.replace('-', '_')}"


def compatible_versions(installed: str) -> str:
    """Return the versions that a plugin written for an installed one works with.

    >>> compatible_versions("0.1.3"), compatible_versions("2.4.0")
    ('>=0.1,<0.2', '>=2.4,<3')
    """
    release = Version(installed)
    breaking = f"0.{release.minor + 1}" if release.major == 0 else release.major + 1
    return f">={release.major}.{release.minor},<{breaking}"


def _read(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.name.startswith((".", "__pycache__")):  # what tools leave there
            continue
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_text(encoding="utf-8")


def _adapt(path: str, text: str, name: str, kinds: Sequence[str], platform: Platform | None) -> str:
    """Leave out what belongs to other kinds, and name the platform."""
    text = "".join(_marked_lines(text, kinds))
    if path == "README.md":
        text = _select_sections(text, kinds)
        if platform is not None:
            text = text.replace(f"{name}.ping", f"{platform.name}.{name}")
    if path == "pyproject.toml":
        text = text.replace(">=0.1,<0.2", compatible_versions(version("capi-actions")))
        if platform is not None:
            package, installed = platform.package
            line = f'  "{package}{compatible_versions(installed)}",\n'
            text = text.replace("\n]\n\n[project.entry", f"\n{line}]\n\n[project.entry")
    if path == "tests/test_plugin.py" and "destination" not in kinds:
        text = _configure_tests(text, platform)
    if path == "tests/test_action.py" and platform is not None:
        text = text.replace("platform_plugin", platform.module)
    return text


def _marked_lines(text: str, kinds: Sequence[str]) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        mark = _MARK.search(line.rstrip("\n"))
        if mark is None:
            yield line
        elif not set(mark[1].split(", ")).isdisjoint(kinds):
            yield line[: mark.start()] + "\n"


def _select_sections(text: str, kinds: Sequence[str]) -> str:
    head, *sections = re.split(r"(?m)^(?=## )", text)
    titles = [f"## {kind.capitalize()}\n" for kind in kinds]
    return (
        head
        + "".join(section for section in sections if section.startswith(tuple(titles))).rstrip("\n")
        + "\n"
    )


def _configure_tests(text: str, platform: Platform | None) -> str:
    if platform is None:
        return _CONFIG.sub(r"\1config = {}\n", text)
    settings = (
        "{" + ", ".join(f"{_quote(key)}: {_quote(value)}" for key, value in platform.settings.items()) + "}"
    )
    text = _CONFIG.sub(
        lambda match: f"{match[1]}others = ({platform.module},)\n{match[1]}config = {settings}\n", text
    )
    return text.replace("from capi_actions.testing", f"import {platform.module}\nfrom capi_actions.testing")


def _quote(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _rename(text: str, name: str) -> str:
    """Put a plugin's name in place of the template's."""
    words = {
        "capi_actions_acme": module_name(name),
        "ACME": name.replace("-", "_").upper(),
        "Acme": class_name(name),
        "acme": name,
    }
    return re.sub("|".join(words), lambda match: words[match[0]], text)
