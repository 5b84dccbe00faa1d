"""One event from browser and server: the commands of the page, pasted; tests/browser runs the snippet."""

from collections.abc import Callable
from typing import Any

import pytest

PAGE = "docs/how-to/browser.md"
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


def test_the_page_s_commands_do_what_it_says(page: Callable[[str], list[Any]], reader: Any) -> None:
    """The snippet has the functions that the page calls."""
    (reader.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    blocks = page(PAGE)

    reader.follow(block for block in blocks[:2])

    snippet = (reader.folder / "snippet.html").read_text(encoding="utf-8")
    calls = {
        line.strip().split("(")[0] for block in blocks for line in block.text.splitlines() if "capi." in line
    }
    assert {"capi.identify", "capi.page", "capi.track"} <= calls
    for name in ("identify", "page", "track", "grant"):
        assert f"    {name}: function (" in snippet


def test_the_server_s_side_is_accepted(
    page: Callable[[str], list[Any]],
    reader: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the id that the browser's call of the page has."""
    (reader.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(reader.folder)
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "any")
    (program,) = (block.text for block in page(PAGE) if block.language == "python")

    exec(compile(program, "program.py", "exec"), {"__name__": "__main__"})

    assert capsys.readouterr().out == page(PAGE)[-1].text
    scripts = [block.text for block in page(PAGE) if block.language == "html"]
    assert '"messageId": "order-o-1"' in program
    assert 'messageId: "order-o-1"' in scripts[-1]
