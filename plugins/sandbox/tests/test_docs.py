"""What the pages say is true."""

import doctest
import re
import shlex
import time
from functools import partial
from pathlib import Path

import click
import pytest

from capi_actions_sandbox import SandboxOptions, server
from capi_actions_sandbox.commands import sandbox
from capi_actions_sandbox.faults import PRESETS, SHAPES, parse_fault

PAGES = ["docs/how-to/sandbox.md", "plugins/sandbox/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_work(root: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pasted, on a day on which the version in the addresses hasn't ended."""
    monkeypatch.setattr(time, "time", lambda: 1_795_000_000.0)  # in November 2026
    monkeypatch.setattr(server, "SandboxOptions", partial(SandboxOptions, now=time.time))
    failed, tried = doctest.testfile(str(root / page), module_relative=False)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_are_understood(root: Path, page: str) -> None:
    """Down to the faults that they order."""
    lines = re.findall(r"^capi sandbox (.*)$", (root / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        context = sandbox.make_context("sandbox", shlex.split(line))
        assert isinstance(context, click.Context)


def test_the_page_names_every_fault(root: Path) -> None:
    """And each word of its tables is one."""
    text = (root / PAGES[0]).read_text(encoding="utf-8")
    for word in {*SHAPES, *PRESETS} - {"error", "html"}:
        assert f"`{word}`" in text
    tables = text.partition("| word |")[2].partition("Faults are applied")[0]
    for cell in re.findall(r"^\| (`.*?) \|", tables, re.MULTILINE):
        for order in re.findall(r"`([^`]+)`", cell):
            if order != "headers":
                parse_fault(f"code=1,{order}" if "=" in order or order == "store" else order)


def test_the_page_names_every_option(root: Path) -> None:
    """With the strict ones as strict as it says."""
    text = (root / PAGES[0]).read_text(encoding="utf-8")
    strict, lenient = SandboxOptions.strict(), SandboxOptions()
    for name in (
        "future_tolerance",
        "currencies",
        "strict_user_agent",
        "strict_source_url",
        "strict_hashes",
        "strict_contents",
    ):
        assert f"| `{name}` |" in text
        assert getattr(strict, name) != getattr(lenient, name)
    for name in ("max_string", "gzip", "messages"):
        assert f"| `{name}` |" in text
        assert getattr(strict, name) == getattr(lenient, name)
