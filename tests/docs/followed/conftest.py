"""Follow a page as a person does: write its files, paste its commands, compare what they print.

A block that the page calls a file is written. Of the others,

* ``sh`` is pasted into bash. It must succeed, or its last line must end as the comment ``# exit status 1`` says.
  After a paragraph that sends the reader to another terminal, it goes on running.  After `cd` the reader is
  in another folder;
* ``json`` and ``text`` are what the commands before them printed; times may differ;
* ``python`` is a program, ``toml`` a configuration or a part of one.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Plugins
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline import Pipeline, check_mappings
from support.ports import free_port

ROOT = Path(__file__).parents[3]
SETTING_UP = ("python3 -m venv", "source ", "pip install", "capi install", "capi uninstall")
PORTS = re.compile(r"\b(8080|8090|9464)\b")
TIMES = ("at", "event_time", "received", "deadline", "buried_at", "oldest", "since", "trace_id")
ACCOUNT = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = { env = "FACEBOOK_ACCESS_TOKEN" }\n'


class Reader:
    """Somebody who follows pages in a folder of their own.

    :ivar ports: which free port stands for which one of the page.
    :ivar pip: installs a folder or a package; by default it must be there already.
    :ivar out: what the last commands printed to standard output.
    :ivar err: what they printed to standard error.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports: dict[str, str] = {}
        self.pip: Callable[[str], None] = is_installed
        self.out = self.err = ""
        self._running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "80",
            "FACEBOOK_ACCESS_TOKEN": "any",
            "PYTEST_ADDOPTS": f"-c {os.devnull} --rootdir {folder} -p no:cacheprovider",
        }

    def follow(self, blocks: Iterable[Any]) -> None:
        """Do what each block is for."""
        for block in blocks:
            text = PORTS.sub(lambda match: self.ports.setdefault(match[1], str(free_port())), block.text)
            if block.file:
                (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / block.file).write_text(text, encoding="utf-8")
            elif block.language == "sh":
                self.paste(text, stay="terminal" in block.before)
            elif block.language == "python":
                self.paste(f"python - <<'END'\n{text}END\n")
            elif block.language == "toml":
                read_toml(text, self.folder)
            elif block.language == "json":
                assert _steady(_values(self.out)) == _steady(_values(text))
            else:
                assert block.language == "text" and _words(text), block
                assert _words(text) in (_words(self.out), _words(self.err), _words(self.out + self.err))

    def paste(self, text: str, *, stay: bool = False) -> None:
        """Run commands; those that stay are left running as soon as their ports answer."""
        lines = text.replace(".venv/bin/", "").replace(" && ", "\n").splitlines()
        for line in lines:
            if line.startswith(("pip install", "capi install")):
                for word in re.findall(r"[^\s']+", line.partition("#")[0])[2:]:
                    if not word.startswith("-"):
                        self.pip(word)
            if export := re.match(r"export (\w+)=(\S+)", line):
                self.environment[export[1]] = export[2]
        script = "\n".join(line for line in lines if not line.startswith(SETTING_UP))
        bash = ["bash", "-euo", "pipefail", "-c", script]
        if stay:
            process = subprocess.Popen(bash, cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL)
            self._running.append(process)
            _wait_for(process, [int(port) for port in self.ports.values() if port in script])
            return
        done = subprocess.run(bash, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        wanted = re.search(r"# exit status (\d)", lines[-1])
        assert done.returncode == int(wanted[1] if wanted else 0), done.stdout + done.stderr
        self.out, self.err = done.stdout, done.stderr
        for line in lines:
            if line.startswith("cd "):
                self.folder /= line.removeprefix("cd ").strip()

    def stop(self) -> None:
        """End what still runs; it must end well."""
        for process in self._running:
            process.terminate()
        assert [process.wait(timeout=60) for process in self._running] == [0] * len(self._running)


def read_toml(text: str, folder: Path = Path()) -> Pipeline:
    """Read a configuration, or a part of one; it has no errors and no warnings."""
    whole = text if "[destinations." in text.replace("[[", "") else ACCOUNT + text
    plugins = Plugins.installed()
    config = read_config(whole, plugins, folder, need_secrets=False)
    diagnostics = Diagnostics(config.problems)
    check_mappings(config, plugins, diagnostics)
    assert list(diagnostics) == []
    return Pipeline.build(config, plugins)


def is_installed(name: str) -> None:
    """Check that a folder of the repository, or a package, is installed."""
    if name.startswith("./"):
        project = (ROOT / name.partition("[")[0] / "pyproject.toml").read_text(encoding="utf-8")
        name = tomllib.loads(project)["project"]["name"]
    distribution(name)  # raises when it is not


def _values(text: str) -> list[Any]:
    values, decoder = [], json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "a time" if key in TIMES else _steady(member) for key, member in value.items()}
    return [_steady(item) for item in value] if isinstance(value, list) else value


def _words(text: str) -> str:
    """Leave out white space and the lines of tables, and replace trace ids, which differ with every run."""
    words = re.sub(r"[\s\u2500-\u257f]+", " ", text).strip()
    return re.sub(r"trace id [\w-]{20,}\)", "trace id)", words)


def _wait_for(process: "subprocess.Popen[bytes]", ports: list[int]) -> None:
    assert ports, "nothing to wait for"
    for _ in range(2_400):
        assert process.poll() is None, "it ended"
        try:
            for port in ports:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("its port doesn't answer")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody in an empty folder."""
    somebody = Reader(tmp_path)
    yield somebody
    somebody.stop()


@pytest.fixture
def toml() -> Callable[..., Pipeline]:
    """Read a configuration, or a part of one, and compile it."""
    return read_toml


@pytest.fixture
def author(reader: Any, tmp_path: Path) -> Any:
    """A reader whose own packages are installed as pip does it for `-e`, but without a build tool."""
    there = reader.pip

    def install(name: str) -> None:
        if not (folder := reader.folder / name).exists():
            there(name)
            return
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        info = tmp_path / "site" / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir(parents=True)
        head = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
        needs = [f"Requires-Dist: {dependency}" for dependency in project["dependencies"]]
        (info / "METADATA").write_text("\n".join([*head, *needs, ""]))
        points = [f"{name} = {value}" for name, value in project["entry-points"]["capi_actions"].items()]
        (info / "entry_points.txt").write_text("\n".join(["[capi_actions]", *points, ""]))
        reader.environment["PYTHONPATH"] = os.pathsep.join([str(info.parent), str(folder / "src")])

    reader.pip = install
    return reader
