"""What goes wrong with installed plugins, as people meet it: each is named with its package, the cause and a cure.

The plugins of a table lie in one folder on the import path, all at once, beside a sound one that must keep working: a
configuration uses a directive of it.  In a second folder are those that may take part in any configuration without
being named in it: filters, observers, replaced normalizers, and whatever nothing is left to read of.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from attrs import evolve, field, frozen
from click.testing import CliRunner

from capi_actions import PluginError, Plugins
from capi_actions.cli.app import main
from capi_actions.plugins import HOOKS, packages
from capi_actions.plugins.packages import find_plugins

INFO = "x_{name}-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: x-{name}\nVersion: 1.0\nRequires-Dist: capi-actions>=0.1\n"
ENTRY = "[capi_actions]\n{name} = x_{name}\n"
SOUND = """
from capi_actions import *

@hookimpl
def capi_directives():
    return [Directive(name="@{name}", compile=lambda value, compiler: lambda payload: "sound")]
"""
PLATFORM = """
from attrs import frozen
from capi_actions import *

@frozen(kw_only=True)
class Settings:
    normalization: str = ""

class Sink(Destination):
    name = "sink"
    settings_type = Settings

    def prepare(self, data, group, content_id):
        return Prepared(content_id(), 2**31, 2**33, group)

    def check(self, data, now):
        return []

    def envelope(self, batch):
        return Request(method="POST", url="https://sink.invalid", headers={}, body=b",".join(batch.bodies))

    def judge(self, response):
        return Judgement(verdict=Verdict.DONE)

class Swallow:
    def send(self, request):
        return Response(status=200, headers={}, body=request.body)

    def close(self):
        pass

@action("sink.drop", title="Drop", trigger='type = "track"')
class Drop:
    word: str = field(from_path("$.event").default)

    def build(self):
        return {"word": self.word}

@hookimpl
def capi_destinations():
    return [Sink]

@hookimpl
def capi_actions():
    return [Drop]

@hookimpl
def capi_transports():
    return [TransportFactory(name="swallow", make=Swallow)]
"""
Files = Mapping[str, str | bytes | None]


@frozen(kw_only=True)
class Mishap:
    """Something wrong with an installed plugin.

    :ivar said: what is said of it, in this order; {name} stands for the plugin's name.
    :ivar files: texts by path below the folder for packages, in place of those of a sound plugin; None for no file.
    :ivar plugin: the name under which it is listed.
    :ivar package: the package that is named with it.
    """

    name: str
    said: tuple[str, ...]
    files: Files = field(factory=dict)
    plugin: str = "{name}"
    package: str = "x-{name} 1.0"

    def write(self, site: Path) -> None:
        """Install the plugin."""
        sound = {"x_{name}.py": SOUND, f"{INFO}/METADATA": METADATA, f"{INFO}/entry_points.txt": ENTRY}
        for path, text in {**sound, **self.files}.items():
            if text is None:
                continue
            file = site / self.fill(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else self.fill(text).encode())

    def fill(self, text: str) -> str:
        """Put the plugin's name into a text."""
        return text.replace("{name}", self.name)


def code(name: str, text: str | bytes, *said: str) -> Mishap:
    """Return a plugin whose module has other code."""
    return Mishap(name=name, said=said, files={"x_{name}.py": text})


def failing(name: str, text: str, *said: str) -> Mishap:
    """Return a plugin whose module fails after its hooks."""
    return code(name, f"{SOUND}\n{text}\n", "can't be imported (x_{name}): ", *said)


def target(name: str, value: str, *said: str, more: str = "") -> Mishap:
    """Return a plugin whose entry point leads elsewhere."""
    files = {f"{INFO}/entry_points.txt": f"[capi_actions]\n{{name}} = {value}\n", "x_{name}.py": SOUND + more}
    return Mishap(name=name, said=said, files=files)


def entries(name: str, text: str | bytes | None, *said: str, plugin: str = "x-{name}") -> Mishap:
    """Return a plugin whose package has another file of entry points."""
    return Mishap(name=name, said=said, files={f"{INFO}/entry_points.txt": text}, plugin=plugin)


