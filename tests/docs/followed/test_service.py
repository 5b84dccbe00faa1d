"""Run it for real: the unit and the crontab line start what they should, and a rename is as the page says."""

import re
import signal
import subprocess
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from time import time
from typing import Any

import pytest

from capi_actions import Client, Plugins
from capi_actions.config import read_config
from capi_actions_sandbox import Sandbox

PAGE = "docs/how-to/service.md"
Blocks = dict[str, list[Any]]


@pytest.fixture
def blocks(page: Callable[[str], list[Any]]) -> Blocks:
    """The page's blocks, by language."""
    by_language: Blocks = {}
    for block in page(PAGE):
        by_language.setdefault(block.language, []).append(block)
    return by_language


@pytest.fixture
def installed(reader: Any, config: Path) -> Callable[[str], str]:
    """Make a command of the page one for this machine; the file with the secret is there."""
    (config.parent / "secrets").write_text("FACEBOOK_ACCESS_TOKEN=sesame\n")
    token = '{ env = "FACEBOOK_ACCESS_TOKEN" }'
    config.write_text(config.read_text().replace('"sesame"', token))
    reader.environment.pop("FACEBOOK_ACCESS_TOKEN")

    def installed(command: str) -> str:
        return command.replace("/opt/capi/.venv/bin/", "").replace("/etc/capi/", f"{config.parent}/")

    return installed


def stored(config: Path, number: int) -> None:
    """Store one event, as a web worker would."""
    with Client.from_config(config, deliver=False) as client:
        client.send({"type": "page", "messageId": f"m-{number}", "timestamp": time(), "userId": "u"})


def test_the_unit_s_commands_work_and_end_well(
    blocks: Blocks,
    reader: Any,
    installed: Any,
    config: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is stored beside it is delivered; systemd's SIGTERM ends it with 0."""
    unit = ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(blocks["ini"][0].text)
    service = dict(unit["Service"])
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "sesame")
    reader.environment["FACEBOOK_ACCESS_TOKEN"] = "sesame"

    reader.paste(installed(service["ExecStartPre"]))
    stored(config, 1)
    process = subprocess.Popen(
        installed(service["ExecStart"]).split(), env=reader.environment, stderr=subprocess.DEVNULL
    )
    while not sandbox.counts()["events"]:
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert service["StateDirectory"] == "capi"
    assert "/var/lib/capi/" in blocks["toml"][0].text


def test_the_crontab_s_line_delivers(
    blocks: Blocks,
    reader: Any,
    installed: Any,
    config: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the shell that cron uses, with the token from the file."""
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "sesame")
    stored(config, 1)
    (line,) = blocks["cron"][0].text.splitlines()
    match = re.fullmatch(r"(?:\S+ ){5}capi  (.+)", line)
    assert match

    ended = subprocess.run(
        ["sh", "-c", installed(match[1])],
        env=reader.environment,
        capture_output=True,
        cwd=config.parent.parent,
    )

    assert (ended.returncode, ended.stdout) == (0, b"")
    assert [record["event"]["event_id"] for record in sandbox.events()] == ["m-1"]


def test_a_program_that_only_stores(blocks: Blocks, reader: Any, config: Path) -> None:
    """Its output is the page's, and what it stored is what the page's table lists."""
    reader.follow([*blocks["python"], blocks["text"][-1]])
    reader.paste("capi outbox stats --json")
    rows = re.findall(r"^\| `(\w+)` \|", (Path(__file__).parents[3] / PAGE).read_text(), re.MULTILINE)

    assert '"waiting":1' in reader.out
    for key in rows:
        assert f'"{key}":' in reader.out
    assert len(rows) == 6


def test_after_a_rename_events_wait_under_the_old_name(
    blocks: Blocks, reader: Any, config: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a destination of that name exists again, even one that takes nothing new."""
    whole, (rename,) = (
        config.read_text(),
        [block for block in blocks["toml"] if "mappings = []" in block.text],
    )
    stored(config, 1)
    config.write_text(whole.replace("destinations.shop", "destinations.store"))
    reader.paste("capi deliver --wait 0 # exit status 1")
    assert sandbox.events() == []
    reader.paste("capi outbox stats --json")
    assert '"destination":"shop","waiting":1' in reader.out

    both = rename.text.replace("mappings", f'base_url = "{sandbox.url}"\nmappings')
    config.write_text(both + f'base_url = "{sandbox.url}"\n')
    reader.environment["FACEBOOK_ACCESS_TOKEN"] = "sesame"
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "sesame")
    stored(config, 2)
    (command,) = (block for block in blocks["sh"] if block.heading == "Rename or remove a destination")
    reader.follow([command])

    assert {record["event"]["event_id"] for record in sandbox.events()} == {"m-1", "m-2"}
    (warning,) = read_config(rename.text, Plugins.installed()).warnings
    assert (warning.path, "receives no events" in warning.message) == ("$.destinations.shop.mappings", True)


def test_the_outbox_of_the_page_is_one(blocks: Blocks, toml: Any) -> None:
    """A part of a configuration that can be pasted."""
    assert toml(blocks["toml"][0].text).routes
