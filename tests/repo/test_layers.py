"""Imports point one way, and the core knows no plugin."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "capi_actions"
TEMPLATE = CORE / "templates"  # a plugin that `capi new` copies; it is data of the core, not a part of it
PLUGINS = [*sorted((ROOT / "plugins").glob("*/src/*/")), TEMPLATE / "plugin" / "src" / "capi_actions_acme"]

# Each layer may import from those before it, and from its own.
LAYERS = [
    {
        "bounds",
        "errors",
        "files",
        "ip_addresses",
        "logs",
        "notes",
        "personal_data",
        "secret",
        "text",
        "times",
        "tracebacks",
    },
    {"codec"},
    {"model", "web"},
    {"contracts", "outbox_guard", "group_commit", "hookspecs", "declare", "hashing", "jsonl", "inputs"},
    {"triggers", "mapping", "fields"},
    {"plugins"},
    {"config"},
    {"pipeline"},
    {"delivery"},
    {"intake", "status"},
    {"runtime"},
    {"client"},
    {"builtin"},
    {"cli"},
    {"testing"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SIBLINGS = {"triggers", "mapping", "fields"}


def modules(folder: Path) -> list[Path]:
    """All modules below a folder, without those of the template unless the folder is its own."""
    paths = sorted(folder.rglob("*.py"))
    return [path for path in paths if TEMPLATE in folder.parents or TEMPLATE not in path.parents]


@cache  # hundreds of tests ask for the same few hundred files
def imported(path: Path) -> tuple[str, ...]:
    """Names of the modules that a module imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module != "capi_actions":
                names.append(node.module or "")
            names += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(names)


def part(path: Path) -> str:
    """The core's part that a module belongs to."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", [path for path in modules(CORE) if path != CORE / "__init__.py"], ids=str)
def test_the_core_s_imports_point_one_way(path: Path) -> None:
    """Else nobody can read it from the bottom up, or take a part out."""
    own = part(path)
    assert own in LEVEL, f"{own} has no place in the layers yet"
    for name in imported(path):
        words = name.split(".")
        if words[0] != "capi_actions":
            continue
        other = words[1]
        assert other in LEVEL, f"{own} imports {other} through the package's front door"
        assert LEVEL[other] <= LEVEL[own], f"{own} imports {other}"
        if own in SIBLINGS and other in SIBLINGS:
            assert own == other, f"{own} imports its sibling {other}"


@pytest.mark.parametrize("path", modules(CORE), ids=str)
def test_the_core_never_names_a_plugin(path: Path) -> None:
    """Not in code, and not in imports; examples in docstrings are allowed to."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    attribute_docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings | attribute_docs
        ):
            assert "facebook" not in node.value.lower()
    assert not [name for name in imported(path) if name.startswith(("capi_actions_",))]


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=str)
def test_the_core_never_speaks_of_a_platform(path: Path) -> None:
    """Not even in an example: what it can do, it can do for any; ``capi-actions-webhook`` is the proof."""
    words = path.read_text(encoding="utf-8").lower()

    assert not [name for name in ("facebook", "meta's", "(meta:", "instagram") if name in words]


@pytest.mark.parametrize("path", [path for folder in PLUGINS for path in modules(folder)], ids=str)
def test_plugins_import_only_what_everyone_may(path: Path) -> None:
    """The built-in plugin is one like any other's: if it needs more, so will a stranger's."""
    import capi_actions

    folder = TEMPLATE if TEMPLATE in path.parents else ROOT / "plugins"
    package = path.relative_to(folder).parts[2]
    allowed = {*capi_actions.__all__, "builtin"}  # the core's own plugin, which docs load beside others
    for name in imported(path):
        if name.startswith("capi_actions."):
            name = name.removeprefix("capi_actions.")
            assert name in allowed or name.partition(".")[0] == "testing", name
        elif name.startswith("capi_actions_"):
            assert name.partition(".")[0] == package, name


def test_only_the_facade_uses_pluggy() -> None:
    """And the hook specifications, which must."""
    users = {
        part(path) for path in modules(CORE) if any(name.split(".")[0] == "pluggy" for name in imported(path))
    }

    assert users == {"plugins", "hookspecs"}


@pytest.mark.parametrize("library", ["sqlite3", "urllib3"])
def test_only_the_built_in_plugin_knows_how_items_are_stored_and_sent(library: str) -> None:
    """All else works with any outbox and any transport, as it says."""
    users = {
        part(path) for path in modules(CORE) if any(name.split(".")[0] == library for name in imported(path))
    }

    assert users == {"builtin"}


@pytest.mark.parametrize(
    "path", [path for path in modules(CORE) if part(path) not in {"builtin", "testing"}], ids=str
)
def test_nothing_imports_the_built_in_plugin(path: Path) -> None:
    """It is loaded through its entry point, like any other."""
    assert not [name for name in imported(path) if name.startswith("capi_actions.builtin")]


def test_every_distribution_stands_on_its_own() -> None:
    """Each needs its own licence, readme and type marker: the root's aren't packed."""
    dists = [ROOT / "core", *(ROOT / "plugins").glob("*/")]
    for dist in dists:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            assert (dist / name).read_text(encoding="utf-8").strip(), f"{dist.name}/{name}"
        assert list(dist.glob("src/*/py.typed"))
        assert (dist / "tests").is_dir()


def test_there_is_nothing_else_at_the_top() -> None:
    """One obvious place for everything."""
    allowed = {"core", "plugins", "docs", "tests", "pyproject.toml", "noxfile.py"}
    allowed |= {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}

    made = {"uv.lock", "__pycache__"}  # by uv, and by nox, which compiles noxfile.py

    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - made <= allowed