def metadata(name: str, text: str | bytes | None, *said: str, **files: str) -> Mishap:
    """Return a plugin whose package has other metadata."""
    return Mishap(
        name=name, said=said, files={f"{INFO}/METADATA": text, f"x_{name}.py": files.get("code", SOUND)}
    )


def without_module(name: str, *said: str, **files: str | bytes) -> Mishap:
    """Return a plugin whose module isn't there, or only as other files."""
    prepared = {path.replace("__", "."): text for path, text in files.items()}
    return Mishap(name=name, said=said, files={"x_{name}.py": None, **prepared})


def hook(name: str, kind: str, body: str, *said: str) -> Mishap:
    """Return a plugin with one hook, that isn't sound."""
    return code(
        name, f"from capi_actions import *\n\n@hookimpl\ndef {kind}():\n    {body}\n", f"{kind}() ", *said
    )


CLASS = """
class Plugin:
    @hookimpl
    def capi_directives(self):
        return []

    @hookimpl
    def capi_actions():
        return []
"""
PARTLY = "its package was installed or removed only in part: install it again, or uninstall it"
A_MODULE = "which must be a module, such as 'acme_plugin', or an object in one, such as 'acme_plugin:plugin'"
OFFERS = {
    "capi_actions": 'Action(name="sink.{name}", title="", description="", trigger=None, fields={{}}, build=dict)',
    "capi_directives": 'Directive(name="@{name}", compile=print)',
    "capi_normalizers": 'Normalizer(profile="{name}", key="em", normalize=str.lower, otherwise="raw")',
    "capi_transports": 'TransportFactory(name="{name}", make=dict)',
    "capi_outboxes": 'OutboxFactory(name="{name}", make=dict)',
    "capi_inputs": 'InputFormat(name="{name}", convert=list)',
    "capi_events": 'EventFilter(name="{name}", apply=print)',
    "capi_tables": 'ConfigTable(name="{name}", settings_type=type(Request(method="", url="", headers={{}}, body=b"")))',
    "capi_commands": 'click.Command("{name}")',
}
"""What can be offered twice."""

UNNAMED = ("capi_events", "capi_normalizers", "capi_report")
"""Hooks whose offers take part without being named."""


def clash(kind: str, side: str) -> Mishap:
    """Return one of two plugins that offer the same."""
    name = f"clash_{kind.removeprefix('capi_')}"
    offer = OFFERS[kind].format(name=name)
    text = f"import click\nfrom capi_actions import *\n\n@hookimpl\ndef {kind}():\n    return [{offer}]\n"
    rivals = (
        f"{kind}(): ",
        name,
        " is offered by ",
        f"'{name}_1' (x-{name}_1 1.0) and '{name}_2' (x-{name}_2 1.0)",
    )
    return code(f"{name}_{side}", text, *rivals, "or uninstall one")


def of_every_kind(kind: str) -> Iterator[Mishap]:
    """Return plugins whose hook fails, returns nothing, or offers something else."""
    name = kind.removeprefix("capi_")
    yield hook(
        f"{name}_fail",
        kind,
        "{}['key']",
        "failed with KeyError: 'key' (x_{name}_fail.py, line 5)".replace("{name}", name),
    )
    yield hook(f"{name}_exit", kind, "raise SystemExit", "failed with SystemExit")
    yield hook(f"{name}_none", kind, "pass", "must return a list, but returned NoneType")
    yield hook(f"{name}_yield", kind, "yield 5", "must return a list, but returned generator")
    yield hook(f"{name}_odd", kind, "return [5]", "must offer ", "but offered int")


def of_kinds(kinds: Any) -> Iterator[Mishap]:
    for kind in kinds:
        yield from of_every_kind(kind)
        if kind in OFFERS:
            yield from (clash(kind, side) for side in "12")


