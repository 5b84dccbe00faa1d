"""What pages and messages tell people to install can be installed: from a clone, the only place there is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for pattern in ("*.md", "docs/**/*.md", "core/README.md", "plugins/*/README.md", "*/**/src/**/*.py")
    for path in sorted(ROOT.glob(pattern))
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
]
# pip itself; packages that tutorials make; "`pip install` is all"; and packages of others, which an index does have.
OTHERS = {"pip", "./acme", "./rent", "is", "backports.zstd", "tzdata"}
PLACEHOLDERS = {
    "./plugins/{name}",
    "./{name}",
    "{sys.executable}",
    "PACKAGE",
    "[PACKAGE]...",
    "[OPTIONS]",
}  # in messages, for what the user named


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_to_install_is_a_folder_of_the_clone(path: Path) -> None:
    """No index has our packages yet; anybody could take their names there."""
    for command in re.findall(r"(?:pip|capi) install ([^`#,&\n]*)", path.read_text(encoding="utf-8")):
        words = [word.strip("'\"") for word in command.split() if not word.startswith("-")]
        for word in words:
            folder = ROOT / word.partition("[")[0]
            there = word.startswith("./") and (folder / "pyproject.toml").exists()
            assert there or word in OTHERS | PLACEHOLDERS or word in ("test", "dev"), command


def test_there_is_something_to_test() -> None:
    """Else the test above would pass on nothing."""
    told = [path for path in FILES if re.search(r"pip install '?\./", path.read_text(encoding="utf-8"))]

    assert len(told) >= 7
