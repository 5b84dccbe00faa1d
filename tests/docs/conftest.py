"""What is in a page: its fenced blocks."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from support.vectors import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block, the last heading above it, and the paragraph before it."""

    language: str
    text: str
    heading: str
    before: str

    @property
    def file(self) -> str | None:
        """The file that it is, when the paragraph before it ends in a file's name and a colon."""
        match = re.search(r"`([\w./-]+\.\w+)`:$", self.before)
        return match and match[1]


def read_page(path: str) -> list[Block]:
    """Take a page's blocks out."""
    text = (ROOT / path).read_text(encoding="utf-8")
    blocks: list[Block] = []
    heading, end = "", 0
    for fence in FENCE.finditer(text):
        between, end = text[end : fence.start()].strip(), fence.end()
        heading = [heading, *re.findall(r"^#+ (.+)$", between, re.MULTILINE)][-1]
        blocks.append(Block(fence[1], fence[2], heading, between.rpartition("\n\n")[2]))
    return blocks


@pytest.fixture(scope="session")
def page() -> Callable[[str], list[Block]]:
    """Read a page, named from the repository's root."""
    return read_page
