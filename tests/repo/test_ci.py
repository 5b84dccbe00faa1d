"""CI runs what the README says."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_s_commands_are_one_line_each() -> None:
    """To be pasted on a fresh machine."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in text.splitlines() if line.startswith("python3 -m venv")]

    assert len(commands) == 2
    assert commands[0].endswith(".venv/bin/capi demo")
    assert commands[1].endswith("-m pytest -q")


def test_ci_takes_its_command_from_the_readme() -> None:
    """So that it can't drift."""
    assert "grep -m1 -- '--group test' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
