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


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize(("profile", "examples"), [(None, 30), ("thorough", 100)])
def test_every_folder_is_run_with_the_same_profile(
    folder: str, profile: str | None, examples: int, tmp_path: Path
) -> None:
    """Whether a test passes must not depend on the folder that pytest was started for."""
    (tmp_path / "probe.py").write_text(PROBE, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HYPO"))
    }
    environment["PYTHONPATH"] = str(tmp_path)
    if profile:
        environment["HYPOTHESIS_PROFILE"] = profile
    first = next((ROOT / folder).rglob("test_*.py"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "probe",
        "-p",
        "no:cacheprovider",
        str(first),
    ]
    result = subprocess.run(command, cwd=ROOT / folder, env=environment, capture_output=True, text=True)

    assert f"profile: {examples} examples, deadline None" in result.stdout, result.stdout + result.stderr


def python_files() -> list[Path]:
    """Return all of the repository's own Python files."""
    folders = ("core", "plugins", "tests")
    return [ROOT / "noxfile.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]


def text_files() -> list[Path]:
    """Return all of the repository's own files that a person or a program reads."""
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ""}
    hidden = [path for path in (ROOT / ".github").rglob("*") if path.is_file()]
    top = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in kinds]
    below = [path for folder in ("core", "plugins", "tests", "docs") for path in (ROOT / folder).rglob("*")]
    files = [*top, *hidden, ROOT / ".ci" / "run", *below]
    return [
        path for path in files if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
    ]


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
        depth = len(path.relative_to(ROOT).parts)
        for start, levels in climbs(ast.parse(path.read_text(encoding="utf-8"))):
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
