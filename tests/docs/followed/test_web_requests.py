"""Events from a web application: every program of the page, pasted."""

from collections.abc import Callable
from typing import Any

PAGE = "docs/how-to/web-requests.md"
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


def test_every_program_of_the_page_prints_what_it_says(page: Callable[[str], list[Any]], reader: Any) -> None:
    """From Flask, Django and ASGI, behind a proxy and without."""
    (reader.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    blocks = page(PAGE)

    reader.follow(blocks)

    assert [block.language for block in blocks] == ["python", "text"] * 6
