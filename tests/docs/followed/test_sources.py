"""The page on sources: its weekly comparison with the pixel, with a stand-in for the script of the day."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from capi_actions_facebook.normalization import normalize_user
from capi_actions_facebook.normalization.verify import people

PAGE = "docs/reference/sources.md"
STAND_IN = "plugins/facebook/tests/normalization/fake_pixel.js"
FEW = 20


def script_of_the_day(root: Path, changed: bool) -> str:
    """Return a script that sends what we would for the first people; the first one's e-mail differs if changed."""
    answers = [dict(normalize_user(user)) for user in people(FEW, seed=1)]
    if changed:
        answers[0]["em"] = "0" * 64
    pairs = [list(answer.items()) for answer in answers]
    return f"var ANSWERS = {json.dumps(pairs)};\n{(root / STAND_IN).read_text(encoding='utf-8')}"


def test_the_comparison_says_whether_the_rules_changed(
    page: Callable[[str], list[Any]], reader: Any, root: Path
) -> None:
    """By its exit status, as the table has it; nox does nothing else than this command."""
    (block,) = page(PAGE)
    download, compare = block.text.splitlines()
    session = (root / "noxfile.py").read_text(encoding="utf-8").partition("\ndef pixel(")[2]
    (words,) = re.findall(
        r'session\.run\(((?:"[^"]+", )+)\*session\.posargs\)', session.partition("\n\n\n")[0]
    )
    command = " ".join(re.findall(r'"([^"]+)"', words))
    assert command == "capi pixel verify --examples 200000"
    assert re.fullmatch(r"nox -s pixel -- (\S+)", compare)
    assert f"-o {compare.split()[-1]} " in download

    for changed in (False, True):
        (reader.folder / "fbevents.js").write_text(script_of_the_day(root, changed), encoding="utf-8")
        reader.paste(f"{command.replace('200000', str(FEW))} fbevents.js # exit status {int(changed)}")
        assert "pixel script 0.0.1-fake" in reader.err


def test_one_version_is_named_everywhere(root: Path) -> None:
    """Who takes over newer rules changes all of these together."""
    text = (root / PAGE).read_text(encoding="utf-8")
    (version,) = re.findall(r"script version \*\*([\d.]+)\*\*", text)
    measured = (root / "tests/data/meta/parity.json").read_text(encoding="utf-8")

    assert f"| the pixel | Meta's pixel script {version}," in text
    assert f"| 0 | {version} |" in text
    assert f'"pixel_ud_{version.replace(".", "_")}"' in measured
    for path in (
        "docs/why/normalization.md",
        "plugins/facebook/src/capi_actions_facebook/normalization/pixel.py",
    ):
        assert version in (root / path).read_text(encoding="utf-8")


def test_the_page_and_the_one_it_links_to_download_the_same_script(
    page: Callable[[str], list[Any]],
) -> None:
    """The one that pages load."""
    (download,) = (line for block in page(PAGE) for line in block.text.splitlines() if "curl" in line)
    blocks = page("docs/why/normalization.md")

    assert [download] == [line for block in blocks for line in block.text.splitlines() if "curl" in line]