SKIPPED = [
    target(
        "attribute_missing",
        "x_{name}:capi_directive",
        "has no 'capi_directive'; did you mean 'capi_directives'?",
    ),
    target(
        "attribute_none", "x_{name}:it", "it is NoneType, but must be a module or an object", more="it = None"
    ),
    target("attribute_text", "x_{name}:it", "it is str, but must be a module or an object", more="it = 'x'"),
    target(
        "attribute_hook",
        "x_{name}:capi_directives",
        "it is the function capi_directives()",
        "module, 'x_{name}'",
    ),
    target(
        "a_class",
        "x_{name}:Plugin",
        "must take no arguments, but it takes self; the plugin is a class: name an",
        more=CLASS.rpartition("\n\n")[0],
    ),
    target(
        "no_self",
        "x_{name}:plugin",
        "capi_actions() of an object must take self",
        more=f"{CLASS}\nplugin = Plugin()",
    ),
    target(
        "no_dir",
        "x_{name}:plugin",
        "can't be loaded: ZeroDivisionError",
        more="class P:\n def __dir__(self): 1 / 0\nplugin = P()",
    ),
    entries("unnamed", "[capi_actions]\n = x_{name}\n", "its entry point has no name"),
    entries(
        "is_core", "[capi_actions]\ncore = x_{name}\n", "its entry point is named 'core', as the core's own"
    ),
    entries(
        "two_names",
        f"{ENTRY}{{name}}_2 = x_{{name}}\n",
        "it is the same as the plugin 'two_names': keep one",
        plugin="two_names_2",
    ),
    entries(
        "twice",
        f"{ENTRY}{{name}} = x_{{name}}:it\n",
        "several plugins have this name: two of x-twice 1.0",
        plugin="twice",
    ),
    entries(
        "namesake_1",
        "[capi_actions]\nnamesake = x_{name}\n",
        "several plugins have this name: one of x-namesake_1 1.0, one of x-namesake_2 1.0",
        plugin="namesake",
    ),
    entries(
        "namesake_2",
        "[capi_actions]\nnamesake = x_{name}\n",
        "several plugins have this name: one of x-namesake_1 1.0, one of x-namesake_2 1.0",
        plugin="namesake",
    ),
    *(
        entries(
            f"group_{number}",
            f"[{group}]\n{{name}} = x_{{name}}\n",
            f"its entry point is in the group {group!r}, which must be 'capi_actions'",
            plugin="{name}",
        )
        for number, group in enumerate(
            ("capi-actions", "capi_action", "capi.actions", "Capi_Actions", "capiactions", " capi_actions ")
        )
    ),
    failing("raises", "raise RuntimeError('no licence')", "RuntimeError: no licence (x_raises.py, line 8)"),
    failing("raises_lines", "raise RuntimeError('one\\ntwo')", "RuntimeError: one two ("),
    failing("raises_controls", "raise RuntimeError('\\x1b[31m\\udcff')", "RuntimeError: "),
    failing("raises_a_book", "raise RuntimeError('a' * 10**6)", f"RuntimeError: {'a' * 300}… ("),
    failing(
        "raises_oddly", "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd", "Odd ("
    ),
    failing("exits", "import sys\nsys.exit()", "SystemExit (x_exits.py, line 9)"),
    failing("stops", "raise GeneratorExit", "GeneratorExit (x_stops.py, line 8)"),
    failing("recursion", "def f(): f()\nf()", "RecursionError: "),
    failing("syntax", "def broken(:", "SyntaxError: ", "(x_syntax.py, line 8)"),
    failing("python_2", "print 'x'", "SyntaxError: ", "(x_python_2.py, line 8)"),
    failing("conflict", "<<<<<<< HEAD", "SyntaxError: ", "(x_conflict.py, line 8)"),
    failing("tabs", "if 1:\n\tx = 1\n        y = 2", "TabError: ", "(x_tabs.py, line 10)"),
    failing("null_byte", "\0", "SyntaxError: ", "null bytes"),
    code(
        "latin",
        b"x = 'gr\xfc\xdfe'\ncapi_directives = 1\n",
        "can't be imported (x_latin): SyntaxError: ",
        "utf-8",
    ),
    failing("relative", "from . import more", "ImportError: attempted relative import"),
    evolve(
        failing(
            "cycle", "import x_cycle_2\nlate = 1", "ImportError: cannot import name 'late' from partially"
        ),
        files={"x_{name}.py": f"{SOUND}\nimport x_cycle_2\n", "x_cycle_2.py": "from x_cycle import late"},
    ),
    failing(
        "undeclared",
        "import nothing_such",
        "No module named 'nothing_such' (x_undeclared.py, line 8); ",
        "its package doesn't name what brings 'nothing_such'",
    ),
    failing(
        "private_name",
        "from capi_actions import Nothing",
        "cannot import name 'Nothing'",
        f"another version of capi-actions than {version('capi-actions')}, which is installed",
    ),
    metadata(
        "needs_more",
        f"{METADATA}Requires-Dist: nothing-such>=2\n",
        "; its package needs nothing-such>=2, which isn't installed: install it",
        code=f"import nothing_such\n{SOUND}",
    ),
    metadata(
        "needs_newer",
        f"{METADATA}Requires-Dist: attrs>=99\n",
        "; its package needs attrs>=99, but ",
        f"{version('attrs')} is installed: install that",
        code=f"from attrs import later\n{SOUND}",
    ),
    metadata(
        "newer_core",
        METADATA.replace(">=0.1", ">=9"),
        f"it needs capi-actions>=9, but {version('capi-actions')} is installed",
    ),
    metadata(
        "older_core",
        METADATA.replace("capi-actions>=0.1", "Capi.Actions<0.1"),
        "it needs capi-actions<0.1, but ",
    ),
    metadata(
        "pinned_core",
        METADATA.replace(">=", " (==").replace("0.1\n", "0.0.3)\n"),
        "it needs capi-actions==0.0.3, but ",
    ),
    metadata("newer_python", f"{METADATA}Requires-Python: >=4\n", "it needs Python >=4, but this is 3."),
    code(
        "no_hooks",
        "from capi_actions import *\n# capi_actions\n",
        "it has no hook: mark a function",
        "with @hookimpl; there are: capi_",
    ),
    code(
        "misspelt",
        SOUND.replace("capi_directives", "capi_directive"),
        "there is no hook 'capi_directive'; did you mean 'capi_directives'?",
    ),
    code(
        "unmarked", SOUND.replace("@hookimpl", ""), "capi_directives() isn't marked: put @hookimpl above it"
    ),
    code(
        "taken_core",
        SOUND.replace("@{name}", "@path"),
        "'@path' of 'core' (capi-actions ",
        "is also offered by 'taken_core' (x-taken_core 1.0); rename it there, or uninstall that",
    ),
    target(
        "z_same",
        "x_sound",
        "it is the same as the plugin 'sound'",
        "if two packages have a module of this name",
    ),
    *of_kinds(hook for hook in HOOKS if hook not in UNNAMED),
]
"""Refused, and left out where the configuration doesn't use them."""

