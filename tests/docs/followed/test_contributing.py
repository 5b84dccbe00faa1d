"""What the page for contributors names is there."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_sessions_of_nox_exist(root: Path) -> None:
    """With the Python version that one is named with."""
    named = re.findall(r"`nox -s ([\w.-]+)", (root / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    noxfile = (root / "noxfile.py").read_text(encoding="utf-8")
    classifiers = (root / "core" / "pyproject.toml").read_text(encoding="utf-8")

    for session, _, version in (name.partition("-") for name in named):
        assert f"\ndef {session}(" in noxfile
        assert f"Python :: {version}" in classifiers
    assert len(named) >= 3


def test_setting_up_installs_everything(page: Callable[[str], list[Any]], root: Path) -> None:
    """Every distribution, with extras and dependency group that there are."""
    (block,) = page("CONTRIBUTING.md")
    packages = re.findall(r"-e '?(\./[\w/]+)(?:\[([\w-]+)\])?", block.text)
    group = re.findall(r"--group (\w+)", block.text)

    assert {path for path, _ in packages} == {
        "./core",
        *(f"./plugins/{folder.name}" for folder in root.glob("plugins/*")),
    }
    for path, extra in packages:
        project = tomllib.loads((root / path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert not extra or extra in project["optional-dependencies"]
    (name,) = group
    assert name in tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
