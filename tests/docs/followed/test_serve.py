"""Point your SDK here: what README and pages say works as pasted, and the unit starts what it should."""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from configparser import ConfigParser
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox

Page = Callable[[str], list[Any]]
SERVE, DEPLOY = "docs/how-to/serve.md", "docs/how-to/deploy.md"


@pytest.mark.parametrize(("path", "heading"), [("README.md", "Point your SDK here"), (SERVE, "Start it")])
def test_an_event_arrives(path: str, heading: str, page: Page, reader: Any, sandbox: Sandbox) -> None:
    """Only the pixel's id and, here, Meta's address are filled in between."""
    blocks = [block for block in page(path) if block.heading == heading]
    commands = "".join(block.text for block in blocks if block.language == "sh").splitlines(keepends=True)
    prepare, (serve, curl) = "".join(commands[:-2]), commands[-2:]
    reader.paste(prepare)
    config = reader.folder / "capi.toml"
    text = config.read_text(encoding="utf-8").replace('pixel_id = ""', 'pixel_id = "1234567890"')
    config.write_text(re.sub(r'# (base_url =) ".*"', rf'\1 "{sandbox.url}"', text), encoding="utf-8")
    block = blocks[0]._replace(language="sh")
    # The page's port may be in use here.
    serving = block._replace(
        text=serve.replace("capi serve", "capi serve --port 8090"), before="in one terminal"
    )
    reader.follow([serving, block._replace(text=curl, before="")])

    assert '{"success":true,"accepted":1}' == reader.out
    while not sandbox.events():
        time.sleep(0.02)
    assert "PageView" == sandbox.events()[0]["event"]["event_name"]


def test_the_readme_needs_five_lines(page: Page) -> None:
    """It is a promise."""
    blocks = [block for block in page("README.md") if block.heading == "Point your SDK here"]

    assert 5 == sum(len(block.text.splitlines()) for block in blocks)


@pytest.mark.parametrize("path", [SERVE, DEPLOY])
def test_the_settings_are_right(path: str, page: Page, toml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a configuration can be read."""
    parts = [block.text for block in page(path) if block.language == "toml"]

    assert parts
    for part in parts:
        toml(part)


def test_the_unit_s_commands_work_and_end_well(
    page: Page, reader: Any, config: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd's SIGTERM ends it with 0."""
    unit = ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(next(block.text for block in page(DEPLOY) if block.language == "ini"))
    service = dict(unit["Service"])
    with config.open("a", encoding="utf-8") as file:
        file.write('[server]\nport = 0\n[server.keys.main]\nkey = "0123456789abcdef"\n')

    def installed(command: str) -> str:
        return command.replace("/opt/capi/.venv/bin/", "").replace("/etc/capi/", f"{config.parent}/")

    reader.paste(installed(service["ExecStartPre"]))
    process = subprocess.Popen(
        installed(service["ExecStart"]).split(), env=reader.environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    warnings = list(takewhile(lambda line: not line.startswith("Listening at "), lines))
    assert all(line.startswith("capi: warning: ") for line in warnings)
    process.send_signal(signal.SIGTERM)

    assert "" == process.communicate(timeout=60)[1]
    assert 0 == process.returncode


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze judges units")
def test_systemd_finds_the_unit_hardened(page: Page, tmp_path: Path) -> None:
    """Its own scale goes from 0, safe, to 10; 2.0 is well below what it calls OK."""
    unit = tmp_path / "capi-serve.service"
    unit.write_text(next(block.text for block in page(DEPLOY) if block.language == "ini"), encoding="utf-8")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True)

    assert 0 == result.returncode, result.stdout + result.stderr


def test_the_container_has_what_the_server_needs(page: Page, root: Path) -> None:
    """It can't be built here, but every folder that it copies and installs is there."""
    (dockerfile,) = (block.text for block in page(DEPLOY) if block.language == "dockerfile")

    for folder in re.findall(r"\./(core|plugins/\w+)", dockerfile):
        assert (root / folder / "pyproject.toml").is_file()
    assert "USER 10001" in dockerfile
