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
    calls = re.compile(r"pytest|\$command\b|nox\[@\]|\$together|\$environments|sphinx-build|python .*\.py")
    steps = [line for line in lines if calls.search(line) and not re.match(r"#| *\w+=", line)]

    assert len(steps) > 12
    assert all(re.match(r" *(step|beside) |  bash -euxo pipefail -c", line) for line in steps), steps
    assert '  timeout "$limit" "$@" || status=$?' in lines
    assert '  (step "$@" && touch "$log.passed") >"$log" 2>&1 &' in lines


def functions(root: Path) -> str:
    """Return the script's lines up to the end of its functions for steps."""
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    return script[script.index("step() {") : script.index("\n}\n", script.index("finish() {")) + 3]


@pytest.mark.parametrize(("command", "status"), [("true", 0), ("false", 1), ("exit 3", 3)])
def test_a_step_that_fails_is_not_forgotten(root: Path, command: str, status: int) -> None:
    """Bash forgets it where the step's own status is asked for, unless the function returns it."""
    lines = ["set -euo pipefail; limit=60", functions(root), f"step it bash -c '{command}' || exit $?"]
    result = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True)

    assert status == result.returncode, result.stderr
    assert f"== it: exit status {status} after" in result.stdout


@pytest.mark.parametrize(
    "commands", [["true"], ["exit 3"], ["true", "exit 3", "true", "true", "kill $$"], []]
)
def test_a_step_beside_others_that_fails_is_not_forgotten(
    root: Path, commands: list[str], tmp_path: Path
) -> None:
    """However many wait for room, and though others end well after it; what each printed is shown in order."""
    steps = [
        f"beside {number} bash -c 'echo output {number}; {command}'"
        for number, command in enumerate(commands)
    ]
    lines = [
        *("set -euo pipefail; limit=60; failed=0; mkdir .venv-logs", functions(root), "most=2"),
        *(*steps, "finish; first=$failed; failed=0", "beside last true; finish; exit $first$failed"),
    ]
    result = subprocess.run(["bash", "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True)

    assert (10 if any(command != "true" for command in commands) else 0) == result.returncode, result.stderr
    assert [f"output {number}" for number in range(len(commands))] == re.findall("output .", result.stdout)
    assert len(commands) + 1 == result.stdout.count(": exit status ")


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
