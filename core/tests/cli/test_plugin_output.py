"""Standard output holds data, whatever plugins print; and no plugin ends a command that doesn't need it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """
import click
from capi_actions import *

@action("acme.noisy", title="Noisy", trigger='type = "track"')
class Noisy:
    time: int | None = from_path("$.timestamp", label="Time")
    who: str | None = from_path("$.email", label="Who", hashed="em")

    def build(self):
        print("printed by build")
        click.echo("echoed by build")
        return {"time": self.time}

@hookimpl
def capi_actions():
    return [Noisy]
"""
COMMAND = """
import click
from capi_actions import *

@click.command()
def loud():
    "Print."
    print("printed by a command")
    click.echo("echoed by a command")

class Odd(click.Command):
    def get_short_help_str(self, limit=45):
        raise ZeroDivisionError

@hookimpl
def capi_commands():
    return [loud{more}]
"""
CONFIG = """
[plugins]
files = ["plugin.py"]

[destinations.main]
type = "acme"
account = "a"
token = "sesame"

[[destinations.main.mappings]]
action = "acme.noisy"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acme_installed: None) -> Path:
    """A folder with a configuration that loads plugin.py."""
    monkeypatch.chdir(tmp_path)
    Path("capi.toml").write_text(CONFIG)
    return tmp_path


def test_what_a_plugin_prints_for_an_event_goes_to_standard_error(
    capi: Callable[..., Any], ping: Callable[..., Any], folder: Path
) -> None:
    """Between JSON Lines it would be read as one."""
    (folder / "plugin.py").write_text(PLUGIN)

    result = capi("preview", lines=[ping()])

    (line,) = result.out.splitlines()
    assert "acme.noisy" == json.loads(line)["action"]
    assert "printed by build" in result.err
    assert "echoed by build" in result.err


def test_a_command_of_a_plugin_prints_where_it_wants(capi: Callable[..., Any], folder: Path) -> None:
    """Standard output is its own."""
    (folder / "plugin.py").write_text(COMMAND.replace("{more}", ""))

    assert "printed by a command\nechoed by a command\n" == capi("loud").out


def test_a_command_whose_help_fails_is_refused(capi: Callable[..., Any], folder: Path) -> None:
    """It ended `capi --help` with a traceback."""
    (folder / "plugin.py").write_text(COMMAND.replace("{more}", ", Odd('odd')"))

    result = capi("--help")

    assert 0 == result.status
    assert "the help of 'odd' can't be made (ZeroDivisionError in get_short_help_str, " in result.err
