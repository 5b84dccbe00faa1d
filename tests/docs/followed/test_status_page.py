"""The status page: set a token, start the server, look."""

from collections.abc import Callable
from typing import Any

PAGE = "docs/how-to/status-page.md"


def test_the_page_s_commands_show_the_status_page(page: Callable[[str], list[Any]], reader: Any) -> None:
    """To whoever has the token, and to nobody else."""
    reader.follow(page(PAGE))
