"""One event from browser and server: the commands of the page, pasted; tests/browser runs the snippet."""

from collections.abc import Callable
from typing import Any

PAGE = "docs/how-to/browser.md"
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


def test_the_page_s_commands_do_what_it_says(page: Callable[[str], list[Any]], reader: Any) -> None:
    """The snippet has the functions that the page calls."""
    (reader.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    blocks = page(PAGE)

    reader.follow(block for block in blocks if block.language != "html")

    snippet = (reader.folder / "snippet.html").read_text(encoding="utf-8")
    calls = {
        word
        for block in blocks
        if block.language == "html"
        for word in block.text.split("(")[0].split("capi.")[1:]
    }
    assert calls == {"identify", "track"}
    for name in ("identify", "page", "track", "grant"):
        assert f"    {name}: function (" in snippet