STOPPING = [
    without_module("gone", "No module named 'x_gone'", PARTLY),
    without_module(
        "editable_gone",
        "it was installed as editable from /nowhere/my plugin, which is gone: install it",
        **{
            f"{INFO}/direct_url.json": '{"url": "file:///nowhere/my%20plugin", "dir_info": {"editable": true}}'
        },
    ),
    without_module(
        "folder_left",
        "is a folder without __init__.py, such as an uninstalled package may leave",
        **{"x_folder_left/data.json": "{}"},
    ),
    without_module(
        "renamed",
        "; did you mean 'x_renamedd'?",
        **{
            "x_renamedd.py": SOUND,
            f"{INFO}/RECORD": "x_renamedd.py,,\nx_{name}-1.0.dist-info/METADATA,,\n",
        },
    ),
    without_module(
        "other_python",
        "ImportError: bad magic number",
        "install x-other_python again, with this Python",
        **{"x_other_python.pyc": b"x" * 40},
    ),
    without_module(
        "other_machine",
        "ImportError: ",
        "install x-other_machine again, with this Python",
        **{f"x_other_machine{importlib.machinery.EXTENSION_SUFFIXES[0]}": b"x"},
    ),
    target("submodule", "x_{name}.plugin", "No module named 'x_submodule.plugin'", PARTLY),
    target(
        "in_core",
        "capi_actions.x_{name}",
        "the package capi_actions is the core's own, and plugins can't add modules",
    ),
    *(
        target(f"target_{number}", value, f"its entry point leads to {value!r}, {A_MODULE}")
        for number, value in enumerate(
            ("x value", "src/x.py", "x-dash", "", ":x", ".x", "x:plugin()", "x.y:", "5x y")
        )
    ),
    entries(
        "no_value",
        "[capi_actions]\nx_{name}\n",
        "entry_points.txt of its package can't be read",
        "each line must be `name = module`",
    ),
    entries(
        "no_group",
        "{name} = x_{name}\n",
        "entry_points.txt of its package must begin with the line [capi_actions]",
    ),
    entries(
        "utf_16", ENTRY.encode("utf-16"), "entry_points.txt of its package can't be read (UnicodeDecodeError)"
    ),
    entries(
        "latin_1",
        "[capi_actions]\ngrüße = x".encode("latin-1"),
        "entry_points.txt of its package can't be read",
    ),
    *of_kinds(UNNAMED),
]
"""Refused, and no event is sent while they are."""

