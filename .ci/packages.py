"""Check built distributions: `python .ci/packages.py build/dist`.

A wheel holds its package, typed, with its license and nothing else; what it says of itself is what its pyproject.toml
says; a source distribution has what building it needs.  `nox -s packages` has twine and pip judge the rest.
"""

import sys
import tarfile
import tomllib
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
UNWANTED = (".pyc", ".sqlite3", ".toml~", ".orig")


def main(folder: Path) -> int:
    """Print what is wrong with the distributions in a folder; 1 if anything is."""
    projects = [
        path.parent
        for path in sorted([*ROOT.glob("plugins/*/pyproject.toml"), *ROOT.glob("core/pyproject.toml")])
    ]
    problems = [problem for project in projects for problem in check(project, folder)]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(projects)} distributions, {len(problems)} problems\n")
    return 1 if problems else 0


def check(project: Path, folder: Path) -> Iterator[str]:
    """Yield what is wrong with a project's wheel and source distribution."""
    pyproject = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    metadata = pyproject["project"]
    name = metadata["name"]
    stem = f"{name.replace('-', '_')}-{metadata['version']}"
    wheels, sources = list(folder.glob(f"{stem}-*.whl")), list(folder.glob(f"{stem}.tar.gz"))
    if len(wheels) != 1 or len(sources) != 1:
        yield f"{name}: {len(wheels)} wheels and {len(sources)} source distributions; one each is right"
        return
    (package,) = (path.parent for path in project.glob("src/*/__init__.py"))
    expected = {
        path.relative_to(project / "src").as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in UNWANTED
    }
    with ZipFile(wheels[0]) as wheel:
        names = set(wheel.namelist())
        yield from (f"{name}: the wheel lacks {path}" for path in sorted(expected - names))
        extra = {path for path in names - expected if not PurePosixPath(path).parts[0].endswith(".dist-info")}
        yield from (f"{name}: the wheel shouldn't have {path}" for path in sorted(extra))
        if f"{package.name}/py.typed" not in names:
            yield f"{name}: the wheel has no py.typed"
        if not any(path.endswith("licenses/LICENSE") for path in names):
            yield f"{name}: the wheel has no license"
        described = Parser().parsestr(wheel.read(f"{stem}.dist-info/METADATA").decode())
        if described["Summary"] != metadata["description"]:
            yield f"{name}: the wheel describes itself as {described['Summary']!r}"
        entry_points = f"{stem}.dist-info/entry_points.txt"
        if ("entry-points" in metadata or "scripts" in metadata) and entry_points not in names:
            yield f"{name}: the wheel has no entry points"
    with tarfile.open(sources[0]) as archive:
        members = {
            PurePosixPath(*PurePosixPath(member).parts[1:]).as_posix() for member in archive.getnames()
        }
    needed = {"pyproject.toml", "README.md", "LICENSE", f"src/{package.name}/py.typed"}
    yield from (f"{name}: the source distribution lacks {path}" for path in sorted(needed - members))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
