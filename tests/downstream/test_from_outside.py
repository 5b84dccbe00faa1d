"""Plugins from outside this repository, as wheels beside those of core and Facebook in a fresh environment.

``nox -s downstream`` builds the wheels and names their folder in CAPI_WHEELS; nothing is fetched from an index here.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from capi_actions.cli.scaffold import KINDS

WHEELS = os.environ.get("CAPI_WHEELS", "")
pytestmark = pytest.mark.skipif(not WHEELS, reason="`nox -s downstream` builds the wheels that it needs")

CONFIG = """
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "any"

[[destinations.shop.mappings]]
action = "facebook.from-action"

[destinations.own]
type = "from-destination"
url = "https://own.example/events"
token = "any"

[outbox]
type = "from-outbox"

[transport]
type = "from-transport"
"""


class Environment:
    """A virtual environment with nothing but core, Facebook and what is installed later.

    :ivar folder: where commands are run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._python = folder / "env" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
        self.variables = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PYTHON", "PIP_", "CAPI_"))
            },
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": f"{WHEELS} {folder / 'wheels'}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def run(self, *arguments: str, text: str = "", status: int = 0) -> str:
        """Run Python, which must end with a status, and return all that it printed."""
        result = subprocess.run(
            [str(self._python), *arguments],
            cwd=self.folder,
            env=self.variables,
            input=text,
            capture_output=True,
            text=True,
        )
        assert status == result.returncode, result.stdout + result.stderr
        return result.stdout if status == 0 else result.stdout + result.stderr

    def capi(self, *arguments: str, lines: list[Any] | None = None, status: int = 0) -> str:
        """Run `capi`."""
        text = "".join(json.dumps(line) + "\n" for line in lines or ())
        return self.run("-m", "capi_actions.cli", *arguments, text=text, status=status)

    def plugins(self) -> dict[str, Any]:
        """Return what `capi plugins` knows, by name; its status is 2 when one is refused."""
        records = [json.loads(line) for line in self.capi("plugins", "--json").splitlines()]
        return {record["name"]: record for record in records}

    def build(self, *folders: str) -> None:
        """Build wheels of the folders of plugins."""
        self.run(
            "-m", "pip", "wheel", "-q", "--no-deps", "-w", "wheels", *(f"./{folder}" for folder in folders)
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment in which a plugin of each kind was written, built and installed."""
    environment = Environment(tmp_path_factory.mktemp("outside"))
    environment.run("-m", "pip", "install", "-q", "capi-actions-facebook")
    for kind in KINDS:
        environment.capi("new", f"from-{kind}", "--kind", kind)
    environment.build(*(f"from-{kind}" for kind in KINDS))
    return environment


@pytest.fixture
def installed(environment: Environment) -> Iterator[Environment]:
    """All of them are installed."""
    packages = [f"capi-actions-from-{kind}" for kind in KINDS]
    environment.capi("install", *packages)
    yield environment
    environment.run("-m", "pip", "uninstall", "-q", "--yes", *packages)


def test_they_are_found_listed_and_removed(environment: Environment) -> None:
    """By `capi` alone: whoever installs a plugin needs to know nothing of pip."""
    packages = [f"capi-actions-from-{kind}" for kind in KINDS]
    shown = environment.capi("install", *packages)
    plugins = environment.plugins()
    environment.capi("uninstall", *(f"from-{kind}" for kind in KINDS))

    assert all(f"from-{kind} (capi-actions-from-{kind} 0.1.0)" in shown for kind in KINDS)
    assert {"core", "facebook", *(f"from-{kind}" for kind in KINDS)} == plugins.keys()
    assert not [plugin["error"] for plugin in plugins.values() if plugin["error"]]
    assert {
        "action": ["capi_actions"],
        "destination": ["capi_destinations", "capi_actions"],
        "directive": ["capi_directives"],
        "filter": ["capi_events"],
        "normalizer": ["capi_normalizers"],
        "transport": ["capi_transports"],
        "outbox": ["capi_outboxes"],
        "observer": ["capi_report"],
        "command": ["capi_commands"],
    } == {kind: list(plugins[f"from-{kind}"]["hooks"]) for kind in KINDS}
    assert {"core", "facebook"} == environment.plugins().keys()


def test_each_kind_does_its_work(installed: Environment) -> None:
    """In one configuration: an action for Facebook, another platform, an outbox and a transport of others."""
    (installed.folder / "capi.toml").write_text(CONFIG, encoding="utf-8")
    event = {
        "type": "track",
        "event": "FromAction",
        "messageId": "m-1",
        "timestamp": int(time.time()),
        "userId": "u-1",
        "properties": {"total": 5},
    }
    items = [json.loads(line) for line in installed.capi("preview", lines=[event]).splitlines()]
    initials = {"mapping": {"@from-directive-initials": "Ada King"}, "payload": {}}

    assert ["facebook.from-action", "from-destination.ping"] == sorted(item["action"] for item in items)
    assert "FromAction" in {item["item"].get("event_name") for item in items}
    assert '{"result":"AK"}\n' == installed.capi("eval", "mapping", lines=[initials])
    assert '{"track":1}\n' == installed.capi("from-command", lines=[event])
    assert "error" not in installed.capi("check")
    installed.capi("outbox", "stats")


def test_a_normalizer_takes_the_place_of_facebook_s(installed: Environment) -> None:
    """Of one key, and it is said whose place that is."""
    installed.capi("new", "replacing", "--kind", "normalizer")
    source = installed.folder / "replacing/src/capi_actions_replacing/normalizer.py"
    text = source.read_text(encoding="utf-8").replace('PROFILE = "replacing"', 'PROFILE = "pixel"')
    source.write_text(text.replace('otherwise="drop"', 'otherwise="drop", replaces=True'), encoding="utf-8")
    installed.build("replacing")
    installed.capi("install", "capi-actions-replacing")
    answer = installed.capi(
        "normalize", lines=[{"key": "ph", "value": "no digits"}, {"key": "ph", "value": "0049 1"}]
    )
    plugins = installed.plugins()
    installed.capi("uninstall", "replacing")

    nothing, number = (json.loads(line) for line in answer.splitlines())
    assert None is nothing["hash"]
    assert sha256(b"491").hexdigest() == number["hash"]
    assert [
        {"name": "pixel/em", "plugin": "facebook"},
        {"name": "pixel/ph", "plugin": "facebook"},
    ] == plugins["replacing"]["replaces"]


def test_a_plugin_for_another_core_is_refused_with_both_versions(environment: Environment) -> None:
    """By pip, which changes nothing then; and if it was forced in, when it is loaded."""
    environment.capi("new", "future", "--kind", "directive")
    project = environment.folder / "future" / "pyproject.toml"
    text = re.sub(r'"capi-actions>=[^"]+"', '"capi-actions>=9,<10"', project.read_text(encoding="utf-8"))
    project.write_text(text, encoding="utf-8")
    environment.build("future")

    refused = environment.capi("install", "capi-actions-future", status=2)
    assert "nothing was changed" in refused
    assert "future" not in environment.plugins()

    version = environment.plugins()["core"]["package"].removeprefix("capi-actions ")
    environment.run("-m", "pip", "install", "-q", "--no-deps", "capi-actions-future")
    listed = environment.capi("plugins", "--json", status=2)
    environment.capi("uninstall", "future")
    (error,) = [record["error"] for record in map(json.loads, listed.splitlines()) if record["error"]]
    assert f"it needs capi-actions<10,>=9, but {version} is installed" == error


def test_a_plugin_that_is_being_written_takes_effect_at_once(environment: Environment) -> None:
    """As the page about plugins says: an editable install, and a change."""
    environment.capi("new", "draft", "--kind", "command")
    environment.capi("install", "--editable", "./draft")
    shown = environment.capi("install", "--editable", "./draft")  # a second time shows it all the same
    source = environment.folder / "draft/src/capi_actions_draft/command.py"
    source.write_text(
        source.read_text(encoding="utf-8").replace("Count events by", "Tally events by"), encoding="utf-8"
    )
    helped = environment.capi("draft", "--help")
    environment.capi("uninstall", "capi-actions-draft")

    assert "draft (capi-actions-draft 0.1.0)" in shown
    assert "Tally events by their type" in helped
