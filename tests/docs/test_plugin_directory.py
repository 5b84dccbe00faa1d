"""The plugin directory names what this repository offers."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "plugin-directory.md"


def test_every_plugin_is_listed_with_its_description() -> None:
    """In the words of its own package; a plugin that was renamed or removed leaves no ghost behind."""
    projects = [
        tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))
    ]
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `capi-")]

    assert rows == [f"| `{project['name']}` | {project['description']} |" for project in projects]