WORKING_THOUGH_DAMAGED = [
    metadata("no_metadata", None, "METADATA of its package lacks Name and Version; install it again"),
    metadata("empty_metadata", "", "METADATA of its package lacks Name and Version; install it again"),
    metadata(
        "no_name", METADATA.replace("Name: x-{name}\n", ""), "METADATA of its package lacks Name; install it"
    ),
    metadata(
        "no_version", METADATA.replace("Version: 1.0\n", ""), "METADATA of its package lacks Version; install"
    ),
    metadata(
        "latin_metadata",
        b"Name: x-latin_metadata\nSummary: gr\xfc\xdfe",
        "can't be read (UnicodeDecodeError)",
    ),
    Mishap(
        name="two_versions",
        said=("is installed twice, as 1.", "uninstall x-two_versions until none is left"),
        files={
            "x_{name}-1.1.dist-info/METADATA": METADATA.replace("1.0", "1.1"),
            "x_{name}-1.1.dist-info/entry_points.txt": ENTRY,
        },
    ),
]
"""They work, but what is wrong with their packages is said."""

HARMLESS = [
    Mishap(
        name="leftover",
        said=(),
        files={
            "~_leftover-1.0.dist-info/METADATA": METADATA,
            "~_leftover-1.0.dist-info/entry_points.txt": ENTRY,
        },
    ),
    Mishap(name="odd_python", said=(), files={f"{INFO}/METADATA": f"{METADATA}Requires-Python: new\n"}),
    Mishap(
        name="odd_requirement", said=(), files={f"{INFO}/METADATA": f"{METADATA}Requires-Dist: what? (5)\n"}
    ),
    Mishap(
        name="extra",
        said=(),
        files={f"{INFO}/entry_points.txt": ENTRY.replace("x_{name}", "x_{name} [more]")},
    ),
    Mishap(
        name="Upper Case, name-with_all",
        said=(),
        files={
            f"{INFO}/entry_points.txt": "[capi_actions]\n{name} = x_upper\n",
            "x_upper.py": SOUND.replace("@{name}", "@upper"),
        },
    ),
    code("prints", f"print('to standard output')\n{SOUND}"),
]
"""Nothing is wrong with them."""


