"""Every folder of tests is run with the same settings, and with the files of this repository alone."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.vectors import DATA, ROOT, read_vectors

FOLDERS = ["core/tests", *(f"plugins/{path.name}/tests" for path in (ROOT / "plugins").iterdir()), "tests"]
PROBE = """
import pytest
from hypothesis import settings

def pytest_collection_finish(session):
    chosen = settings()
    print(f"profile: {chosen.max_examples} examples, deadline {chosen.deadline}")
    pytest.exit("enough", 0)
"""


def chosen_profile(folder: str, probe: Path, environment: dict[str, str]) -> str:
    """Start pytest for a folder, collecting nothing, and return what it says of its Hypothesis profile."""
    probe.joinpath("probe.py").write_text(PROBE, encoding="utf-8")
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HYPO"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "probe", "-p", "no:cacheprovider"]
    options = [f"--ignore-glob={ROOT}/*", str(ROOT / folder)]
    result = subprocess.run(
        [*command, *options],
        cwd=probe,
        env={**inherited, "PYTHONPATH": str(probe), **environment},
        capture_output=True,
        text=True,
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("folder", "environment", "examples"),
    [
        ("core/tests", {}, 20),
        ("core/tests", {"HYPOTHESIS_PROFILE": "thorough"}, 100),
        ("plugins/facebook/tests", {"HYPOTHESIS_PROFILE": "thorough"}, 100),
    ],
)
def test_a_folder_of_tests_has_the_profiles_of_all(
    folder: str, environment: dict[str, str], examples: int, tmp_path: Path
) -> None:
    """Whether a test passes must not depend on the folder that pytest was started for."""
    assert f"profile: {examples} examples, deadline None" in chosen_profile(folder, tmp_path, environment)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_of_tests_has_settings_of_its_own(folder: str) -> None:
    """A nearer configuration would replace the repository's, with its plugin and all that the plugin sets."""
    start = ROOT / folder
    nearer = [path for path in (start, *start.parents) if path != ROOT and path.is_relative_to(ROOT)]
    texts = [path.read_text(encoding="utf-8") for place in nearer for path in place.glob("pyproject.toml")]
    names = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg")

    assert not [place / name for place in nearer for name in names if (place / name).exists()]
    assert not [text for text in texts if "[tool.pytest" in text]
    for path in (ROOT / folder).rglob("conftest.py"):
        assert not re.search(r"(load|register)_profile", path.read_text(encoding="utf-8")), path


def python_files() -> list[Path]:
    """Return all of the repository's own Python files."""
    folders = ("core", "plugins", "tests")
    return [ROOT / "noxfile.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]


def text_files() -> list[Path]:
    """Return all of the repository's own files that a person or a program reads."""
    kinds = {".py", ".md", ".toml", ".yaml", ".yml"}
    named = [ROOT / ".ci" / "run", ROOT / ".github" / "CODEOWNERS"]
    top = [path for path in ROOT.iterdir() if path.suffix in kinds]
    folders = (".github", "core", "plugins", "tests", "docs")
    below = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    hidden = {".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
    return [*named, *top, *(path for path in below if path.suffix in kinds and hidden.isdisjoint(path.parts))]


def climbs(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what ``.parent`` and ``.parents[number]`` are taken of, and how many folders up they lead."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ast.Attribute(start, "parents"), ast.Constant(int(number))):
                yield ast.unparse(start), number + 1
            case ast.Attribute(start, "parent"):
                yield ast.unparse(start), 1


def test_no_python_file_leads_out_of_the_repository() -> None:
    """A folder beside the repository would change what is tested, and would be missing elsewhere."""
    for path in python_files():
        text = path.read_text(encoding="utf-8")
        if "parent" not in text:
            continue  # to parse all files takes seconds
        depth = len(path.relative_to(ROOT).parts)
        for start, levels in climbs(ast.parse(text)):
            assert start not in ("ROOT", "root"), f"{path} names what is beside the repository"
            assert "__file__" not in start or levels <= depth, f"{path} leads out of the repository"


def test_no_file_names_a_path_of_one_machine() -> None:
    """Nor a folder that only some people have beside the repository."""
    outside = re.compile(
        r"(?<![\w.~/-])/(?:home|root|work|Users|mnt)/(?!\.\.\.)\w+|\.\./shared|shared/vectors"
    )
    named = {
        (str(path.relative_to(ROOT)), hit[0])
        for path in text_files()
        if path != Path(__file__)
        for hit in outside.finditer(path.read_text(encoding="utf-8"))
    }

    assert named == set()


def test_links_of_pages_stay_in_the_repository() -> None:
    """They are read there."""
    for page in (path for path in text_files() if path.suffix == ".md"):
        for target in re.findall(r"\]\((\.\./[^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).resolve().is_relative_to(ROOT), f"{page}: {target}"


@pytest.mark.parametrize("path", sorted(path for path in DATA.rglob("*.*")), ids=lambda path: path.name)
def test_every_file_of_vectors_can_be_read(path: Path) -> None:
    """By the name without .gz, and no two files have one name; what is large is packed."""
    name = str(path.relative_to(DATA)).removesuffix(".gz")
    content: Any = read_vectors(name)

    assert content
    assert (path.with_name(Path(name).name).exists()) != Path(f"{DATA / name}.gz").exists()
    assert path.suffix == ".gz" or path.stat().st_size < 100_000


def test_vectors_are_read_in_one_place() -> None:
    """Five readers had five ideas of where the files lie."""
    readers = {
        str(path.relative_to(ROOT))
        for path in python_files()
        if re.search(r'"tests" / "data"|tests/data/?"|gzip\.decompress', path.read_text(encoding="utf-8"))
        and "src" not in path.parts
    }

    assert readers - {str(Path(__file__).relative_to(ROOT))} == {"tests/support/vectors.py"}
