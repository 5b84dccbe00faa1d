"""The changelog can be read by people and by release tools alike."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def releases(root: Path) -> dict[str, str]:
    """Return the text of each release by its title, in the file's order."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(titles) == len(set(titles))
    return dict(zip(titles, re.split(r"^## .+\n", text, flags=re.MULTILINE)[1:], strict=True))


def test_releases_come_newest_first_and_unreleased_changes_before_them(root: Path) -> None:
    """There is always a place for the next entry."""
    first, *titles = releases(root)
    shape = re.compile(r"(\d+)\.(\d+)\.(\d+) \(\d{4}-\d\d-\d\d\)")
    versions = [match.groups() for title in titles if (match := shape.fullmatch(title))]

    assert first == "Unreleased"
    assert len(titles) == len(versions), f"a title should be like 1.2.3 (2026-11-30): {titles}"
    assert all(tuple(map(int, newer)) > tuple(map(int, older)) for newer, older in pairwise(versions))


def test_every_entry_is_a_sentence_under_its_kind(root: Path) -> None:
    """Whole sentences say what changes for whom; a user looks for them by kind."""
    for title, text in releases(root).items():
        before, *sections = re.split(r"^### (.+)\n", text, flags=re.MULTILINE)
        kinds, bodies = sections[::2], sections[1::2]
        assert before.strip() == "", title
        assert kinds == [kind for kind in KINDS if kind in kinds], (
            f"{title}: kinds are {KINDS}, in this order"
        )
        for kind, body in zip(kinds, bodies, strict=True):
            entries = re.findall(r"^- (.+(?:\n  .+)*)$", body, re.MULTILINE)
            assert entries, f"{title}, {kind}: has no entry"
            assert body.strip() == "\n".join(f"- {entry}" for entry in entries), (
                f"{title}, {kind}: only entries"
            )
            for entry in entries:
                assert re.match(r"[A-Z`]", entry), f"should begin as a sentence: {entry}"
                assert entry.endswith("."), f"should end as a sentence: {entry}"


def test_all_distributions_have_one_version(root: Path) -> None:
    """As the changelog says: one number names what was released together."""
    projects = [root / "core", *(root / "plugins").iterdir()]
    versions = {
        tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        for project in projects
    }

    assert len(versions) == 1
