"""CI runs what the README says, and all that is proved somewhere is proved there."""

import re
import subprocess
from pathlib import Path

import pytest


def test_the_readme_s_commands_are_one_line_each(root: Path) -> None:
    """To be pasted on a fresh machine; pip shows what it does, as installing takes a minute."""
    text = (root / "README.md").read_text(encoding="utf-8")
    commands = [line for line in text.splitlines() if line.startswith("python3 -m venv")]

    assert len(commands) == 2
    assert commands[0].endswith(".venv/bin/capi demo")
    assert commands[1].endswith("-m pytest -q -n auto --dist worksteal")
    assert not re.search(r"pip install -q|--quiet", " ".join(commands))


def test_ci_takes_its_command_from_the_readme(root: Path) -> None:
    """So that it can't drift."""
    assert "grep -m1 -- '--group test' README.md" in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_runs_longer_what_the_readme_s_command_runs_shortly(root: Path) -> None:
    """What is random is tried a few times by a newcomer, more often here."""
    script = (root / ".ci" / "run").read_text(encoding="utf-8")

    assert "-s soak" in script
    assert "tests/benchmarks/figures.py" in script


def test_ci_sends_with_real_clients(root: Path) -> None:
    """And installs what they need, as a new machine hasn't it."""
    script = (root / ".ci" / "run").read_text(encoding="utf-8")

    assert "-s clients" in script
    assert "apt-get install -qq -y --no-install-recommends nodejs npm" in script


def test_ci_tests_plugins_from_outside(root: Path) -> None:
    """The usual run leaves them out: they need wheels, and take minutes."""
    assert "-s downstream" in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_says_how_old_the_facts_about_meta_are(root: Path) -> None:
    """Nothing else would remind anybody."""
    assert "python .ci/facts.py" in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_every_step_of_ci_ends(root: Path) -> None:
    """A hanging step would say nothing for hours."""
    lines = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    steps = [
        line
        for line in lines
        if "pytest" in line or "$command" in line or "$theirs" in line or "nox[@]" in line
    ]

    assert all(re.match(r"step |  timeout |command=|  theirs=", line) for line in steps), steps
    assert '  timeout "$limit" "$@" || status=$?' in lines


@pytest.mark.parametrize(("command", "status"), [("true", 0), ("false", 1), ("exit 3", 3)])
def test_a_step_that_fails_is_not_forgotten(root: Path, command: str, status: int) -> None:
    """Bash forgets it where the step's own status is asked for, unless the function returns it."""
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    function = script[script.index("step() {") : script.index("\n}\n") + 3]
    lines = ["set -euo pipefail; limit=60", function, f"step it bash -c '{command}' || exit $?"]
    result = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True)

    assert status == result.returncode, result.stderr
    assert f"== it: exit status {status} after" in result.stdout


def test_contributing_names_all_that_nox_runs(root: Path) -> None:
    """Who reads the list knows what a change must pass."""
    noxfile, contributing = (
        (root / name).read_text(encoding="utf-8") for name in ("noxfile.py", "CONTRIBUTING.md")
    )
    sessions = re.findall(r'"(\w+)"', noxfile.partition("nox.options.sessions = [")[2].partition("]")[0])
    line = next(line for line in contributing.splitlines() if line.startswith("| `nox` |"))
    words = {"core_alone": "core alone", "packages": "built distributions", "soak": "longer tests"}

    assert len(sessions) > 5
    assert [] == [session for session in sessions if words.get(session, session) not in line]
