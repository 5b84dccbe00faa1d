"""Events from a web application: every program of the page, run as it stands."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.functional import empty

PAGE = "docs/how-to/web-requests.md"
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


def test_every_program_of_the_page_prints_what_it_says(
    page: Callable[[str], list[Any]], reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Flask, Django and ASGI, behind a proxy and without."""
    (reader.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(reader.folder)
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "any")
    monkeypatch.setitem(
        settings.__dict__, "_wrapped", empty
    )  # other tests in this process have set Django up already
    blocks = page(PAGE)

    for program, output in zip(blocks[::2], blocks[1::2], strict=True):
        assert (program.language, output.language) == ("python", "text")
        assert output.text == run(program.text, reader.folder)


def run(program: str, folder: Path) -> str:
    """Return what a program prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(program, str(folder / "program.py"), "exec"), {"__name__": "__main__"})
    return printed.getvalue()