@frozen(kw_only=True)
class Outcome:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Site:
    """A folder that packages are installed in, and commands that find their plugins there."""

    def __init__(self, folder: Path, mishaps: list[Mishap]) -> None:
        self.config = folder / "capi.toml"
        self.configure()
        self.packages = folder / "site"
        Mishap(name="sound", said=()).write(self.packages)
        Mishap(name="platform", said=(), files={"x_{name}.py": PLATFORM}).write(self.packages)
        for mishap in mishaps:
            mishap.write(self.packages)
        forget_modules()
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(self.packages)
            self.listed = self.run("plugins", "--json")
            self.checked = self.run("check", "--json")
            self.sent = self.run("send", "--json")

    def configure(self, text: str = "") -> None:
        """Write a configuration that uses the sound plugins."""
        mapping = (
            '[[destinations.main.mappings]]\naction = "sink.drop"\nmapping = { word = { "@sound" = 1 } }\n'
        )
        self.config.write_text(
            f'[destinations.main]\ntype = "sink"\n{mapping}[transport]\ntype = "swallow"\n{text}',
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> Outcome:
        """Run a command in this process, on one event."""
        event = b'{"type": "track", "event": "Order", "messageId": "m"}'
        with CliRunner(env={"COLUMNS": "80"}).isolation(input=event) as (out, err, _):
            status = main([*arguments, "--config", str(self.config)])
            sys.stderr.flush()
            return Outcome(status=status, out=out.getvalue().decode(), err=err.getvalue().decode())

    def described(self, mishap: Mishap) -> dict[str, Any]:
        """Return how a plugin is listed."""
        name, package = mishap.fill(mishap.plugin), mishap.fill(mishap.package)
        return next(
            record
            for record in reversed(self.listed.records)
            if (record["name"], record["package"]) == (name, package)
        )


def forget_modules() -> None:
    """Let the next import of these plugins read their files."""
    for name in [name for name in sys.modules if name.startswith("x_")]:
        del sys.modules[name]


@pytest.fixture(scope="module", autouse=True)
def forgotten_modules() -> Iterator[None]:
    """Leave no module of these plugins behind."""
    yield
    forget_modules()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A folder with plugins that are left out, and what harms nobody."""
    return Site(tmp_path_factory.mktemp("left-out"), [*SKIPPED, *WORKING_THOUGH_DAMAGED, *HARMLESS])


@pytest.fixture(scope="module")
def stopping_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A folder with plugins that must not be left out unasked."""
    return Site(tmp_path_factory.mktemp("stopping"), STOPPING)


def in_order(parts: tuple[str, ...], text: str) -> bool:
    """Return whether a text has all parts, one after the other."""
    for part in parts:
        _, separator, text = text.partition(part)
        if not separator:
            return False
    return True


def problems(site: Site, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return severity and message of what `capi check` says of a plugin."""
    subjects = (f"plugin {record['name']!r}", f"plugin {record['name']!r} ({record['package']})")
    return [
        (problem["severity"], problem["message"])
        for problem in site.checked.records
        if problem["path"] in subjects
    ]


@pytest.mark.parametrize("mishap", SKIPPED, ids=lambda mishap: mishap.name)
def test_a_broken_plugin_that_nobody_uses_is_named_with_cause_and_cure(site: Site, mishap: Mishap) -> None:
    """`capi plugins` lists it as refused, and `capi check` warns of it."""
    record = site.described(mishap)
    said = tuple(map(mishap.fill, mishap.said))

    assert in_order(said, record["error"]), record["error"]
    assert record["error"] == " ".join(record["error"].split())
    assert [("warning", f"{record['error']}; it isn't used here")] == problems(site, record)


@pytest.mark.parametrize("mishap", STOPPING, ids=lambda mishap: mishap.name)
def test_a_broken_plugin_that_may_take_part_is_named_with_cause_and_cure(
    stopping_site: Site, mishap: Mishap
) -> None:
    """Nobody knows whether it was the one that kept events of people without consent back."""
    record = stopping_site.described(mishap)
    said = tuple(map(mishap.fill, mishap.said))

    assert in_order(said, record["error"]), record["error"]
    assert [("error", record["error"])] == problems(stopping_site, record)


@pytest.mark.parametrize("mishap", WORKING_THOUGH_DAMAGED, ids=lambda mishap: mishap.name)
def test_a_damaged_package_whose_plugin_works_is_warned_of(site: Site, mishap: Mishap) -> None:
    """Its version and what it needs can't be checked."""
    (record,) = (record for record in site.listed.records if record["name"] == mishap.name)
    (warning,) = record["unused"]

    assert (None, {"capi_directives": [f"@{mishap.name}"]}) == (record["error"], record["hooks"])
    assert in_order(mishap.said, warning), warning
    assert [("warning", warning)] == problems(site, record)


@pytest.mark.parametrize("mishap", HARMLESS, ids=lambda mishap: mishap.name)
def test_what_only_looks_broken_is_loaded(site: Site, mishap: Mishap) -> None:
    """Such as what pip leaves when it is interrupted, or a name that needs quotes in TOML."""
    (record,) = (record for record in site.listed.records if record["name"] == mishap.name)

    assert (None, []) == (record["error"], record["unused"])
    assert list(record["hooks"]) == ["capi_directives"]


def test_the_others_keep_working_whatever_is_broken(site: Site) -> None:
    """All mishaps at once don't keep one event from being sent, and standard output holds data only."""
    refused = {record["name"] for record in site.listed.records if record["error"]}

    assert (2, 0, 0) == (site.listed.status, site.checked.status, site.sent.status)
    assert {mishap.fill(mishap.plugin) for mishap in SKIPPED} == refused
    assert {"core", "sound", "platform"}.isdisjoint(refused)
    (record,) = site.sent.records
    assert (1, 1) == (record["summary"]["events"], record["summary"]["delivered"])
    assert "to standard output" in site.listed.err


def test_what_may_be_needed_stops_events_and_all_is_named_at_once(stopping_site: Site) -> None:
    """With how to go on without it, which works."""
    names = {mishap.fill(mishap.plugin) for mishap in STOPPING}

    assert (2, 2, 2) == (stopping_site.listed.status, stopping_site.checked.status, stopping_site.sent.status)
    *problems, advice = stopping_site.sent.err.splitlines()
    assert not [name for name in names if f"'{name}' (x-" not in "\n".join(problems)]
    assert not stopping_site.sent.out
    _, _, table = advice.partition("`capi uninstall`, or `")
    stopping_site.configure(f"[plugins]\n{table.partition('`')[0]}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(stopping_site.packages)
        assert (0, 0) == (stopping_site.run("send").status, stopping_site.run("plugins").status)


GREET = """
import click
from capi_actions import hookimpl

@click.command()
@click.option("--config")
def greet(config):
    click.echo("hi")

@hookimpl
def capi_commands():
    return [greet]
"""


def test_commands_of_other_plugins_stay(tmp_path: Path) -> None:
    """Such as `capi serve`, which must be started again before somebody repairs what it doesn't use."""
    site = Site(tmp_path, [code("greeting", GREET), *SKIPPED[:3]])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site.packages)
        greeted, unknown = site.run("greet"), site.run("great")

    assert Outcome(status=0, out="hi\n", err="") == greeted
    assert 2 == unknown.status
    assert "capi: plugin 'attribute_missing' (x-attribute_missing 1.0): " in unknown.err


@pytest.mark.parametrize(
    "text", [None, "", "[console_scripts]\nx = x:main\n"], ids=["none", "empty", "other"]
)
def test_a_package_that_brings_no_plugin_is_known_by_name(tmp_path: Path, text: str | None) -> None:
    """It isn't refused, as a program that uses the core isn't one; but who asks for it has lost its entry point."""
    site = Site(tmp_path, [entries("silent", text)])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site.packages)
        asked, brought = site.run("plugins", "x-silent"), site.run("plugins", "x-sound")

    assert 0 == site.listed.status
    assert (
        "there is no plugin 'x-silent'; the package x-silent is installed, but has no entry point in the group"
        in asked.err
    )
    assert "there is no plugin 'x-sound'; the package x-sound brings 'sound'" in brought.err


def test_a_core_that_is_only_on_the_import_path_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone whose src folder is in PYTHONPATH has no entry points, and so no outbox and no directives."""
    others = [
        distribution for distribution in distributions() if distribution.metadata["Name"] != packages.CORE
    ]
    monkeypatch.setattr(packages, "distributions", lambda: iter(others))

    with pytest.raises(
        PluginError, match=r"'core': the package capi-actions isn't installed properly, though"
    ):
        Plugins.usable()


def test_a_package_that_is_on_the_path_twice_is_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its modules are; two folders on the path, such as one of the user and one of the system, are no fault."""
    for folder in ("one", "two"):
        Mishap(name="doubled", said=()).write(tmp_path / folder)
        monkeypatch.syspath_prepend(tmp_path / folder)

    (plugin,) = (plugin for plugin in find_plugins() if plugin.name == "doubled")
    assert (tmp_path / "two", []) == (plugin.package.folder.parent, plugin.package.notes)


def test_every_hook_has_its_mishaps() -> None:
    """A new hook must not be forgotten here."""
    assert not [hook for hook in HOOKS if hook not in (*OFFERS, "capi_destinations", "capi_report")]
    assert len([*SKIPPED, *STOPPING, *WORKING_THOUGH_DAMAGED]) > 78


def test_a_plugin_in_a_zip_file_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a wheel on the import path is; it used to end every command with a TypeError."""
    Mishap(name="zipped", said=()).write(tmp_path / "plain")
    with ZipFile(tmp_path / "plugin.zip", "w") as file:
        for path in sorted((tmp_path / "plain").rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(tmp_path / "plain"))
    monkeypatch.syspath_prepend(tmp_path / "plugin.zip")

    assert "@zipped" in Plugins.installed().directives
    assert "x-zipped 1.0" in [str(plugin.package) for plugin in find_plugins()]
