"""What is checked before a commit is what CI checks, and what a new contributor meets is there and can be read."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

NAMES = {
    "ruff": "ruff",
    "codespell": "codespell",
    "check-toml": "pre-commit-hooks",
    "check-yaml": "pre-commit-hooks",
}
FILES = ("--force-exclude", ".")


def hooks(root: Path) -> list[dict[str, str]]:
    """Return the hooks of pre-commit as their keys and values, which are all on one line each."""
    text = (root / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    return [dict(re.findall(r"^ +(\w+): (.+)$", hook, re.MULTILINE)) for hook in text.split("- id: ")[1:]]


def groups(root: Path) -> dict[str, list[Any]]:
    """Return the dependency groups of the repository."""
    tables: dict[str, list[Any]] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))[
        "dependency-groups"
    ]
    return tables


def test_pre_commit_runs_what_nox_runs(root: Path) -> None:
    """What passes here must pass there."""
    noxfile = (root / "noxfile.py").read_text(encoding="utf-8")
    session = noxfile.partition("\ndef lint(")[2].partition("\n\n\n")[0]
    calls = re.findall(r'session\.run\(((?:"[^"]+"(?:, )?)+)', session)
    commands = [[word for word in re.findall(r'"([^"]+)"', call) if word not in FILES] for call in calls]
    entries = [[word for word in hook["entry"].split() if word not in FILES] for hook in hooks(root)]

    assert commands == entries
    assert len(entries) == 5


def test_pre_commit_has_the_tools_of_the_group(root: Path) -> None:
    """With the same bounds; every one is used."""
    used = {hook["additional_dependencies"].strip('[]"') for hook in hooks(root)}

    assert used == set(groups(root)["lint"])
    for hook in hooks(root):
        (package,) = (Requirement(hook["additional_dependencies"].strip('[]"')).name,)
        assert package == NAMES[hook["entry"].split()[0]]


def test_ci_lints_by_the_same_list(root: Path) -> None:
    """There is no third one."""
    script = (root / ".ci" / "run").read_text(encoding="utf-8")

    assert "-s lint types" in script
    assert not re.search(r"\b(ruff|codespell|mypy|check-\w+)\b", script)


def test_the_sessions_of_nox_are_sentences(root: Path) -> None:
    """`nox -l` is read by people who have never seen this project."""
    noxfile = (root / "noxfile.py").read_text(encoding="utf-8")
    docstrings = re.findall(r'@nox\.session.*\ndef \w+\(.*\n    """(.+)"""\n', noxfile)

    assert len(docstrings) == noxfile.count("@nox.session")
    assert all(re.fullmatch(r"[A-Z].+\.", docstring) for docstring in docstrings)


@pytest.mark.parametrize(
    "name",
    [
        *("CODEOWNERS", "dependabot.yml", "pull_request_template.md", "workflows/ci.yml"),
        *(f"ISSUE_TEMPLATE/{name}.yml" for name in ("bug", "feature", "platform_change")),
    ],
)
def test_github_s_files_hold_no_blanks_to_fill_in(root: Path, name: str) -> None:
    """A placeholder is worse than nothing."""
    text = (root / ".github" / name).read_text(encoding="utf-8")

    assert text.strip()
    assert not re.search(r"\b(TODO|FIXME|XXX|CHANGEME|your-|example\.com)\b", text)


def test_github_runs_the_script_of_ci(root: Path) -> None:
    """So that it proves what everyone can prove at home; and its actions may not write."""
    workflow = (root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    project = tomllib.loads((root / "core" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = re.findall(r"Python :: ([\d.]+)", " ".join(project["classifiers"]))

    assert re.findall(r"run: (.+)", workflow) == ["bash .ci/run"]
    assert "permissions:\n  contents: read\n" in workflow
    assert sorted(re.findall(r"^ +(3\.\d+)$", workflow, re.MULTILINE)) == pythons


def test_a_vulnerability_is_reported_in_private(root: Path) -> None:
    """By the platform's own way: an address of ours would have to be kept up."""
    text = (root / "SECURITY.md").read_text(encoding="utf-8")

    assert "Report a vulnerability" in text
    assert "## Supported versions" in text
    assert "## What is protected" in text
    assert "@" not in text


def test_no_file_has_the_path_of_an_installed_package(root: Path) -> None:
    """What tools write down would name a folder of the machine that they ran on."""
    written = [
        path
        for folder in ("core", "plugins", "docs", "tests", ".ci")
        for path in (root / folder).rglob("*")
        if path.suffix in {".json", ".jsonl", ".md", ".py", ".toml", ".txt"}
    ]
    pattern = re.compile(r"/[\w.-]+/(?:[\w.-]+/)*site-packages/")
    naming = [path for path in written if pattern.search(path.read_text(encoding="utf-8"))]

    assert len(written) > 500
    assert [] == naming


def test_no_file_holds_a_private_key(root: Path) -> None:
    """Scanners for secrets report each one, and nobody can see that it opens nothing."""
    begin = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
    folders = [root / "core", root / "plugins", root / "tests", root / "docs"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    assert len(files) > 500
    assert [] == [path for path in files if path.suffix != ".pyc" and begin.search(path.read_bytes())]
