"""What `capi new` writes passes its own tests, mypy and ruff at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capi_actions.cli.scaffold import KINDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin of each kind, actions for platforms that are installed, and one of all kinds."""
    folder = tmp_path_factory.mktemp("plugins")
    everything = ["all-kinds-under-a-longer-name", *(word for kind in KINDS for word in ("--kind", kind))]
    for arguments in ([f"my-{kind}", "--kind", kind] for kind in KINDS):
        run(
            folder,
            "-m",
            "capi_actions.cli",
            "new",
            *arguments,
            *(["--for", "facebook"] if "action" in arguments else []),
        )
    run(folder, "-m", "capi_actions.cli", "new", "for-webhook", "--kind", "action", "--for", "webhook")
    run(folder, "-m", "capi_actions.cli", "new", *everything)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run Python in a folder, which must end well, and return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
    )
    assert 0 == result.returncode, result.stdout + result.stderr
    return result.stdout


def sources(folder: Path) -> str:
    """Return the source folders of all plugins, as for an import path."""
    return os.pathsep.join(str(path) for path in sorted(folder.glob("*/src")))


def test_they_pass_their_own_tests(folder: Path) -> None:
    """All in one process, as if they had been installed side by side."""
    options = ("-q", "-c", os.devnull, "--rootdir", ".", "--import-mode=importlib", "-p", "no:cacheprovider")
    plugins = sorted(path.name for path in folder.glob("*/"))

    report = run(folder, "-m", "pytest", *options, *plugins, PYTHONPATH=sources(folder))

    assert len(KINDS) + 2 == len(plugins)
    assert " passed" in report
    assert "skipped" not in report


def test_their_types_are_right(folder: Path) -> None:
    """In the strictest way, tests included: those of all in turn, as their modules have the same names."""
    command = ("-m", "mypy", "--strict", "--explicit-package-bases")

    run(folder, *command, *(str(path) for path in folder.glob("*/src")), MYPYPATH=sources(folder))
    run(folder, *command, *(str(path) for path in folder.glob("all*/tests")), MYPYPATH=sources(folder))
    run(folder, *command, "my-action/tests", MYPYPATH=sources(folder))


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=str)
def test_their_style_is_right(folder: Path, arguments: tuple[str, ...]) -> None:
    """By the rules that each brings along."""
    pytest.importorskip("ruff", reason="a tool of the group lint")
    for plugin in sorted(folder.glob("*/")):
        if (plugin / "pyproject.toml").exists():
            run(plugin, "-m", "ruff", *arguments, ".")
