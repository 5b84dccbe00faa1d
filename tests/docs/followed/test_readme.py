"""The README: its demo runs, and what it says about one's own events works when the blanks are filled in."""

import re
from collections.abc import Callable
from typing import Any

Page = Callable[[str], list[Any]]


def test_the_demo_shows_every_hash_as_the_pixels(page: Page, reader: Any) -> None:
    """The first of the two commands; the other one runs this test."""
    reader.follow(block for block in page("README.md") if block.heading == "See it work")

    assert "Purchase" in reader.out
    assert "all are equal to those of the real pixel" in " ".join(reader.out.split())


def test_own_events_are_sent(page: Page, reader: Any, sandbox: Any) -> None:
    """From the shell and from Python, once pixel and address are filled in."""
    shell, python = (block for block in page("README.md") if block.heading == "Send your own events")
    commands = shell.text.splitlines(keepends=True)
    config = reader.folder / "capi.toml"

    reader.paste(commands[0])
    filled = re.sub(r'# (base_url =) ".*"', rf'\1 "{sandbox.url}"', config.read_text(encoding="utf-8"))
    config.write_text(filled.replace('pixel_id = ""', 'pixel_id = "1234567890"'), encoding="utf-8")
    reader.paste("".join(commands[1:]))
    reader.follow([python])
    reader.paste("capi deliver")

    assert [record["event"]["event_id"] for record in sandbox.events()] == ["m-0", "m-1"]
